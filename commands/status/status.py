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
    found: dict[str, Any] = {
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
        found["last_runs"] = ledger.last_runs(_LAST_RUNS)
        found["spans"] = span_states(use_case, ledger)
        found["alerts"] = ledger.open_alerts()
    return found


def status_block(found: dict[str, Any]) -> str:
    """What `status` found, for a person."""
    if found["live_version"]:
        spans = found["trained_on"]
        trained = f", trained on {spans[0]} to {spans[-1]}" if spans else ""
        version = f"version {found['live_version']} is live since {found['published_at']}"
        lines = [f"{found['use_case']}: {version}{trained}"]
    else:
        lines = [f"{found['use_case']}: nothing is live"]
    if found["running"]:
        lines.append(f"  {found['running']}.")
    for alert in found["alerts"]:
        lines.append(wrapped(f"ALERT {alert['kind']} since {alert['at']}: {alert['message']}"))
    lines += [f"  {run['began']}  {run['verdict']:<13}{_first(run['reason'])}" for run in found["last_runs"]]
    return "\n".join([*lines, spans_block(found["spans"])]).rstrip()


def _first(reason: str) -> str:
    return textwrap.shorten(reason or "", WIDTH - 37, placeholder=" ...")
