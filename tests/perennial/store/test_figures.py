"""Figures over the ledger, for those who watch from outside."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from perennial import clock
from perennial.errors import LedgerDamaged
from perennial.store.ledger import Ledger


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def test_a_new_ledger_has_none(path: Path) -> None:
    with closing(Ledger(path)) as ledger:
        figures = ledger.figures
        assert (figures.runs_by_verdict(), figures.last_success(), figures.live_version()) == ({}, None, 0)
        assert (figures.last_judged(), figures.is_paused()) == (None, False)


def test_a_run_that_has_not_ended_is_not_counted(path: Path) -> None:
    with closing(Ledger(path)) as ledger:
        for run_id, verdict, code in (("1", "KEPT", 0), ("2", "FAILED", 1), ("3", "KEPT", 0)):
            ledger.runs.begin(run_id, "cron")
            ledger.runs.end(run_id, verdict, code, "So it is.", "")
        ledger.runs.begin("4", "cron")
        assert ledger.figures.runs_by_verdict() == {"KEPT": 2, "FAILED": 1}


def test_the_last_success_is_that_of_the_last_run_also_after_the_clock_was_set_back(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Ledger(path)) as ledger:
        for run_id, moment, code in (
            ("1", "2013-04-02T00:00:00Z", 0),
            ("2", "2013-04-01T00:00:00Z", 0),
            ("3", "2013-04-03T00:00:00Z", 1),
        ):
            monkeypatch.setattr(clock, "now", lambda moment=moment: clock.moment(moment))
            ledger.runs.begin(run_id, "cron")
            ledger.runs.end(run_id, "KEPT" if code == 0 else "FAILED", code, "So it is.", "")
        assert ledger.figures.last_success() == "2013-04-01T00:00:00Z"


_VERSION = (
    "INSERT INTO versions (version, published, run_id, digest, who, why) VALUES (1, '', '', '', '', '')"
)


def test_a_snapshot_is_of_one_moment(path: Path) -> None:
    with closing(Ledger(path)) as ledger, closing(sqlite3.connect(path, timeout=0)) as other:
        with ledger.snapshot():
            assert ledger.figures.live_version() == 0
            with pytest.raises(sqlite3.OperationalError, match="locked"), other:
                other.execute(_VERSION)
        with other:
            other.execute(_VERSION)
        assert ledger.figures.live_version() == 1


def test_a_damaged_ledger_that_is_not_checked_fails_where_it_is_read(path: Path) -> None:
    path.write_bytes(b"no database at all" * 99)
    with pytest.raises(LedgerDamaged):
        Ledger(path)
    with pytest.raises(sqlite3.DatabaseError):
        Ledger(path, is_checked=False)
