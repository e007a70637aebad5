"""The answer of `new`: what was decided, what to check, and what to run next."""

import dataclasses
import json
from pathlib import Path

from commands.new.label import TaskChoice
from commands.new.sniffing.sniff import Sniffed
from commands.new.summary import NewSummary, block, look_at, next_commands, problems_of
from tests.commands.new.tables import BINARY, chosen_settings


def test_what_is_printed_names_each_column_the_spans_and_what_to_do(made: tuple[NewSummary, Path]) -> None:
    text = block(made[0])
    for column in made[0].plan.columns:
        assert column.name in text
    assert "Task: binary, of column `label`: it has two values; 'yes' is the positive class." in text
    assert "Left out: 1 of 400 rows, which lack only the label." in text
    assert "; 0 in quarantine, 1 without a label." in text
    assert " local_runner.py run orders" in text
    assert json.loads(json.dumps(made[0].as_json()))["task"] == "binary"


def test_the_json_has_what_is_printed_under_keys_that_stay(made: tuple[NewSummary, Path]) -> None:
    summary = made[0].as_json()
    assert set(summary) >= {"use_case", "said", "rows", "quarantined", "task", "label", "classes", "columns"}
    assert summary["said"] == list(made[0].sniffed.notes)
    assert (summary["rows"], summary["quarantined"], summary["unlabelled"]) == (400, 0, 1)
    assert summary["span"] == "month"


def test_commands_to_run_next_name_a_folder_of_files_and_quote_it(tmp_path: Path) -> None:
    folder = tmp_path / "my table"
    files = (folder / "a.parquet", folder / "b.parquet")
    _, land, predict, _ = next_commands("orders", Sniffed(files, "parquet"))
    assert predict.endswith(f"predict orders '{folder}' predictions.parquet")
    assert land.endswith("land orders NEXT_FILE")


def test_what_to_check_is_listed_in_words(made: tuple[NewSummary, Path]) -> None:
    summary = made[0]
    choice = TaskChoice(summary.plan.task, "", left_out=("rare",), left_out_rows=3)
    plan = dataclasses.replace(summary.plan, time_column=None)
    chosen = chosen_settings(None, 60, BINARY)
    assert look_at(plan, choice, summary.sniffed, 5, 4, chosen) == (
        "Sent to quarantine: 3 rows of 1 label values that have too few rows to be classes.",
        "Left out: 2 of 400 rows, unreadable.",
        "Left out: 4 of 400 rows, which lack only the label.",
        (
            "Column `day` holds dates. If they are the times of the rows, set --time 'day': the model is then"
            " evaluated on newer rows than it is trained on."
        ),
        (
            "Set aside because they reveal the label: `sold`. To use one whose value is known before the"
            " label, see the schema."
        ),
        "Only about 12 rows are left for evaluation: its metrics will be imprecise.",
    )


def test_a_file_that_cannot_be_read_is_reported_with_all_its_problems(tmp_path: Path) -> None:
    sniffed = Sniffed((tmp_path / "a.csv",), "csv", problems=("One thing.", "Another."))
    assert problems_of(sniffed) == (
        "The file cannot be read. One thing. Another.",
        "Fix the file, then run `new` again.",
    )
