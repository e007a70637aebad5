"""The root that backtests work in: its beginning, damage to it, and the use case's own root left alone."""

import shutil
import sqlite3
from contextlib import closing

import pytest

from perennial.errors import NodeFailed
from perennial.store.ledger import Ledger
from tests.pipeline.backtest.past import PastScene, snapshot


def test_nothing_of_the_use_cases_own_root_changes(past: PastScene) -> None:
    past.metadata()
    assert past.run().verdict == "PUSHED"
    before = snapshot(past.root)
    past.backtest()
    assert snapshot(past.root) == before


def test_what_a_killed_training_left_is_removed(past: PastScene) -> None:
    past.backtest()
    artifacts = past.root / "backtests" / "work" / past.use_case.name / "artifacts"
    half = artifacts / "Trainer" / "model" / "77"
    half.mkdir(parents=True)
    past.backtest()
    assert not half.exists()
    assert {path.name for path in artifacts.iterdir() if any(path.rglob("*.json"))} == {
        "ArrowExampleGen",
        "DaySummaries",
        "SpanStatistics",
        "DataGate",
    }


def test_a_copy_that_is_damaged_is_made_anew(past: PastScene) -> None:
    past.metadata()
    past.run()
    past.backtest()
    for name in ("ledger.db", "metadata.db"):
        copy = past.root / "backtests" / "work" / past.use_case.name / name
        copy.write_text("damage")
        assert past.backtest().trained == 0
        with closing(sqlite3.connect(copy)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_damaged_mlmd_file_of_the_use_case_is_named(past: PastScene) -> None:
    past.metadata()
    past.run()
    (past.root / "metadata.db").write_text("damage")
    with pytest.raises(NodeFailed, match=r"metadata.db of flights is damaged") as error:
        past.backtest()
    assert "Run `run flights`" in error.value.remedy


def test_a_damaged_output_is_left_in_its_place_and_read_anew_for_the_backtest(past: PastScene) -> None:
    past.edit("window: {spans: 3}", "window: {spans: 9}")
    past.metadata()
    past.run()
    folders = sorted((past.root / "artifacts").glob("ArrowExampleGen/examples/*"))
    (folders[-1] / "extra").write_text("damage")
    past.backtest()
    assert past.lines.read == ["4"]
    assert (folders[-1] / "extra").read_text() == "damage"


def test_a_root_that_was_moved_is_read_anew(past: PastScene) -> None:
    past.backtest()
    home = past.use_case.home
    moved = home.with_name(f"{home.name}-moved")
    shutil.copytree(home, moved)
    past.use_case = past.use_case.model_copy(update={"home": moved})
    past.root = past.use_case.root
    assert past.backtest().trained == 0
    assert past.lines.read == ["1", "2", "3", "4"]
    with closing(Ledger(past.root / "backtests" / "work" / past.use_case.name / "ledger.db")) as ledger:
        version = ledger.spans.in_use("1")
    assert version is not None
    assert version.examples.startswith(str(moved))


def test_what_a_killed_backtest_had_half_written_is_removed(past: PastScene) -> None:
    past.backtest()
    ending = "0123456789abcdef" * 2
    halves = [past.root / "backtests" / name / f".x.{ending}" for name in ("results", "models", "1_4")]
    for half in halves:
        half.parent.mkdir(exist_ok=True)
        half.touch()
    past.backtest()
    assert not [half for half in halves if half.exists()]
