"""What `rollback` answers."""

from pathlib import Path

import pytest

from commands.command_line import main
from pipeline import config
from tests.commands.versions import Ask, publish


def test_a_rollback_shows_what_it_restored(
    home: Path, answer: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    for content in ("one", "two", "three"):
        publish(config.load("flights"), content)
    code, reply = answer("rollback", "flights", "--why", "three is wrong")
    assert (code, reply) == (
        0,
        {"use_case": "flights", "live_version": 4, "restores": 2, "live_stale": None, "candidate_void": None},
    )
    assert main(["rollback", "flights", "--to", "1", "--why", "so is two"]) == 0
    assert capsys.readouterr().out == (
        "Version 5 is live; it restores version 1. Run `forward flights --why ...` to undo this.\n"
    )
    models = config.load("flights").models_folder
    assert (models / "5" / "saved_model.pb").read_text() == "one"


def test_a_rollback_without_a_reason_changes_nothing(home: Path, answer: Ask) -> None:
    for content in ("one", "two"):
        publish(config.load("flights"), content)
    code, content = answer("rollback", "flights", "--why", " ")
    assert (code, content["error"]) == (2, "`rollback` needs a reason.")
    assert sorted(path.name for path in config.load("flights").models_folder.glob("[0-9]*")) == ["1", "2"]
