"""What `report` answers where no run has ended; of runs: `test_report.py`."""

from pathlib import Path

import pytest

from commands.command_line import main
from tests.commands.versions import Ask


def test_without_a_name_and_without_runs_there_is_no_report(
    home: Path, answer: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answer("report") == (0, {"reports": []})
    assert main(["report"]) == 0
    assert capsys.readouterr().out == "No run has ended yet.\n"


def test_a_report_of_a_use_case_that_never_ran_asks_for_a_run(home: Path, answer: Ask) -> None:
    code, reply = answer("report", "flights")
    assert (code, reply["error"]) == (2, "No run of flights has ended yet.")
    assert reply["remedy"] == "Run `run flights` first."
