"""What `forward` answers."""

from pathlib import Path

import pytest

from commands.command_line import main
from pipeline import config
from pipeline.finding_kinds import LIVE_MODEL_FAILS
from pipeline.ledgers import opened
from tests.commands.versions import Ask, let_wait, publish


def test_forward_shows_what_it_restored_and_undid(
    home: Path, answer: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    use_case = config.load("flights")
    for content in ("one", "two", "three"):
        publish(use_case, content)
    assert answer("rollback", "flights", "--why", "three is wrong")[0] == 0
    assert answer("rollback", "flights", "--why", "so is two")[0] == 0
    code, reply = answer("forward", "flights", "--why", "two is right")
    assert code == 0
    restored = {"use_case": "flights", "live_version": 6, "restores": 2, "undoes": 5}
    assert reply == {**restored, "live_stale": None, "candidate_void": None}
    assert main(["forward", "flights", "--why", "three as well"]) == 0
    assert capsys.readouterr().out == (
        "Version 7 is live; it restores version 3 and undoes the rollback that made version 4 live.\n"
    )
    assert (use_case.models_folder / "7" / "saved_model.pb").read_text() == "three"
    code, reply = answer("forward", "flights", "--why", "again")
    assert (code, "No rollback is left to undo" in reply["error"]) == (2, True)


def test_forward_without_a_reason_changes_nothing(home: Path, answer: Ask) -> None:
    for content in ("one", "two"):
        publish(config.load("flights"), content)
    assert answer("rollback", "flights", "--why", "two is wrong")[0] == 0
    code, content = answer("forward", "flights", "--why", " ")
    assert (code, content["error"]) == (2, "`forward` needs a reason.")
    assert answer("status", "flights")[1]["live_version"] == 3


def test_forward_closes_the_alert_of_the_former_model_and_voids_what_was_compared_with_it(
    home: Path, answer: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    use_case = config.load("flights")
    for content in ("one", "two"):
        publish(use_case, content)
    assert answer("rollback", "flights", "--why", "two is wrong")[0] == 0
    let_wait(use_case, champion=3)
    with opened(use_case) as ledger:
        ledger.alerts.set({LIVE_MODEL_FAILS: "It fails."}, among=[LIVE_MODEL_FAILS], run_id="r")
    assert main(["forward", "flights", "--why", "it was the labels"]) == 0
    assert "The candidate of run run-1, which waited, is void." in capsys.readouterr().out
    assert answer("status", "flights")[1]["alerts"] == []
