"""What `doctor` answers."""

import os
from pathlib import Path

from perennial.store.tables import FORMAT
from pipeline import config
from pipeline.config import REPOSITORY
from tests.commands.versions import Ask, publish
from tests.pipeline.run.former_root import unpack


def test_the_doctor_answers_1_as_long_as_something_is_wrong(home: Path, answer: Ask) -> None:
    publish(config.load("flights"), "one")
    os.truncate(home / "flights" / "models" / "1" / "saved_model.pb", 0)
    code, reply = answer("doctor")
    assert code == 1
    assert reply["facts"]["home"] == str(home)
    assert any(finding["where"] == "flights" for finding in reply["findings"])


def test_the_doctor_converts_a_ledger_of_an_older_release_only_when_asked(home: Path, answer: Ask) -> None:
    unpack(REPOSITORY / "tests" / "pipeline" / "run" / "root_format_2.json", home)
    ledger = home / "flights" / "ledger.db"
    problem = f"{ledger} has format 2, of an older release; this release uses format {FORMAT}."
    code, reply = answer("doctor")
    assert (code, reply["facts"]["migrated"]) == (1, [])
    assert any(finding["problem"] == problem for finding in reply["findings"])
    assert answer("status", "flights")[0] == 2
    converted = f"flights: ledger.db was converted from format 2 to {FORMAT}; the former file is"
    converted += " ledger.db.format-2."
    assert answer("doctor", "--migrate")[1]["facts"]["migrated"] == [converted]
    assert answer("status", "flights")[0] == 0
