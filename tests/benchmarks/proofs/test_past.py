"""The ends of killed commands are compared by content; one round that did not hold is enough."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from benchmarks.proofs.past.backtests import without_times
from benchmarks.proofs.past.content import content_of, differing
from benchmarks.proofs.past.proof import summarized
from perennial.store.ledger import Ledger

KILL = {"at": "3.0 s", "way": "SIGTERM", "live_answered": True}
ROUND: dict[str, Any] = {"kills": [KILL], "differs": [], "live_answers": True, "left": []}
RESULTS: dict[str, Any] = {
    "undisturbed backfill": {"seconds": 90.0, "end": {}},
    "backfill round 1": {**ROUND, "kills": [KILL, {**KILL, "way": "its tree"}]},
    "undisturbed backtest": {"seconds": 60.0, "end": {}},
    "backtest round 1": ROUND,
    "undisturbed prune": {"seconds": 3.0, "end": {}, "removed": {"runs": 2}},
    "prune round 1": {**ROUND, "kills": [{**KILL, "way": "the command", "gone": "a part"}]},
    "prune round 2": {**ROUND, "kills": []},
}


def test_all_held_where_every_end_is_the_undisturbed_one_s() -> None:
    summary = summarized(RESULTS)
    assert summary["all_held"]
    assert summary["kills"] == 4
    assert summary["backfill"] == {
        "seconds": 90.0,
        "rounds": 1,
        "kills": 2,
        "ways": {"SIGTERM": 1, "its tree": 1},
        "same_ends": 1,
    }
    assert summary["prune"]["removes"] == {"runs": 2}
    assert summary["prune"]["gone_at_the_kill"] == {"a part": 1}
    assert (summary["prune"]["rounds"], summary["prune"]["same_ends"]) == (2, 2)


@pytest.mark.parametrize("key", ["backfill round 1", "backtest round 1", "prune round 2"])
@pytest.mark.parametrize(
    "wrong",
    [
        {"differs": ["versions"]},
        {"live_answers": False},
        {"left": ["tmp"]},
        {"kills": [{**KILL, "gone": "all", "live_answered": False}]},
    ],
)
def test_one_round_that_did_not_hold_is_enough(key: str, wrong: dict[str, Any]) -> None:
    assert not summarized({**RESULTS, key: {**RESULTS[key], **wrong}})["all_held"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "flights"
    (root / "models" / "1").mkdir(parents=True)
    (root / "models" / "1" / "weights").write_text("1")
    (root / "backtests").mkdir()
    ledger = Ledger(root / "ledger.db")
    ledger.runs.begin("2013-04-01T06-00-00Z", "person")
    ledger.close()
    with closing(sqlite3.connect(root / "metadata.db")) as database, database:
        database.execute("CREATE TABLE Artifact (id INTEGER, uri TEXT)")
        database.execute("INSERT INTO Artifact VALUES (1, 'a')")
    return root


def test_locks_backtests_and_records_of_prunes_are_no_content(root: Path) -> None:
    before = content_of(root)
    (root / "lock").write_text("1")
    (root / "backtests" / "log.txt").write_text("1")
    with closing(sqlite3.connect(root / "ledger.db")) as ledger, ledger:
        ledger.execute("INSERT INTO prunes VALUES ('', '', '', '{\"verdicts\": {}}', 0)")
    assert differing(content_of(root), before) == []


@pytest.mark.parametrize(
    ("table", "change", "names"),
    [
        ("ledger.db", "UPDATE runs SET verdict='KEPT'", ["ledger: runs"]),
        (
            "ledger.db",
            "INSERT INTO prunes VALUES ('', '', '', '{\"verdicts\": {\"KEPT\": 1}}', 0)",
            ["ledger: verdicts of pruned runs"],
        ),
        ("metadata.db", "DELETE FROM Artifact", ["MLMD: Artifact"]),
    ],
)
def test_another_row_is_another_content(root: Path, table: str, change: str, names: list[str]) -> None:
    before = content_of(root)
    with closing(sqlite3.connect(root / table)) as database, database:
        database.execute(change)
    assert differing(content_of(root), before) == names


def test_another_file_or_an_empty_folder_is_another_content(root: Path) -> None:
    before = content_of(root)
    (root / "models" / "1" / "weights").write_text("2")
    (root / "trash").mkdir()
    (root / "trash" / "1").mkdir()
    assert differing(content_of(root), before) == ["files: models", "files: trash"]


def test_a_backtest_is_compared_without_what_its_time_decides() -> None:
    content = {
        "recommendation": {"sentence": "It costs 30 CPU s.", "best": {"every": 1}},
        "policies": [{"loss": 0.4, "cpu_seconds": 30.0}],
        "trainings": [{"rows": 9, "seconds": 40.0, "cpu_seconds": 30.0}],
    }
    assert without_times(content) == {
        "recommendation": {"best": {"every": 1}},
        "policies": [{"loss": 0.4}],
        "trainings": [{"rows": 9}],
    }
