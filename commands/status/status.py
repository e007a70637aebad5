"""What is live and since when, last runs, what waits or is odd, open alerts; and how that reads."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from commands.span_states import span_states, spans_block
from commands.status.schedule_lines import schedule_lines
from perennial import clock
from perennial.errors import ExportsUnreadable
from perennial.store import registry
from perennial.store.candidates import WaitingCandidate
from perennial.store.judged import judged_part
from perennial.text import WIDTH, spans_text, wrapped
from pipeline.config import UseCase
from pipeline.finding_kinds import CANDIDATE_WAITS, LIVE_MODEL_STALE
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
        killed, or is None. Where it has no readable model card, nothing is known of `published_at`,
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


def status_block(summary: dict[str, Any]) -> str:
    """What `status` found, for a person."""
    if summary["live_version"]:
        since = summary["published_at"]
        how_long = f"since {since}" if since else "(since when is unknown)"
        lines = [f"{summary['use_case']}: version {summary['live_version']} is live {how_long}"]
        if summary["live_damage"]:
            lines.append(wrapped(f"{summary['live_damage']} Run `doctor`."))
        if summary["live_stale"] and not any(each["kind"] == LIVE_MODEL_STALE for each in summary["alerts"]):
            lines.append(wrapped(summary["live_stale"]))
        lines += _data(summary)
    else:
        lines = [f"{summary['use_case']}: nothing is live"]
    waits = summary["candidate_waits"]
    if waits and not any(each["kind"] == CANDIDATE_WAITS for each in summary["alerts"]):
        lines.append(wrapped(waits["message"]))
    if summary["backfill"]:
        lines.append(wrapped(summary["backfill"]["message"]))
    if summary["running"]:
        lines.append(f"  {summary['running']}.")
    lines += schedule_lines(summary["schedule"], summary["clock"])
    if known := summary["freshness"]:
        since = f" since {known['since']}" if known["since"] else ""
        lines.append(wrapped(f"exports: {known['state']}{since}. {known['message']}"))
    # That a run FAILED is an alert; of one that was killed nothing is open.
    if summary["run_problem"] and not any(alert["kind"] == "FAILED" for alert in summary["alerts"]):
        lines.append(wrapped(summary["run_problem"]))
    for alert in summary["alerts"]:
        lines.append(wrapped(f"ALERT {alert['kind']} since {alert['at']}: {alert['message']}"))
    lines += [
        f"  {run['began']}  {run['verdict']:<13}{_started_by(run)}{_first(run['reason'])}"
        for run in summary["last_runs"]
    ]
    next_file = f"  To hand in the next export, run `land {summary['use_case']} FILE`."
    problem = summary["exports_problem"]
    spans = wrapped(problem) if problem else spans_block(summary["spans"])
    return "\n".join([*lines, spans, next_file])


def _waits(candidate: WaitingCandidate, use_case: UseCase) -> dict[str, Any]:
    """The candidate that waits, as `status` has it."""
    return {
        "run_id": candidate.run_id,
        "at": candidate.at,
        "champion": candidate.champion or None,
        "withheld": candidate.withheld,
        "message": message(candidate, use_case),
    }


def _days(split: Mapping[str, Any] | None) -> list[str] | None:
    """First and last day of the rows that a card has of a split; None where it has none."""
    ends = [(split or {}).get(key) for key in ("first_day", "last_day")]
    return [str(day) for day in ends] if all(ends) else None


def _data(summary: Mapping[str, Any]) -> list[str]:
    """The line on what the live version was trained and evaluated on; by spans where rows have no time."""
    trained, evaluated, spans = (summary[key] for key in ("trained_days", "evaluated_days", "trained_on"))
    if trained and evaluated and (judged := summary["judged_days"]):
        start = f"trained on {_range(trained)}, the evaluated days included"
        return [
            wrapped(f"{start} (refit): evaluated on {_range(evaluated)}, when trained on {_range(judged)}")
        ]
    if trained and evaluated:
        return [f"  trained on {_range(trained)}, evaluated on {_range(evaluated)}"]
    return [f"  trained on {spans_text(spans)}"] if spans else []


def _range(days: Sequence[str]) -> str:
    return days[0] if days[0] == days[-1] else f"{days[0]} to {days[-1]}"


def _started_by(run: Mapping[str, Any]) -> str:
    return f"{run['trigger'] or 'unknown':<12}"


def _first(reason: str) -> str:
    return textwrap.shorten(reason or "", WIDTH - 49, placeholder=" ...")
