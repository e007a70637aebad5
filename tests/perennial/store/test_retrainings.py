"""Runs that trained without a stale live version's rejected spans."""

import sqlite3
from contextlib import closing
from pathlib import Path

from perennial.store.ledger import Ledger
from perennial.store.migration import migrate
from perennial.store.tables import FORMAT


def test_the_newest_is_given_of_this_version_and_just_these_rejected_spans(tmp_path: Path) -> None:
    with closing(Ledger(tmp_path / "ledger.db")) as ledger:
        assert ledger.retrainings.last(2, ["a"]) is None
        for run_id, rejected in (("r1", ["a"]), ("r2", ["a"]), ("r3", ["a", "b"])):
            ledger.retrainings.note(run_id, 2, rejected, f"Why {run_id}.", "max_worse")
        last = ledger.retrainings.last(2, ["a"])
        assert last is not None
        assert (last["run_id"], last["why"], last["setting"]) == ("r2", "Why r2.", "max_worse")
        assert ledger.retrainings.last(3, ["a"]) is None


def test_a_ledger_of_format_3_has_none_once_it_is_converted(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    Ledger(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "DROP TABLE retrainings; ALTER TABLE spans DROP COLUMN columns;"
            "ALTER TABLE alerts DROP COLUMN columns; ALTER TABLE runs DROP COLUMN trigger;"
            "ALTER TABLE runs DROP COLUMN clock; ALTER TABLE versions DROP COLUMN action;"
            "ALTER TABLE versions DROP COLUMN card; ALTER TABLE versions DROP COLUMN removed;"
            "PRAGMA user_version=3;"
        )
    assert f"from format 3 to {FORMAT}" in migrate(path)
    with closing(Ledger(path)) as ledger:
        assert ledger.retrainings.last(2, ["a"]) is None
