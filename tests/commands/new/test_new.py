"""A table becomes a use case: each kind of column, the files, what a person edited, and what is refused."""

import csv
import datetime
import json
import keyword
import random
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from commands.new import write
from commands.new.new import new
from commands.new.summary import NewSummary, block
from perennial import files
from perennial.errors import UsageError
from perennial.reading.columns import export_columns
from pipeline import config

ROWS = 400
FILES = {
    "schemas/orders.pbtxt",
    "transforms/orders.py",
    "models/orders.py",
    "tests/use_cases/test_orders.py",
    "pipeline/use_cases/orders.yaml",
}


def odd_rows() -> list[dict[str, Any]]:
    """A table with a column of each kind; the label is told, with noise, by the amount alone."""
    draw = random.Random(3)
    rows = []
    for number in range(ROWS):
        amount = draw.gauss(50, 20)
        label = "yes" if amount + draw.gauss(0, 10) > 60 else "no"
        day = datetime.date(2023, 1, 1) + datetime.timedelta(number // 4)
        rows.append(
            {
                "Order ID": f"A-{number:05d}",
                "row": number + 1,
                "größe": f"{amount:.2f}",
                "class": draw.choice(["small", "large"]),
                "city": draw.choice([f"town {place}" for place in range(60)]),
                "zip": f"{draw.randrange(100):05d}",
                "shop_id": draw.randrange(20) * 37,
                "count": "" if number % 5 == 0 else draw.randrange(9),
                "always": "x",
                "nothing": "",
                "note": " ".join(draw.choices(["late", "call", "again", "sent", "back", "to", "shop"], k=12)),
                "same": f"{amount:.2f}",
                "sold": "true" if label == "yes" else "false",
                "day": f"{day.day}.{day.month}.{day.year}",
                "huge": 9_000_000_000_000_000_000 + draw.randrange(10**9),
                "flag": draw.randrange(2),
                "label": "" if number == 7 else label,
            }
        )
    return rows


def written(path: Path, rows: Sequence[Mapping[str, Any]], delimiter: str = ",") -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def repository(home: Path) -> Path:
    """The folder beside the home, which `new` makes."""
    return home.parent / "repository"


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("table") / "orders.csv", odd_rows())


@pytest.fixture(scope="module")
def made(table: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[NewSummary, Path]:
    """A use case of the odd table, cut by its days, and the repository it was written to."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PERENNIAL_HOME", str(folder / "home"))
        return new("orders", table, "label", "day", None, folder / "repository"), folder / "repository"


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        ("Order ID", "it is an id"),
        ("row", "it numbers the rows"),
        ("always", "it has the same value in every row"),
        ("nothing", "it is empty in every row"),
        ("note", "it is free text"),
        ("same", "it is equal to 'größe' in every row"),
        ("sold", "it reveals the label: each of its 2 values has one class"),
        ("huge", "it is an id"),
    ],
)
def test_a_column_is_set_aside_with_the_reason(
    made: tuple[NewSummary, Path], column: str, reason: str
) -> None:
    plan = next(each for each in made[0].plan.columns if each.name == column)
    assert plan.role == "set_aside"
    assert plan.reason.startswith(reason)


@pytest.mark.parametrize(
    ("column", "role", "kind"),
    [
        ("größe", "number", "float"),
        ("class", "category", "string"),
        ("city", "category", "string"),
        ("zip", "category", "string"),
        ("shop_id", "category", "int"),
        ("count", "number", "int"),
        ("day", "date", "string"),
        ("flag", "number", "int"),
        ("label", "label", "string"),
    ],
)
def test_a_column_has_its_role_and_type(
    made: tuple[NewSummary, Path], column: str, role: str, kind: str
) -> None:
    plan = next(each for each in made[0].plan.columns if each.name == column)
    assert (plan.role, plan.type) == (role, kind)


def test_features_are_identifiers_that_differ(made: tuple[NewSummary, Path]) -> None:
    features = [column.feature for column in made[0].plan.columns]
    assert len(set(features)) == len(features)
    assert all(feature.isidentifier() and not keyword.iskeyword(feature) for feature in features)


def test_the_schema_leaves_out_what_is_set_aside_and_asks_the_label_of_training_alone(
    made: tuple[NewSummary, Path],
) -> None:
    text = (made[1] / "schemas/orders.pbtxt").read_text()
    schema = text_format.Parse(text, schema_pb2.Schema())
    training = [column.name for column in export_columns(schema)]
    assert training == ["größe", "class", "city", "zip", "shop_id", "count", "day", "flag", "label"]
    assert [column.name for column in export_columns(schema, "SERVING")] == training[:-1]
    by_name = {feature.name: feature for feature in schema.feature}
    assert list(by_name["class"].string_domain.value) == ["large", "small"]
    assert by_name["count"].presence.min_fraction < 0.8 < by_name["class"].presence.min_fraction
    assert by_name["größe"].float_domain.disallow_nan
    assert "# Set aside: it is free text" in text


def test_the_yaml_is_a_use_case_with_the_format_of_the_file(made: tuple[NewSummary, Path]) -> None:
    text = (made[1] / "pipeline/use_cases/orders.yaml").read_text()
    use_case = config.parse(text, name="orders", home=Path("home"), source="orders.yaml")
    assert (use_case.label, use_case.task, use_case.classes) == ("label", "binary", ("no", "yes"))
    assert use_case.exports.time_column == "day"
    assert use_case.exports.date_format == {"day": "%d.%m.%Y"}
    assert use_case.window.eval_min_rows < ROWS / 5


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
    assert lines_of_spans == lines
    assert [span.name for span in made[0].plan.spans] == ["2023-01", "2023-02", "2023-03", "2023-04"]


def test_the_python_that_is_written_passes_this_repositorys_own_checks(made: tuple[NewSummary, Path]) -> None:
    ruff = Path(sys.executable).parent / "ruff"
    # It knows what is this repository's own by files that are not there.
    ours = 'lint.isort.known-first-party = ["transforms", "models", "tests"]'
    for path in FILES:
        if path.endswith(".py"):
            text = (made[1] / path).read_text()
            for command in ("format", "check"):
                arguments = [
                    ruff,
                    command,
                    "--config",
                    ours,
                    "--stdin-filename",
                    config.REPOSITORY / path,
                    "-",
                ]
                done = subprocess.run(arguments, input=text, capture_output=True, text=True)
                assert done.returncode == 0, done.stdout
                assert command == "check" or done.stdout == text


def test_what_is_printed_names_each_column_the_spans_and_what_to_do(made: tuple[NewSummary, Path]) -> None:
    text = block(made[0])
    for column in made[0].plan.columns:
        assert column.name in text
    assert "Task: binary, of column 'label': it has two values; 'yes' is the positive class." in text
    assert "1 of 400 rows are unreadable, or have no label or no time" in text
    assert " local_runner.py run orders" in text
    assert json.loads(json.dumps(made[0].as_json()))["task"] == "binary"


def test_asked_again_nothing_changes_and_an_edit_is_kept(table: Path, repository: Path) -> None:
    first = new("orders", table, "label", None, None, repository)
    assert set(first.written.files) == FILES
    before = {path: (repository / path).read_bytes() for path in FILES}
    edited = repository / "transforms/orders.py"
    edited.write_text(edited.read_text() + "# mine\n")
    again = new("orders", table, "label", None, None, repository)
    assert edited.read_text().endswith("# mine\n")
    aside = Path(again.written.kept["transforms/orders.py"])
    assert aside.read_bytes() == before["transforms/orders.py"]
    assert {path: (repository / path).read_bytes() for path in FILES} == before | {
        "transforms/orders.py": edited.read_bytes()
    }
    assert again.written.spans == []


def test_a_file_that_new_did_not_write_is_never_touched(table: Path, repository: Path) -> None:
    theirs = repository / "models/orders.py"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("mine")
    with pytest.raises(UsageError, match=r"A module named 'orders' already exists: models/orders\.py"):
        new("orders", table, "label", None, None, repository)
    assert theirs.read_text() == "mine"
    assert not (repository / "pipeline").exists()


def test_killed_before_the_yaml_it_leaves_no_use_case_and_can_be_asked_again(
    table: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = files.write_text

    def killed(path: Path, text: str) -> None:
        if path.suffix == ".yaml":
            raise KeyboardInterrupt
        whole(path, text)

    with monkeypatch.context() as patch:
        patch.setattr(write, "write_text", killed)
        with pytest.raises(KeyboardInterrupt):
            new("orders", table, "label", None, None, repository)
    assert not (repository / "pipeline/use_cases/orders.yaml").exists()
    assert set(new("orders", table, "label", None, None, repository).written.files) == FILES


@pytest.mark.parametrize(
    ("name", "label", "time", "expected"),
    [
        ("orders", "lable", None, "--label: the table has no column 'lable' (did you mean `label`?)"),
        ("orders", "label", "date", "--time: the table has no column 'date'"),
        ("orders", "label", "city", "Column 'city' cannot be --time"),
        ("orders", "label", "label", "--label and --time must differ"),
        ("orders", "day", None, "Column 'day' holds dates"),
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


def test_the_name_of_a_use_case_that_is_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="already"):
        write.refuse_name("flights", tmp_path / "flights")


@pytest.mark.parametrize("name", ["data", "table", "training", "settings", "encoding", "serving"])
def test_no_module_of_this_repository_takes_a_name_from_a_use_case(name: str, tmp_path: Path) -> None:
    write.refuse_name(name, tmp_path / name)
