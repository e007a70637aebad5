"""What was decided, read back."""

import os
from pathlib import Path
from typing import Any, Final

import pytest

from commands.status import status
from commands.status.text import status_block
from perennial.errors import LedgerDamaged
from pipeline.config import UseCase
from pipeline.ledgers import opened
from pipeline.run import lock
from pipeline.schedule_section import Expectation
from tests.calibration_records import calibration_record
from tests.commands.span_states import state
from tests.commands.versions import publish
from tests.texts import LONG, WIDEST, widest

TRAINED, EVALUATED = ["2013-01-01", "2013-02-28"], ["2013-03-01", "2013-03-31"]
# As AtomicPusher writes it: the newest span of the window was only evaluated on.
CARD: Final[dict[str, Any]] = {
    "spans": [
        {"span": "2013-01", "train_rows": 7},
        {"span": "2013-02", "train_rows": 1},
        {"span": "2013-03", "train_rows": 0},
    ],
    "trained_on": {"first_day": TRAINED[0], "last_day": TRAINED[1], "rows": 8},
    "evaluated_on": {"first_day": EVALUATED[0], "last_day": EVALUATED[1], "rows": 9},
    "metrics": {"auc": 0.7},
}


def test_the_status_of_nothing_is_empty(use_case: UseCase) -> None:
    summary = status.status(use_case)
    assert (summary["live_version"], summary["running"], summary["trained_on"]) == (None, None, [])
    assert (summary["last_runs"], summary["spans"], summary["alerts"]) == ([], [], [])


def test_the_status_shows_what_is_live_what_runs_and_what_is_wrong(use_case: UseCase) -> None:
    publish(use_case, **CARD)
    with opened(use_case) as ledger:
        for number in range(7):
            ledger.runs.begin(str(number), "manual")
            ledger.runs.end(str(number), "KEPT", 0, "So it is.", "")
        ledger.alerts.set({"DATA_BLOCKED": "Span 2013-03 is blocked."}, ("DATA_BLOCKED",), "6")
    with lock.held(use_case.root / "lock", "run-8"):
        summary = status.status(use_case)
    assert (summary["live_version"], summary["trained_on"]) == (1, ["2013-01", "2013-02"])
    assert (summary["trained_days"], summary["evaluated_days"]) == (TRAINED, EVALUATED)
    assert summary["metrics"] == {"auc": 0.7}
    assert [run["run_id"] for run in summary["last_runs"]] == ["6", "5", "4", "3", "2"]
    assert [alert["kind"] for alert in summary["alerts"]] == ["DATA_BLOCKED"]
    assert summary["running"].startswith(f"Run run-8 (process {os.getpid()}) has held the lock")


@pytest.mark.parametrize("make", [True, False])
@pytest.mark.parametrize("content", [None, b"", b"no database at all" * 99])
def test_a_ledger_that_is_gone_or_damaged_is_never_taken_for_a_new_one(
    use_case: UseCase, content: bytes | None, make: bool
) -> None:
    publish(use_case)
    ledger = use_case.root / "ledger.db"
    ledger.unlink()
    if content is not None:
        ledger.write_bytes(content)
    with (
        pytest.raises(LedgerDamaged, match=r"ledger\.db is (missing|damaged)\.") as caught,
        opened(use_case, make=make),
    ):
        pass
    assert "Run `run flights`" in caught.value.remedy
    assert (ledger.read_bytes() if ledger.exists() else None) == content


def _status(**changes: Any) -> dict[str, Any]:
    began = "2013-04-01T06:00:00Z"
    run = {"began": began, "verdict": "DATA_BLOCKED", "trigger": "new_export", "reason": LONG}
    values: dict[str, Any] = {
        "use_case": "flights",
        "live_version": 3,
        "live_damage": None,
        "live_stale": None,
        "exports_problem": None,
        "candidate_waits": None,
        "backfill": None,
        "published_at": "2013-04-01T06:01:00Z",
        "trained_on": ["2013-01", "2013-02"],
        "trained_days": TRAINED,
        "evaluated_days": EVALUATED,
        "judged_days": None,
        "running": None,
        "freshness": None,
        "run_problem": None,
        "drift": None,
        "alerts": [{"kind": "DATA_BLOCKED", "at": "2013-04-01T06:00:00Z", "message": LONG}],
        "last_runs": [run],
        "spans": [state()],
        "schedule": None,
        "clock": {"now": began, "fixed_by": None},
    }
    return values | changes


def test_a_status_is_shown_with_alerts_runs_and_spans() -> None:
    block = status_block(_status(running="Run r (process 7) has held the lock since then"))
    assert block.splitlines()[:3] == [
        "flights: version 3 is live since 2013-04-01T06:01:00Z",
        "  trained on 2013-01-01 to 2013-02-28, evaluated on 2013-03-01 to 2013-03-31",
        "  Run r (process 7) has held the lock since then.",
    ]
    assert "  ALERT DATA_BLOCKED since 2013-04-01T06:00:00Z: The share" in block
    assert "  2013-04-01T06:00:00Z  DATA_BLOCKED new_export  The share" in block
    assert "  2013-01       OK" in block
    assert widest(block) <= WIDEST


@pytest.mark.parametrize(
    ("days", "needed", "line"),
    [
        (31, 29, "drift by day is not checked: 29 more days of accepted history needed for 1 per quarter"),
        (59, 1, "drift by day is not checked: 1 more day of accepted history needed for 1 per quarter"),
        (90, 0, "drift by day: calibrated for 1 per quarter (calibration 2, from 90 days)"),
    ],
)
def test_the_newest_calibration_says_whether_drift_is_checked(
    use_case: UseCase, days: int, needed: int, line: str
) -> None:
    with opened(use_case) as ledger:
        ledger.calibrations.note(calibration_record(1, days=9, needed=51))
        ledger.calibrations.note(calibration_record(2, days=days, needed=needed))
    summary = status.status(use_case)
    assert (summary["drift"]["calibration"], summary["drift"]["days_needed"]) == (2, needed)
    assert f"  {line}" in status_block(summary)


def test_a_version_that_was_refit_says_what_was_evaluated(use_case: UseCase) -> None:
    judged = {"spans": [], "trained_on": CARD["trained_on"], "model": "artifacts/m", "model_digest": "d"}
    trained = {"first_day": TRAINED[0], "last_day": EVALUATED[1], "rows": 17}
    publish(use_case, **{**CARD, "trained_on": trained, "refit": {"judged": judged, "agreement": {}}})
    summary = status.status(use_case)
    assert (summary["trained_days"], summary["judged_days"]) == ([TRAINED[0], EVALUATED[1]], TRAINED)
    assert " ".join(" ".join(status_block(summary).splitlines()[1:3]).split()) == (
        "trained on 2013-01-01 to 2013-03-31, the evaluated days included (refit): evaluated on 2013-03-01 to"
        " 2013-03-31, when trained on 2013-01-01 to 2013-02-28"
    )


def test_a_damaged_live_version_is_shown_with_what_is_wrong(use_case: UseCase) -> None:
    publish(use_case, **CARD)
    assert status.status(use_case)["live_damage"] is None
    (use_case.models_folder / "1" / "saved_model.pb").write_text("")
    summary = status.status(use_case)
    assert summary["live_damage"] == "Version 1 is damaged: its files have changed since it was published."
    assert status_block(summary).splitlines()[:2] == [
        f"flights: version 1 is live since {summary['published_at']}",
        f"  {summary['live_damage']} Run `doctor`.",
    ]


def test_without_a_model_card_it_is_unknown_since_when_a_version_is_live(use_case: UseCase) -> None:
    publish(use_case, **CARD)
    (use_case.models_folder / "1" / "model_card.json").unlink()
    assert status_block(status.status(use_case)).splitlines()[:2] == [
        "flights: version 1 is live (since when is unknown)",
        "  Version 1 is damaged: it has no readable model card. Run `doctor`.",
    ]


def test_a_status_of_nothing_is_short() -> None:
    empty = _status(live_version=None, alerts=[], last_runs=[], spans=[])
    assert status_block(empty) == (
        "flights: nothing is live\nNo exports yet.\n  To hand in the next export, run `land flights FILE`."
    )


def test_a_version_whose_rows_have_no_time_is_shown_by_its_spans() -> None:
    timeless = {"trained_days": None, "evaluated_days": None}
    assert status_block(_status(**timeless)).splitlines()[1] == (
        "  trained on 2 spans (oldest: 2013-01, newest: 2013-02)"
    )
    one = _status(**timeless, trained_on=["7"])
    assert status_block(one).splitlines()[1] == "  trained on span 7"
    none = _status(**timeless, trained_on=[])
    assert status_block(none).splitlines()[1].startswith("  ALERT")


def test_a_share_that_is_not_mounted_hides_nothing_but_the_spans(use_case: UseCase, tmp_path: Path) -> None:
    publish(use_case, **CARD)
    exports = use_case.exports.model_copy(update={"path": tmp_path / "share"})
    summary = status.status(use_case.model_copy(update={"exports": exports}))
    assert (summary["live_version"], summary["spans"]) == (1, [])
    assert "does not exist. Mount its share" in summary["exports_problem"]
    block = status_block(summary)
    assert "Mount its share" in block
    assert "No exports yet" not in block


def test_a_run_that_was_killed_is_named_and_one_that_failed_is_named_once(use_case: UseCase) -> None:
    with opened(use_case) as ledger:
        ledger.runs.begin("r1", "manual")
        assert "Run r1 was killed" in status_block(status.status(use_case))
        ledger.runs.end("r1", "FAILED", 1, "The disk is full.", "")
        ledger.alerts.set({"FAILED": "The disk is full."}, ("FAILED",), "r1")
    block = status_block(status.status(use_case))
    assert "ALERT FAILED" in block
    assert "The last run FAILED" not in block


def test_the_freshness_of_an_expected_export_is_one_line(
    use_case: UseCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    expect = Expectation(every=31 * 86400, within=3600)
    schedule = use_case.schedule.model_copy(update={"expect": expect})
    expecting = use_case.model_copy(update={"schedule": schedule})
    with opened(use_case) as ledger:
        version = ledger.spans.arrive("2013-03", "a")
        ledger.spans.judge(version, "OK", [], rows=7, quarantined=0, judged_with="w", run_id="r")
    summary = status.status(expecting)
    assert summary["freshness"]["state"] == "overdue"
    lines = status_block(summary).splitlines()
    assert [line for line in lines if line.startswith("  exports: overdue since 2013-06-01T01:00:00Z. Span")]
