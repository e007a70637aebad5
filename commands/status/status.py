"""What is live and since when, last runs, what waits or is odd, open alerts; and how that reads."""

import textwrap
from typing import Any

from commands.span_states import span_states, spans_block
from perennial.store import registry
from perennial.text import WIDTH, wrapped
from pipeline.config import UseCase
from pipeline.ledgers import opened
from pipeline.run import lock

_LAST_RUNS = 5


def status(use_case: UseCase) -> dict[str, Any]:
    """What is live and since when, the spans it was trained on, last runs, what waits or is odd, alerts."""
    live = registry.live(use_case.models_folder)
    card = (live.card if live else None) or {}
    summary: dict[str, Any] = {
        "use_case": use_case.name,
        "live_version": live.number if live else None,
        "published_at": card.get("published_at"),
        "restores": card.get("restores"),
        "trained_on": [span["span"] for span in card.get("spans", [])],
        "metrics": card.get("metrics", {}),
        "running": lock.holder(use_case.root / "lock") if lock.is_held(use_case.root / "lock") else None,
        "last_runs": [],
        "spans": [],
        "alerts": [],
    }
    with opened(use_case, make=False) as ledger:
        summary["last_runs"] = ledger.last_runs(_LAST_RUNS)
        summary["spans"] = span_states(use_case, ledger)
        summary["alerts"] = ledger.open_alerts()
    return summary


def status_block(summary: dict[str, Any]) -> str:
    """What `status` found, for a person."""
    if summary["live_version"]:
        spans = summary["trained_on"]
        trained = f", trained on {spans[0]} to {spans[-1]}" if spans else ""
        version = f"version {summary['live_version']} is live since {summary['published_at']}"
        lines = [f"{summary['use_case']}: {version}{trained}"]
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


def _first(reason: str) -> str:
    return textwrap.shorten(reason or "", WIDTH - 37, placeholder=" ...")
