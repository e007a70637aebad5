"""The texts of a use case's files, of all that was decided."""

import subprocess
import sys
from pathlib import Path

import pytest

from commands.new.new import new
from commands.new.summary import NewSummary
from pipeline import config
from tests.commands.new.orders import FILES, ROWS


def test_the_yaml_is_a_use_case_with_the_format_of_the_file(made: tuple[NewSummary, Path]) -> None:
    text = (made[1] / "pipeline/use_cases/orders.yaml").read_text()
    use_case = config.parse(text, name="orders", home=Path("home"), source="orders.yaml")
    assert (use_case.label, use_case.task, use_case.classes) == ("label", "binary", ("no", "yes"))
    assert use_case.exports.time_column == "day"
    assert use_case.exports.csv_format.rules.date_format == {"day": ("%d.%m.%Y",)}
    assert use_case.window.eval_min_rows < ROWS / 5


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


@pytest.mark.parametrize(
    ("path", "sentences"),
    [
        (
            "pipeline/use_cases/orders.yaml",
            [
                "# Predicts whether label is yes, from 8 columns.",
                "# A span with fewer rows is blocked (anomaly too_few_rows). The spans of this table have",
                "# from this probability on the prediction is",
            ],
        ),
        (
            "schemas/orders.pbtxt",
            ["# Schema of the exports of", "two neighbouring spans of the 3 of this table."],
        ),
        ("transforms/orders.py", ['    "class_id": "class",', '    "shop_id": "shop_id",']),
    ],
)
def test_each_file_says_what_it_is_in_words(
    made: tuple[NewSummary, Path], path: str, sentences: list[str]
) -> None:
    text = (made[1] / path).read_text()
    assert [sentence for sentence in sentences if sentence not in text] == []


def test_of_a_table_that_is_one_span_the_reasons_say_that_the_next_may_be_smaller(
    table: Path, home: Path, repository: Path
) -> None:
    new("orders", table, "label", None, None, repository)
    text = (repository / "pipeline/use_cases/orders.yaml").read_text()
    data = config.parse(text, name="orders", home=home, source="orders.yaml").data
    assert (data.min_rows, data.drift_min_rows) == (3, 100)
    assert "min_rows: 3 # a hundredth of this table, at most 100: the next span may be much smaller" in text
    assert "drift_min_rows: 100 # as few as a distance needs: the next span may be much smaller" in text
    assert "the newest: this table, and room for those to come" in text
