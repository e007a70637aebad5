"""The ledger's versions and those on disk, as one."""

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from perennial import clock
from perennial.files import write_json
from perennial.store.ledger import Ledger
from perennial.store.recorded import cards, recorded, sweep

CARD: dict[str, Any] = {
    "model_digest": "d",
    "published_at": "2013-04-01T06:00:00Z",
    "why": "A run pushed it.",
}


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


def _lay(models: Path, number: int, **card: Any) -> None:
    (models / str(number)).mkdir(parents=True)
    write_json(models / str(number) / "model_card.json", {**CARD, **card})


def _forget(path: Path, query: str) -> None:
    """Makes the ledger one of an older release."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(query)


def test_a_version_on_disk_counts_that_the_ledger_lacks(models: Path, ledger: Ledger) -> None:
    _lay(models, 1, run_id="r", who="ada")
    _lay(models, 2, restores=1, action="rollback")
    rows = recorded(models, ledger)
    assert [(row["version"], row["action"], row["who"]) for row in rows] == [
        (1, "push", "ada"),
        (2, "rollback", "unknown"),
    ]
    assert cards(models, ledger, {1})[1]["run_id"] == "r"
    assert ledger.versions.all() == []
    sweep(models, ledger)
    assert recorded(models, ledger) == ledger.versions.all() == rows


@pytest.mark.parametrize(
    ("card", "action"),
    [
        ({}, "push"),
        ({"approved_by": "ada"}, "approve"),
        ({"restores": 1, "approved_by": "ada"}, "rollback"),
        ({"restores": 1, "action": "forward"}, "forward"),
        ({"action": "magic"}, "push"),
    ],
)
def test_a_card_of_an_older_release_is_recorded_by_the_next_run(
    models: Path, ledger: Ledger, tmp_path: Path, card: dict[str, Any], action: str
) -> None:
    _lay(models, 2, **card)
    sweep(models, ledger)
    _forget(tmp_path / "ledger.db", "UPDATE versions SET card='{}', action='push'")
    assert cards(models, ledger, {2})[2]["model_digest"] == "d"  # until then from disk
    assert sweep(models, ledger) == []
    assert ledger.versions.cards({2}) == {2: {**CARD, **card}}
    assert ledger.versions.all()[0]["action"] == action


def test_a_card_stays_when_its_folder_goes_and_an_unreadable_one_is_none(
    models: Path, ledger: Ledger
) -> None:
    _lay(models, 1)
    (models / "2").mkdir()
    sweep(models, ledger)
    (models / "1" / "model_card.json").unlink()
    (models / "1").rmdir()
    assert json.dumps(cards(models, ledger, {1, 2})) == json.dumps({1: CARD})
    assert sweep(models, ledger) == []


def test_a_folder_that_a_person_copied_is_a_version_of_its_own_time(
    models: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    _lay(models, 2, version=2, run_id="r", restores=1, approved_by="ada")
    shutil.copytree(models / "2", models / "9")
    now = datetime(2013, 6, 1, tzinfo=timezone.utc)
    monkeypatch.setattr(clock, "now", lambda: now)
    _, copy = recorded(models, ledger)
    assert copy == {
        **{"version": 9, "published": clock.stamp(now), "run_id": "", "digest": "d", "restores": None},
        **{"who": "unknown", "why": "It was in the models folder.", "action": "push", "removed": None},
    }
