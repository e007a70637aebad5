"""The command `report`: which run it takes, what it gives, and how little it loads."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from commands.report import report as command
from perennial.errors import UsageError
from pipeline import config
from pipeline.config import UseCase
from pipeline.report.model import page_of_summary
from tests.pipeline.report.pages import USE_CASE, summary

FIRST, LAST, RUNNING = "20260101T000000.000000Z", "20260102T000000.000000Z", "20260103T000000.000000Z"


@pytest.fixture
def use_case(use_case: UseCase) -> UseCase:
    """Flights with two runs that ended, the first of an older release, and one that goes on."""
    for run_id in (FIRST, LAST, RUNNING):
        folder = use_case.root / "runs" / run_id
        folder.mkdir(parents=True)
        content = summary(run_id=run_id, verdict="KEPT")
        if run_id != RUNNING:
            (folder / "summary.json").write_text(json.dumps(content))
        if run_id == LAST:
            (folder / "page.json").write_text(json.dumps(page_of_summary(content, USE_CASE)))
    return use_case


def test_the_last_run_that_ended_is_shown(use_case: UseCase) -> None:
    reply = command.report(use_case)
    assert (reply["use_case"], reply["run_id"], reply["verdict"]) == ("flights", LAST, "KEPT")
    assert Path(reply["report"]) == use_case.root / "runs" / LAST / "report.html"
    assert "KEPT" in Path(reply["report"]).read_text(encoding="utf-8")
    assert command.last_reports([use_case]) == [reply]


def test_a_page_is_made_anew_only_where_it_is_not_as_it_would_be(use_case: UseCase) -> None:
    path = Path(command.report(use_case)["report"])
    first = path.stat().st_mtime_ns
    command.report(use_case)
    assert path.stat().st_mtime_ns == first
    path.write_text("<html>another release's</html>", encoding="utf-8")
    command.report(use_case)
    assert "KEPT" in path.read_text(encoding="utf-8")


def test_a_run_from_before_there_were_pages_is_shown_by_its_summary(use_case: UseCase) -> None:
    reply = command.report(use_case, FIRST)
    assert "Version 3 is live." in Path(reply["report"]).read_text(encoding="utf-8")


def test_a_run_that_is_not_there_is_reported(use_case: UseCase) -> None:
    with pytest.raises(UsageError, match="No finished run"):
        command.report(use_case, RUNNING)


def test_a_use_case_without_runs_is_reported_and_left_out_of_all(home: Path) -> None:
    with pytest.raises(UsageError, match="No run of flights"):
        command.report(config.load("flights"))
    assert command.last_reports([config.load("flights")]) == []
    assert not home.exists()


def test_a_page_of_a_newer_release_is_refused(use_case: UseCase) -> None:
    (use_case.root / "runs" / LAST / "page.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(UsageError, match="format 99"):
        command.report(use_case)


def test_the_command_loads_neither_tfx_nor_tensorflow(use_case: UseCase) -> None:
    code = (
        "import sys, local_runner; code = local_runner.main(['report', 'flights', '--json'])\n"
        "heavy = {'tfx', 'tensorflow', 'pandas', 'pyarrow', 'apache_beam'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=config.REPOSITORY, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["run_id"] == LAST
