"""Reads back what was decided: a use case's status, its spans, and what `doctor` finds out of order."""

import importlib.metadata
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline import clock, config, lock, registry, spans
from pipeline.config import UseCase
from pipeline.errors import PerennialError, UsageError
from pipeline.ledger import Ledger, SpanVersion

_LAST_RUNS = 5
_ENOUGH_BYTES = 2 << 30


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
    """
    path = use_case.root / "ledger.db"
    if make:
        use_case.make_root()
    ledger = Ledger(path if make or path.exists() else Path(":memory:"))
    try:
        yield ledger
    finally:
        ledger.close()


def doctor() -> dict[str, Any]:
    """Looks at the environment, the disk, and each use case; every finding says what to do.

    Returns:
        `facts` (what was looked at) and `findings` (each `where, problem, remedy`); none when all is well.
    """
    home = config.home()
    findings = [*_environment(), *_disk(home)]
    for name in config.use_case_names():
        try:
            findings += _use_case_findings(config.load(name))
        except PerennialError as error:
            findings.append(_finding(name, error.problem, error.remedy))
    facts = {
        "python": sys.version.split()[0],
        "tfx": _installed("tfx"),
        "tensorflow": _installed("tensorflow"),
        "home": str(home),
        "use_cases": config.use_case_names(),
    }
    return {"facts": facts, "findings": findings}


def _finding(where: str, problem: str, remedy: str) -> dict[str, str]:
    return {"where": where, "problem": problem, "remedy": remedy}


def _installed(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _environment() -> list[dict[str, str]]:
    found = []
    if sys.version_info[:2] != (3, 10):
        found.append(_finding("environment", "This is not Python 3.10.", "Run `make setup`."))
    if _installed("tfx") is None:
        found.append(_finding("environment", "TFX is not installed here.", "Run `make setup`, use .venv."))
    if not config.serving_python().is_file():
        found.append(_finding("environment", "There is no .venv-serving.", "Run `make setup`."))
    return found


def _disk(home: Path) -> list[dict[str, str]]:
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    found = []
    if not os.access(there, os.W_OK):
        found.append(_finding("disk", f"{there} cannot be written to.", "Mend its permissions."))
    if (free := shutil.disk_usage(there).free) < _ENOUGH_BYTES:
        found.append(_finding("disk", f"Only {free >> 20:,} MiB are free under {there}.", "Make room."))
    if home.is_dir() and home.stat().st_mode & 0o077:
        found.append(_finding("disk", f"Others can read {home}.", f"Run `chmod 700 {home}`."))
    return found


def _use_case_findings(use_case: UseCase) -> list[dict[str, str]]:
    if not use_case.root.is_dir():
        return []
    found = []
    running = lock.is_held(use_case.root / "lock")
    live = registry.live(use_case.models_folder)
    if live and (damage := live.damage()):
        found.append(_finding(use_case.name, damage, f"Run `rollback {use_case.name}`, or `run`."))
    stages = list(use_case.models_folder.glob(".stage-*"))
    if stages and not running:
        found.append(
            _finding(use_case.name, "A version was never wholly published.", "The next `run` removes it.")
        )
    with opened(use_case, make=False) as ledger:
        for alert in ledger.open_alerts():
            problem = f"{alert['kind']} since {alert['at']}: {alert['message']}"
            found.append(_finding(use_case.name, problem, f"See `status {use_case.name}`."))
    return found


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
