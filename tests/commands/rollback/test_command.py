"""What `rollback` answers."""

from pathlib import Path

import pytest

from commands.command_line import main
from perennial.store.recorded import sweep
from pipeline import config
from pipeline.ledgers import opened
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


@pytest.mark.parametrize(("command", "live"), [("rollback", 3), ("forward", 4)])
def test_who_cannot_record_what_became_live_is_asked_not_to_repeat_the_command(
    home: Path, answer: Ask, command: str, live: int
) -> None:
    use_case = config.load("flights")
    for content in ("one", "two"):
        publish(use_case, content)
    if command == "forward":
        assert answer("rollback", "flights", "--why", "two is wrong")[0] == 0
    with opened(use_case) as ledger:  # as on a disk that is full
        ledger.versions._rows(
            "CREATE TRIGGER full BEFORE INSERT ON versions BEGIN SELECT RAISE(FAIL, 'disk is full'); END"
        )
    code, reply = answer(command, "flights", "--why", "it is wrong")
    assert (code, reply["error"]) == (
        1,
        f"Version {live} is live, but not all that follows from that could be recorded: disk is full.",
    )
    assert f"do not run `{command}` again" in reply["remedy"]
    with opened(use_case) as ledger:
        ledger.versions._rows("DROP TRIGGER full")
        sweep(use_case.models_folder, ledger)
        row = ledger.versions.all()[-1]
    assert (row["version"], row["action"], row["why"]) == (live, command, "it is wrong")


def test_what_fails_before_anything_is_live_is_shown_as_it_is(home: Path, answer: Ask) -> None:
    use_case = config.load("flights")
    for content in ("one", "two"):
        publish(use_case, content)
    lock = use_case.models_folder / ".lock"
    lock.unlink()
    lock.mkdir()
    code, reply = answer("rollback", "flights", "--why", "two is wrong")
    assert (code, reply["error"]) == (1, f"{lock}: Is a directory.")
