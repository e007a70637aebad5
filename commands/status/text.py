"""What `status` says to a person."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from commands.span_states import spans_block
from commands.status.schedule_lines import schedule_lines
from perennial.text import WIDTH, plural, spans_text, wrapped
from pipeline.finding_kinds import CANDIDATE_WAITS, LIVE_MODEL_STALE


def status_block(summary: dict[str, Any]) -> str:
    """What `status` found, for a person."""
    lines = _live(summary)
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
    if drift := summary["drift"]:
        lines.append(wrapped(_drift(drift)))
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


def _live(summary: Mapping[str, Any]) -> list[str]:
    """What is live, since when, what is wrong with it, and what it was trained on."""
    if not summary["live_version"]:
        return [f"{summary['use_case']}: nothing is live"]
    since = summary["published_at"]
    how_long = f"since {since}" if since else "(since when is unknown)"
    lines = [f"{summary['use_case']}: version {summary['live_version']} is live {how_long}"]
    if summary["live_damage"]:
        lines.append(wrapped(f"{summary['live_damage']} Run `doctor`."))
    if summary["live_stale"] and not any(each["kind"] == LIVE_MODEL_STALE for each in summary["alerts"]):
        lines.append(wrapped(summary["live_stale"]))
    return lines + _data(summary)


def _drift(drift: Mapping[str, Any]) -> str:
    """Whether days are judged, as the calibration says that was made last."""
    if drift["days_needed"]:
        more = plural(drift["days_needed"], "more day")
        return f"drift by day is not checked: {more} of accepted history needed for {drift['rate']}"
    days = plural(drift["days"], "day")
    return f"drift by day: calibrated for {drift['rate']} (calibration {drift['calibration']}, from {days})"


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
