"""Reads back what was decided: a use case's status and its spans; opens ledgers for whoever asks."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline import clock, lock, registry, spans
from pipeline.config import UseCase
from pipeline.errors import UsageError
from pipeline.ledger import Ledger, SpanVersion, damaged
from pipeline.rebuild import ledger_problem

_LAST_RUNS = 5


def span_states(use_case: UseCase, ledger: Ledger) -> list[dict[str, Any]]:
    """Every span: what lies on disk, what the gate and a person said, what is in use. Oldest first."""
    kind = use_case.exports.span
    exports = {
        export.span: export
        for export in spans.find_exports(
            use_case.exports_folder, kind, use_case.exports.complete_when, clock.now()
        )
    }
    known = sorted(ledger.span_names(), key=lambda span: spans.order(span, kind))
    names = known + [name for name in exports if name not in known]
    return [_span_state(name, exports.get(name), ledger) for name in names]


def _span_state(name: str, export: spans.Export | None, ledger: Ledger) -> dict[str, Any]:
    current = ledger.current(name)
    used = ledger.in_use(name)
    state: dict[str, Any] = {
        "span": name,
        "state": _state(export, current),
        "version": current.version if current else None,
        "in_use": used.version if used else None,
        "rows": current.rows if current else None,
        "quarantined": current.quarantined if current else None,
        "reasons": list(current.reasons) if current else [],
    }
    if export is not None and export.reason:
        state["reasons"] = [export.reason]
    if current is not None and current.decision:
        state["decision"] = {"decision": current.decision, "why": current.why}
    return state


def _state(export: spans.Export | None, current: SpanVersion | None) -> str:
    if export is not None and export.state in ("waiting", "odd"):
        return export.state.upper()
    return current.verdict if current is not None else "NEW"


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


@contextmanager
def opened(use_case: UseCase, *, make: bool = True) -> Iterator[Ledger]:
    """The ledger of a use case for the length of a `with`.

    Args:
        use_case: Whose.
        make: Where there is none yet: make it, or (False) give an empty one that leaves nothing behind.

    Raises:
        LedgerDamaged: It is damaged, or gone though there were runs; only `run` makes a new one then.
    """
    path = use_case.root / "ledger.db"
    if problem := ledger_problem(use_case.root):
        raise damaged(path, problem)
    if make:
        use_case.make_root()
    ledger = Ledger(path if make or path.exists() else Path(":memory:"))
    try:
        yield ledger
    finally:
        ledger.close()


def decide(use_case: UseCase, decision: Any, span: str, why: str) -> dict[str, Any]:
    """Writes down a person's judgement of a span, and gives the span's state after it.

    Raises:
        UsageError: There is no reason, or no such span that could be judged.
    """
    if not why.strip():
        raise UsageError("A judgement needs a reason.", "Say it with --why.")
    with opened(use_case) as ledger:
        ledger.decide(span, decision, why)
        return next(state for state in span_states(use_case, ledger) if state["span"] == span)
