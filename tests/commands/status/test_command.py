"""What `status` answers."""

from pathlib import Path

import pytest

from commands.command_line import main
from pipeline import config
from tests.commands.versions import Ask, publish


def test_status_answers_one_json_object(home: Path, answer: Ask) -> None:
    publish(config.load("flights"), "one")
    code, reply = answer("status", "flights")
    assert code == 0
    assert {"live_version", "trained_on", "last_runs", "spans", "alerts"} <= set(reply)
    assert reply["live_version"] == 1


def test_status_without_a_name_shows_every_use_case(
    home: Path, answer: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    _, reply = answer("status")
    assert [each["use_case"] for each in reply["use_cases"]] == config.use_case_names()
    assert main(["status"]) == 0
    assert "flights: nothing is live\nNo exports yet." in capsys.readouterr().out
