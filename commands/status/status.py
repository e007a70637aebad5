"""What is live and since when, last runs, what waits or is odd, open alerts; and how that reads."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from commands.span_states import span_states, spans_block
from perennial.store import registry
from perennial.text import WIDTH, wrapped
from pipeline.config import UseCase
from pipeline.ledgers import opened
from pipeline.run import lock

_LAST_RUNS = 5


def status(use_case: UseCase) -> dict[str, Any]:
    """What is live and since when, what it was trained on, last runs, what waits or is odd, alerts.

    Returns:
        `trained_on` names the spans of which at least a row was trained on; `trained_days` and
        `evaluated_days` are each the first and the last day, or None where rows have no time.
    """
    live = registry.live(use_case.models_folder)
    card = (live.card if live else None) or {}
    summary: dict[str, Any] = {
        "use_case": use_case.name,
        "live_version": live.number if live else None,
        "published_at": card.get("published_at"),
        "restores": card.get("restores"),
        # A card that an older release wrote has no `train_rows`: all spans of its window are named.
        "trained_on": [span["span"] for span in card.get("spans", []) if span.get("train_rows", 1)],
        "trained_days": _days(card.get("trained_on")),
        "evaluated_days": _days(card.get("evaluated_on")),
        "metrics": card.get("metrics", {}),
        "running": lock.holder(use_case.root / "lock") if lock.is_held(use_case.root / "lock") else None,
        "last_runs": [],
        "spans": [],
        "alerts": [],
    }
    with opened(use_case, make=False) as ledger:
        summary["last_runs"] = ledger.runs.last(_LAST_RUNS)
        summary["spans"] = span_states(use_case, ledger)
        summary["alerts"] = ledger.alerts.open()
    return summary


def status_block(summary: dict[str, Any]) -> str:
    """What `status` found, for a person."""
    if summary["live_version"]:
        version = f"version {summary['live_version']} is live since {summary['published_at']}"
        lines = [f"{summary['use_case']}: {version}", *_data(summary)]
    else:
        lines = [f"{summary['use_case']}: nothing is live"]
    if summary["running"]:
        lines.append(f"  {summary['running']}.")
    for alert in summary["alerts"]:
        lines.append(wrapped(f"ALERT {alert['kind']} since {alert['at']}: {alert['message']}"))
    lines += [
        f"  {run['began']}  {run['verdict']:<13}{_first(run['reason'])}" for run in summary["last_runs"]
    ]
    return "\n".join([*lines, spans_block(summary["spans"])]).rstrip()


def _days(split: Mapping[str, Any] | None) -> list[str] | None:
    """First and last day of the rows that a card has of a split; None where it has none."""
    ends = [(split or {}).get(key) for key in ("first_day", "last_day")]
    return [str(day) for day in ends] if all(ends) else None


def _data(summary: Mapping[str, Any]) -> list[str]:
    """The line on what the live version was trained and evaluated on; by spans where rows have no time."""
    trained, evaluated, spans = (summary[key] for key in ("trained_days", "evaluated_days", "trained_on"))
    if trained and evaluated:
        return [f"  trained on {_range(trained)}, evaluated on {_range(evaluated)}"]
    return [f"  trained on {'spans' if len(spans) > 1 else 'span'} {_range(spans)}"] if spans else []


def _range(names: Sequence[str]) -> str:
    return names[0] if names[0] == names[-1] else f"{names[0]} to {names[-1]}"


def _first(reason: str) -> str:
    return textwrap.shorten(reason or "", WIDTH - 37, placeholder=" ...")
