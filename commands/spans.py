"""The command `spans`: each span's state and why, and a person's judgement of one."""

import argparse
from typing import Any

from commands.answer import Answer
from perennial import clock
from perennial.errors import UsageError
from perennial.store.ledger import Ledger, SpanVersion
from perennial.text import wrapped
from pipeline import config, spans
from pipeline.config import UseCase
from pipeline.ledgers import opened


def arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's own arguments."""
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("decision", choices=("accept", "reject"), nargs="?")
    parser.add_argument("span", metavar="SPAN", nargs="?")
    parser.add_argument("--why", default="", help="the reason of a judgement")


def command(options: argparse.Namespace) -> Answer:
    """Tells the spans' states, or writes a judgement down."""
    use_case = config.load(options.name)
    if options.decision:
        if not options.span:
            raise UsageError(f"`{options.decision}` needs the span's name.", "Say which: see `spans`.")
        state = decide(use_case, options.decision, options.span, options.why)
        return Answer(state, spans_block([state]))
    with opened(use_case, make=False) as ledger:
        states = span_states(use_case, ledger)
    return Answer({"use_case": use_case.name, "spans": states}, spans_block(states))


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


def spans_block(states: list[dict[str, Any]]) -> str:
    """The states of spans, for a person."""
    if not states:
        return "No export has come."
    lines = []
    for state in states:
        rows = f"{state['rows']:>10,} rows" if state["rows"] is not None else " " * 15
        used = "in use" if state["in_use"] else ""
        if state["in_use"] and state["in_use"] != state["version"]:
            used = f"version {state['in_use']} in use"
        said = state.get("decision")
        if state["state"] in ("ODD", "WAITING"):
            lines.append(f"  {state['span']:<14}{state['state']:<9}{' '.join(state['reasons'])}")
            continue
        lines.append(f"  {state['span']:<14}{state['state']:<9}{rows}  {used}".rstrip())
        if said:
            lines.append(wrapped(f"{said['decision']}ed: {said['why']}", " " * 23))
        lines += [wrapped(reason, " " * 23) for reason in state["reasons"]]
    return "\n".join(lines)
