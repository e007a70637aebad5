"""A root of daily spans does not grow once the window is full and what is kept for its age is past that."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from perennial import clock
from perennial.store import registry
from pipeline.run.retention.prune import prune
from tests.pipeline.run.retention.root import BEGIN, Root

# Rows that stay for ever are those of spans and versions: one a day each.
_TABLES = ("runs", "outputs", "alerts", "ticks", "prunes", "files")


def _counts(root: Path) -> dict[str, int]:
    with closing(sqlite3.connect(root / "ledger.db")) as ledger:
        rows = {table: ledger.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in _TABLES}
    folders = ("artifacts", "models", "runs", "spans", "quarantine")
    return rows | {name: len(list((root / name).rglob("*"))) for name in folders}


def test_after_the_first_weeks_each_day_leaves_as_much_as_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = []
    with Root(tmp_path).opened() as root:
        keep = {"models": 2, "runs": 12 * 86400, "spans": 5 * 86400, "alerts": 3 * 86400}
        drift = root.use_case.drift.model_copy(update={"history": 6 * 86400})
        update = {"keep": root.use_case.keep.model_copy(update=keep), "drift": drift}
        root.use_case = root.use_case.model_copy(update=update)
        for day in range(1, 25):
            now = BEGIN + timedelta(days=day)
            monkeypatch.setattr(clock, "now", lambda now=now: now)
            run_id = now.strftime("%Y%m%dT%H%M%S.%fZ")
            root.span(str(day), day, run_id=run_id)
            root.run(run_id, exit_code=0)
            trained_on = [str(span) for span in range(max(1, day - 2), day + 1)]
            spans = [{"span": span, "digest": f"content of {span}"} for span in trained_on]
            root.version(day, run_id, {"spans": spans})
            root.ledger.alerts.set({"FAILED": "It failed."}, among=["FAILED"], run_id=run_id)
            root.ledger.alerts.set({}, among=["FAILED"], run_id="")
            root.ledger.ticks.record({now: "cron"})
            prune(root.use_case, root.ledger, run_id=run_id)
            counts.append(_counts(root.root))
    assert registry.numbers(root.root / "models") == [23, 24]
    assert counts[-1]["prunes"] > 1
    assert counts[-6:] == [counts[-1]] * 6
