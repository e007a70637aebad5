"""What `backfill` answers on the command line."""

from pathlib import Path

import pytest

from commands.command_line import main
from pipeline import config
from pipeline.ledgers import opened
from tests.commands.versions import Ask

RANGE = ("--from", "2013-01", "--to", "2013-02-10")


@pytest.fixture
def landed(home: Path) -> Path:
    """A home in which two exports of flights have landed; the first has no rows that can be read."""
    for span in ("2013-01", "2013-02"):
        folder = config.load("flights").exports_folder / span
        folder.mkdir(parents=True)
        (folder / "part.csv").write_text("a\n1\n")
        (folder / "_SUCCESS").touch()
    return home


def test_a_dry_run_answers_with_the_plan_and_makes_nothing(landed: Path, answer: Ask) -> None:
    code, reply = answer("backfill", "flights", *RANGE, "--dry-run")
    assert code == 0
    assert [(each["span"], each["action"]) for each in reply["spans"]] == [
        ("2013-01", "read"),
        ("2013-02", "read"),
    ]
    assert reply["runs"] == [{"through": "2013-02", "spans": ["2013-01", "2013-02"], "trains": True}]
    assert reply["expected"]["seconds"] is None
    assert (reply["dry_run"], reply["to"]) == (True, "2013-02")
    assert not config.load("flights").root.exists()


def test_the_plan_is_read_by_a_person(landed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backfill", "flights", *RANGE, "--each", "--dry-run"]) == 0
    text = capsys.readouterr().out
    assert "flights: backfill 2013-01 to 2013-02 (missing, a training for each): 2 spans" in text
    assert "2 spans to read, 2 trainings, 2 runs." in text


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--from", "2013-01"], "`backfill` needs the first and the last span."),
        (["--cancel", *RANGE], "--cancel takes no range."),
        (["--cancel"], "No backfill of flights is open: there is nothing to cancel."),
        (["--from", "2013-1", "--to", "2013-02"], "--from: expected a span such as 2013-01, or a date"),
        (["--from", "2013-02", "--to", "2013-01"], "--from 2013-02 is after --to 2013-01."),
        (["--from", "2012-01", "--to", "2012-12"], "flights has no export or span from 2012-01 to 2012-12."),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_started(
    landed: Path, answer: Ask, arguments: list[str], problem: str
) -> None:
    code, reply = answer("backfill", "flights", *arguments)
    assert (code, reply["error"][: len(problem)]) == (2, problem)
    assert not config.load("flights").root.exists()


def test_status_shows_a_backfill_that_has_not_ended_and_cancel_ends_it(
    landed: Path, answer: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened(config.load("flights")) as ledger:
        number = ledger.backfills.begin("1", "3", "failed", is_each=True, spans=["1", "2"])
        assert number
        ledger.backfills.note_done(number, ["1"], "run-1")
        # As of a second process at the same moment.
        assert ledger.backfills.begin("1", "3", "failed", is_each=True, spans=[]) is None
    code, reply = answer("status", "flights")
    assert code == 0
    assert {key: reply["backfill"][key] for key in ("which", "each", "done", "left")} == {
        "which": "failed",
        "each": True,
        "done": ["1"],
        "left": ["2"],
    }
    assert main(["status", "flights"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "1 of 2 spans are left. Run `backfill flights --from 1 --to 3 --which failed --each`" in text
    assert main(["backfill", "flights", "--cancel"]) == 0
    assert "is given up: 1 done, 1 span left. What was read stays." in " ".join(
        capsys.readouterr().out.split()
    )
    assert answer("status", "flights")[1]["backfill"] is None
