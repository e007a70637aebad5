"""Each span's state, as `spans` and `status` answer it."""

from typing import Any

from perennial.store.ledger import Ledger
from perennial.store.span_version import SpanVersion
from perennial.text import wrapped
from pipeline import export_folders, span_names
from pipeline.config import UseCase
from pipeline.run.in_use import is_lost, lost_for_good, newest_in_use
from pipeline.summary import LaterFinding, later_sentence


def span_states(use_case: UseCase, ledger: Ledger) -> list[dict[str, Any]]:
    """Every span: what lies on disk, what the gate and a person decided, what is in use. Oldest first."""
    kind = use_case.exports.span
    exports = {export.span: export for export in export_folders.exports_of(use_case)}
    known = sorted(ledger.spans.names(), key=lambda span: span_names.order(span, kind))
    names = known + [name for name in exports if name not in known]
    lost = lost_for_good(ledger, use_case, list(exports.values()))
    window = {
        version.span: version
        for version in newest_in_use(ledger, use_case, lambda version: version.span not in lost)
    }
    readable = [name for name, export in exports.items() if export.state in ("complete", "refused")]
    newest = set(readable[-use_case.window.spans :])
    states = []
    for name in names:
        state = _span_state(name, exports.get(name), ledger, window.get(name))
        unread = state["state"] == "NEW" and name in readable and name not in newest
        used = ledger.spans.in_use(name)
        if name in lost:
            state["reasons"].append(lost[name])
        elif used and is_lost(used):
            state["reasons"].append("What was read of it is lost: the next run reads its export again.")
        if unread or (name not in window and name not in lost and used):
            limit = f"`window.spans` is {use_case.window.spans}"
            state["reasons"].append(f"It is older than the spans of the window ({limit}).")
        states.append(state)
    return states


def _span_state(
    name: str, export: export_folders.ExportFolder | None, ledger: Ledger, used: SpanVersion | None
) -> dict[str, Any]:
    current = ledger.spans.current(name)
    state: dict[str, Any] = {
        "span": name,
        "state": _state(export, current),
        "version": current.version if current else None,
        "in_use": used.version if used else None,
        "rows": current.rows if current else None,
        "quarantined": current.quarantined if current else None,
        "reasons": list(current.reasons_of_state) if current else [],
        "later": None,
    }
    if export is not None and export.reason:
        state["reasons"] = [export.reason]
    if current is not None and current.later_verdict:
        state["later"] = {"verdict": current.later_verdict, "reasons": list(current.later_reasons)}
    if current is not None and current.decision:
        state["decision"] = {"decision": current.decision, "why": current.why}
    return state


def _state(export: export_folders.ExportFolder | None, current: SpanVersion | None) -> str:
    if export is not None and export.state in ("waiting", "odd"):
        return export.state.upper()
    if current is not None and current.waits_for_labels:
        return "WAITING"
    return current.state if current is not None else "NEW"


def spans_block(states: list[dict[str, Any]]) -> str:
    """The states of spans, for a person."""
    if not states:
        return "No exports yet."
    lines = []
    for state in states:
        rows = f"{state['rows']:>10,} rows" if state["rows"] is not None else " " * 15
        in_use = "in use" if state["in_use"] else ""
        if state["in_use"] and state["in_use"] != state["version"]:
            in_use = f"version {state['in_use']} in use"
        decision = state.get("decision")
        if state["state"] in ("ODD", "WAITING"):
            lines.append(f"  {state['span']:<14}{state['state']:<9}{' '.join(state['reasons'])}")
            continue
        lines.append(f"  {state['span']:<14}{state['state']:<9}{rows}  {in_use}".rstrip())
        if decision:
            lines.append(wrapped(f"{decision['decision']}ed: {decision['why']}", " " * 23))
        lines += [wrapped(reason, " " * 23) for reason in state["reasons"]]
        if later := state["later"]:
            lines.append(wrapped(later_sentence(LaterFinding(**later)), " " * 23))
    return "\n".join(lines)
