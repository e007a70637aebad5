"""A table becomes a use case: each kind of column, the files, what a person edited, and what is refused."""

import keyword
from pathlib import Path

import pytest

from commands.new.new import new
from commands.new.summary import NewSummary
from perennial.errors import UsageError
from pipeline import config
from tests.commented_schedule import uncommented


def test_features_are_identifiers_that_differ(made: tuple[NewSummary, Path]) -> None:
    features = [column.feature for column in made[0].plan.columns if column.role != "label"]
    assert len(set(features)) == len(features)
    assert all(feature.isidentifier() and not keyword.iskeyword(feature) for feature in features)


def test_the_spans_hold_the_rows_of_the_file_as_they_are_written(
    made: tuple[NewSummary, Path], table: Path
) -> None:
    header, *lines = table.read_bytes().splitlines(keepends=True)
    lines_of_spans = []
    for span in made[0].plan.spans:
        folder = made[0].exports / span.name
        assert (folder / "_SUCCESS").is_file()
        top, *rows = (folder / "orders.csv").read_bytes().splitlines(keepends=True)
        assert top == header
        lines_of_spans += rows
    # April has ten days only, and is left out.
    assert lines_of_spans == lines[:-40]
    assert [span.name for span in made[0].plan.spans] == ["2023-01", "2023-02", "2023-03"]


@pytest.mark.parametrize(
    ("name", "label", "time", "expected"),
    [
        ("orders", "lable", None, "--label: the table has no column `lable` (did you mean `label`?)"),
        ("orders", "label", "date", "--time: the table has no column `date`"),
        ("orders", "label", "city", "Column `city` cannot be --time"),
        ("orders", "label", "label", "--label and --time must differ"),
        ("orders", "day", None, "Column `day` holds dates"),
        ("orders", "always", None, "the same value in all rows"),
        ("orders", "Order ID", None, "at most 200 classes"),
        ("class", "label", None, "'class' cannot be the name of a use case"),
        ("exports", "label", None, "'exports' cannot be the name of a use case"),
        ("My-Table", "label", None, "lower-case letters"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_writes_nothing(
    table: Path, repository: Path, name: str, label: str, time: str | None, expected: str
) -> None:
    with pytest.raises(UsageError) as refused:
        new(name, table, label, time, None, repository)
    assert expected in refused.value.problem
    assert not repository.exists()
    assert not (config.home() / "exports").exists()


@pytest.mark.parametrize("time", [None, "day"])
def test_rows_without_a_label_count_for_their_own_limit_and_not_as_bad_ones(
    home: Path, repository: Path, tmp_path: Path, time: str | None
) -> None:
    table = tmp_path / "sales.csv"
    rows = [
        f"2023-{1 + number // 500:02d}-{1 + number % 28:02d},{number * 37 % 90},"
        f"{number % 2 if number > 700 or number % 5 < 2 else ''}"
        for number in range(1500)
    ]
    table.write_text("\n".join(["day,size,sold", *rows, ""]))
    made = new("sales", table, "sold", time, None, repository)
    text = (repository / "pipeline/use_cases/sales.yaml").read_text()
    exports = config.parse(text, name="sales", home=home, source="sales.yaml").exports
    assert (made.bad, made.unlabelled) == (0, 420)
    assert exports.max_bad_share == 0.01
    # The first month lacks 60%.
    assert exports.max_unlabelled_share == (0.8 if time else 0.56)


@pytest.mark.parametrize(("time", "every"), [(None, 7), ("day", 31)])
def test_a_schedule_can_be_set_by_removing_comment_signs(
    home: Path, repository: Path, tmp_path: Path, time: str | None, every: int
) -> None:
    table = tmp_path / "sales.csv"
    rows = [f"2023-0{1 + n // 300}-{1 + n % 28:02d},{n * 37 % 90},{n % 2}" for n in range(900)]
    table.write_text("\n".join(["day,size,sold", *rows, ""]))
    new("sales", table, "sold", time, None, repository)
    text = (repository / "pipeline/use_cases/sales.yaml").read_text()
    assert not config.parse(text, name="sales", home=home, source="sales.yaml").schedule.is_scheduled
    section = uncommented(text)
    schedule = config.parse(section, name="sales", home=home, source="sales.yaml").schedule
    assert (schedule.cron, schedule.on_new_export, schedule.push) == ("30 5 * * *", 600, "ask")
    assert schedule.expect
    assert schedule.expect.every == every * 86400
