"""Each span's state, as `spans` and `status` answer it."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from commands.span_history import SpanHistories
from perennial.store.ledger import Ledger
from perennial.store.span_version import SpanVersion, in_use_of
from perennial.text import hanging, wrapped
from pipeline import export_folders, span_names
from pipeline.config import UseCase
from pipeline.run.gaps import MissingSpan, held_back, missing_spans
from pipeline.run.in_use import is_lost, lost_for_good, newest_in_use
from pipeline.summary import LaterFinding, later_sentence


def span_states(use_case: UseCase, ledger: Ledger) -> list[dict[str, Any]]:
    """Every span: what lies on disk, what the gate and a person decided, what is in use. Oldest first.

    A span that is missing between others has the state MISSING, with why and since when it is expected.

    Raises:
        ExportsUnreadable: The exports folder cannot be listed.
    """
    listed = export_folders.exports_of(use_case)
    missing = missing_spans(use_case, ledger, listed)
    disk = _OnDisk({each.span: each for each in listed}, {each.span: each for each in missing})
    held = held_back(use_case, ledger, missing, listed)
    use = _Use(use_case, ledger, listed)
    versions = ledger.spans.versions()
    histories = SpanHistories(use_case, versions)
    states = []
    for name in _in_order(use_case, {*versions, *disk.missing}, listed):
        arrivals = versions.get(name, ())
        used = in_use_of(arrivals)
        state = _span_state(name, disk, arrivals[-1] if arrivals else None, use.window.get(name))
        if name in held.spans and state["state"] == "NEW":
            state["state"] = "WAITING"
            state["reasons"].append(f"Span {held.missing} is missing before it (`exports.gap: wait`).")
        is_deleted = name not in disk.exports and name not in use.lost
        state["reasons"] += histories.sentences(name, used, is_deleted=is_deleted)
        state["reasons"] += use.reasons(name, state, used)
        states.append(state)
    return states


def _in_order(use_case: UseCase, known: set[str], listed: Sequence[export_folders.ExportFolder]) -> list[str]:
    """The names of all spans, oldest first; then folders that are no spans."""
    odd = [each.span for each in listed if each.state == "odd" and each.span not in known]
    names = known | {each.span for each in listed if each.state != "odd"}
    return [*sorted(names, key=lambda span: span_names.order(span, use_case.exports.span)), *odd]


class _OnDisk(NamedTuple):
    """What lies in the exports folder, by name, and what is missing there."""

    exports: Mapping[str, export_folders.ExportFolder]
    missing: Mapping[str, MissingSpan]


class _Use:
    """Which spans are in use, and what is said of those that are not.

    Attributes:
        window: The versions in the window, by span.
        lost: Spans that cannot be used, as what was read and the export are gone; each with a sentence.
    """

    def __init__(
        self, use_case: UseCase, ledger: Ledger, listed: Sequence[export_folders.ExportFolder]
    ) -> None:
        self._use_case = use_case
        self.lost = lost_for_good(ledger, use_case, list(listed))
        in_window = newest_in_use(ledger, use_case, lambda version: version.span not in self.lost)
        self.window = {version.span: version for version in in_window}
        readable = [export.span for export in listed if export.is_readable]
        self._unread = set(readable) - set(use_case.window_bounds.newest(readable))

    def reasons(self, name: str, state: Mapping[str, Any], used: SpanVersion | None) -> Iterator[str]:
        """Why a span is not in use, or what the next run does about it; `used`: its version that may be."""
        if name in self.lost:
            yield self.lost[name]
        elif used and is_lost(used):
            yield "What was read of it is lost: the next run reads its export again."
        unread = state["state"] == "NEW" and name in self._unread
        if unread or (name not in self.window and name not in self.lost and used):
            limit = self._use_case.window_bounds.why_without(name)
            yield f"It is older than the spans of the window ({limit})."


def _span_state(
    name: str, disk: _OnDisk, current: SpanVersion | None, used: SpanVersion | None
) -> dict[str, Any]:
    export, missing = disk.exports.get(name), disk.missing.get(name)
    state: dict[str, Any] = {
        "span": name,
        "state": "MISSING" if missing and export is None else _state(export, current),
        "version": current.version if current else None,
        "in_use": used.version if used else None,
        "rows": current.rows if current else None,
        "quarantined": current.quarantined if current else None,
        "reasons": list(current.reasons_of_state) if current else [],
        "later": None,
    }
    if export is not None and export.reason:
        state["reasons"] = [export.reason]
    if missing is not None:
        state["reasons"] += missing.sentences
    if current is not None and current.later_verdict:
        state["later"] = {"verdict": current.later_verdict, "reasons": list(current.later_reasons)}
    if current is not None and current.decision:
        state["decision"] = {"decision": current.decision, "why": current.why}
    elif missing is not None and missing.never:
        state["decision"] = {"decision": "reject", "why": missing.never}
    return state


def _state(export: export_folders.ExportFolder | None, current: SpanVersion | None) -> str:
    if export is not None and export.state in ("waiting", "odd"):
        return export.state.upper()
    if current is not None and current.waits_for_labels:
        return "WAITING"
    return current.state if current is not None else "NEW"


def _joined(states: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The states, with one in the place of missing spans that follow each other: hours of each night, say."""
    for is_missing, group in itertools.groupby(states, lambda each: _is_awaited(each)):
        run = [*group]
        if not is_missing or len(run) == 1:
            yield from run
            continue
        first, last = run[0], run[-1]
        what = f"{len(run)} spans, up to {last['span']}, are missing between spans that are there."
        since = [reason.replace("It has", "The first has", 1) for reason in first["reasons"][1:]]
        yield {**first, "reasons": [what, *since]}


def _is_awaited(state: Mapping[str, Any]) -> bool:
    return state["state"] == "MISSING" and not state.get("decision")


def spans_block(states: list[dict[str, Any]]) -> str:
    """The states of spans, for a person."""
    if not states:
        return "No exports yet."
    lines = []
    for state in _joined(states):
        rows = f"{state['rows']:>10,} rows" if state["rows"] is not None else " " * 15
        in_use = "in use" if state["in_use"] else ""
        if state["in_use"] and state["in_use"] != state["version"]:
            in_use = f"version {state['in_use']} in use"
        decision = state.get("decision")
        if state["state"] in ("ODD", "WAITING", "MISSING"):
            why = f" (rejected: {decision['why']})" if decision and state["state"] == "MISSING" else ""
            start = f"  {state['span']:<14}{state['state']:<9}"
            lines.append(hanging(" ".join(state["reasons"]) + why, start, " " * 25))
            continue
        lines.append(f"  {state['span']:<14}{state['state']:<9}{rows}  {in_use}".rstrip())
        if decision:
            lines.append(wrapped(f"{decision['decision']}ed: {decision['why']}", " " * 23))
        lines += [wrapped(reason, " " * 23) for reason in state["reasons"]]
        if later := state["later"]:
            lines.append(wrapped(later_sentence(LaterFinding(**later)), " " * 23))
    return "\n".join(lines)
