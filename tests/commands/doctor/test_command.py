"""What `doctor` answers."""

import os
from pathlib import Path

from pipeline import config
from tests.commands.versions import Ask, publish


def test_the_doctor_answers_1_as_long_as_something_is_wrong(home: Path, answer: Ask) -> None:
    publish(config.load("flights"), "one")
    os.truncate(home / "flights" / "models" / "1" / "saved_model.pb", 0)
    code, reply = answer("doctor")
    assert code == 1
    assert reply["facts"]["home"] == str(home)
    assert any(finding["where"] == "flights" for finding in reply["findings"])
