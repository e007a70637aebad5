"""What `approve` answers on the command line."""

from pathlib import Path

import pytest

from commands.command_line import main
from pipeline import config
from tests.commands.versions import Ask, let_wait, publish


def test_an_approval_shows_what_is_live_now(home: Path, answer: Ask) -> None:
    publish(config.load("flights"))
    let_wait(config.load("flights"))
    code, reply = answer("approve", "flights", "--why", "fine")
    assert (code, reply) == (
        0,
        {
            "use_case": "flights",
            "live_version": 2,
            "replaced_version": 1,
            "run_id": "run-1",
            "trained_on": ["2013-01"],
        },
    )


def test_an_approval_says_how_to_go_back(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    publish(config.load("flights"))
    let_wait(config.load("flights"))
    assert main(["approve", "flights"]) == 0
    assert " ".join(capsys.readouterr().out.split()) == (
        "Version 2 is live: the candidate of run run-1, trained on span 2013-01."
        " Run `rollback flights --why ...` to go back to version 1."
    )


def test_what_can_no_longer_be_pushed_is_an_error(home: Path, answer: Ask) -> None:
    for content in ("one", "two"):
        publish(config.load("flights"), content)
    let_wait(config.load("flights"))
    code, reply = answer("approve", "flights")
    assert code == 1
    assert reply["error"].startswith("Nothing was pushed. The candidate of run run-1, which waited, is void.")
    assert "Run `run flights`" in reply["remedy"]


def test_a_rollback_says_that_it_made_a_candidate_void(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(config.load("flights"))
    let_wait(config.load("flights"))
    publish(config.load("flights"), "by hand")
    assert main(["rollback", "flights", "--why", "it is wrong"]) == 0
    assert "The candidate of run run-1, which waited, is void." in " ".join(capsys.readouterr().out.split())


def test_without_a_candidate_approve_is_used_wrongly(home: Path, answer: Ask) -> None:
    assert answer("approve", "flights")[0] == 2
