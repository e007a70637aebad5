"""What is live and since when, last runs, what waits or is odd, open alerts."""

from collections.abc import Mapping
from typing import Any

from commands.span_states import span_states
from perennial import clock
from perennial.errors import ExportsUnreadable
from perennial.store import registry
from perennial.store.calibrations import CalibrationRecord
from perennial.store.candidates import WaitingCandidate
from perennial.store.judged import judged_part
from pipeline.config import UseCase
from pipeline.ledgers import opened
from pipeline.run import lock
from pipeline.run.open_backfill import open_json, open_sentence
from pipeline.run.overdue import freshness_of, run_problem
from pipeline.run.stale_live import stale_message
from pipeline.run.waiting import message
from pipeline.schedule.standing import schedule_standing
from pipeline.summary_parts import spans_trained_on

_LAST_RUNS = 5


def status(use_case: UseCase) -> dict[str, Any]:
    """What is live and since when, what it was trained on, last runs, what waits or is odd, alerts.

    Returns:
        `trained_on` names the spans of which at least a row was trained on; `trained_days` and
        `evaluated_days` are each the first and the last day, or None where rows have no time; `judged_days`
        are the days that the judged candidate was trained on where the live version is its refit, or None.
        `live_damage`
        is what is wrong with the files of the live version, one sentence, or None; `live_stale` says that it
        was trained on spans which are rejected, or is None; `exports_problem` why the exports cannot be
        listed, and then nothing is known of the spans, or is None. `candidate_waits` is the candidate that
        passed and is not pushed: `run_id, at, champion` (a version or None), `withheld` (`ask` or `freeze`)
        and `message`; None if none waits. `backfill` is the one that has not ended: `from, to, which, each,
        began, who, done, left` and `message`; None if there is none. `freshness` is the state of
        `check-overdue`, or None where nothing is expected; `run_problem` says that the last run FAILED or was
        killed, or is None. `drift` is the newest calibration of drift by day: `state, rate, calibration` (its
        number), `at, days, days_needed`, or None where no span had days to calibrate on. Where it has no
        readable model card, nothing is known of `published_at`,
        `trained_on` and what follows from the card.
    """
    live = registry.live(use_case.models_folder)
    card = (live.card if live else None) or {}
    summary: dict[str, Any] = {
        "use_case": use_case.name,
        "live_version": live.number if live else None,
        "live_damage": (live.damage() if live else "") or None,
        "live_stale": None,
        "published_at": card.get("published_at"),
        "restores": card.get("restores"),
        "trained_on": list(spans_trained_on(card.get("spans", []))),
        "trained_days": _days(card.get("trained_on")),
        "evaluated_days": _days(card.get("evaluated_on")),
        "judged_days": _days(judged_part(card).get("trained_on")),
        "metrics": card.get("metrics", {}),
        "candidate_waits": None,
        "backfill": None,
        "running": lock.holder(use_case.root / "lock") if lock.is_held(use_case.root / "lock") else None,
        "freshness": None,
        "run_problem": None,
        "drift": None,
        "last_runs": [],
        "exports_problem": None,
        "spans": [],
        "alerts": [],
        "schedule": schedule_standing(use_case),
        "clock": {"now": clock.stamp(clock.now()), "fixed_by": clock.name() or None},
    }
    with opened(use_case, make=False) as ledger:
        if known := freshness_of(use_case, ledger, clock.now()):
            summary["freshness"] = known.as_json()
        summary["run_problem"] = run_problem(use_case, ledger)
        if newest := ledger.calibrations.newest():
            summary["drift"] = _calibration(newest)
        summary["last_runs"] = ledger.runs.last(_LAST_RUNS)
        summary["live_stale"] = stale_message(live, ledger, use_case) or None
        if candidate := ledger.candidates.waiting():
            summary["candidate_waits"] = _waits(candidate, use_case)
        if backfill := ledger.backfills.open():
            sentence = open_sentence(use_case.name, backfill, is_running=bool(summary["running"]))
            summary["backfill"] = {**open_json(backfill), "message": sentence}
        try:
            summary["spans"] = span_states(use_case, ledger)
        except ExportsUnreadable as error:
            summary["exports_problem"] = str(error)
        summary["alerts"] = ledger.alerts.open()
    return summary


def _waits(candidate: WaitingCandidate, use_case: UseCase) -> dict[str, Any]:
    """The candidate that waits, as `status` has it."""
    return {
        "run_id": candidate.run_id,
        "at": candidate.at,
        "champion": candidate.champion or None,
        "withheld": candidate.withheld,
        "message": message(candidate, use_case),
    }


def _calibration(record: CalibrationRecord) -> dict[str, Any]:
    """A calibration, in the words of `calibrate --json`."""
    return {
        "state": record.state,
        "rate": record.rate,
        "calibration": record.number,
        "at": record.at,
        "days": record.days,
        "days_needed": record.needed,
    }


def _days(split: Mapping[str, Any] | None) -> list[str] | None:
    """First and last day of the rows that a card has of a split; None where it has none."""
    ends = [(split or {}).get(key) for key in ("first_day", "last_day")]
    return [str(day) for day in ends] if all(ends) else None
