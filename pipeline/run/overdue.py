"""How fresh a use case's data is, and what became of its last run, from its ledger."""

import re
from dataclasses import replace
from datetime import datetime

from perennial import clock
from perennial.store.ledger import Ledger
from perennial.store.span_version import SpanVersion
from pipeline import span_names
from pipeline.config import UseCase
from pipeline.freshness import Freshness, NewestSpan, freshness
from pipeline.run import lock
from pipeline.run.in_use import in_use_before


def freshness_of(use_case: UseCase, ledger: Ledger, now: datetime) -> Freshness | None:
    """How fresh the data of a use case is; None where its config expects nothing (no `schedule.expect`)."""
    expect, kind = use_case.schedule.expect, use_case.exports.span
    if expect is None:
        return None
    newest = newest_span(ledger, kind)
    known = freshness(expect, kind, use_case.exports.zone, newest, now)
    if known.state == "fresh" or not (waiting := _not_accepted(ledger, kind, newest)):
        return known
    if len(waiting) == 1:
        what = f"Span {waiting[0].span} arrived, but is not accepted ({_state(waiting[0])})"
    else:
        what = f"{len(waiting)} spans arrived, but are not accepted"
    return replace(known, message=f"{known.message} {what}: see `spans {use_case.name}`.")


def newest_span(ledger: Ledger, kind: span_names.SpanKind) -> NewestSpan | None:
    """The accepted span in use that is the newest by its own date, of numbers by its arrival; None: none is.

    Spans that were named by another kind, before the config changed, do not count.
    """
    versions = (
        version
        for version in in_use_before(ledger, kind, None)
        if re.fullmatch(span_names.PATTERNS[kind], version.span)
    )
    if kind == "number":
        # Of two that arrived in the same second the one with the higher number.
        version = max(versions, key=lambda each: (each.arrived, int(each.span)), default=None)
    else:
        version = next(versions, None)
    return NewestSpan(version.span, clock.moment(version.arrived)) if version else None


def _state(version: SpanVersion) -> str:
    return "rejected" if version.rejected else version.state


def _not_accepted(ledger: Ledger, kind: span_names.SpanKind, newest: NewestSpan | None) -> list[SpanVersion]:
    """What arrived of the spans after the newest accepted one and is not in use; oldest span first."""
    names = sorted(ledger.spans.names(), key=lambda span: span_names.order(span, kind))
    if newest is not None and kind != "number":
        after = span_names.order(newest.span, kind)
        names = [name for name in names if span_names.order(name, kind) > after]
    since = clock.stamp(newest.arrived) if newest and kind == "number" else ""
    arrivals = (ledger.spans.current(name) for name in names)
    return [last for last in arrivals if last and last.arrived >= since and not last.accepted]


def run_problem(use_case: UseCase, ledger: Ledger) -> str | None:
    """Says that the last run FAILED, or was killed; None if neither, or while it goes on."""
    if unfinished := ledger.runs.interrupted():
        run_id = unfinished[-1][0]
        try:
            if lock.is_held(use_case.root / "lock"):
                return None
        except PermissionError:
            return f"Run {run_id} has not ended; this user cannot see whether it goes on."
        return f"Run {run_id} was killed; run `run {use_case.name}`, which cleans up after it."
    last = next(iter(ledger.runs.last(1)), None)
    if last is None or last["verdict"] != "FAILED":
        return None
    return f"The last run FAILED at {last['ended']}: {last['reason']}"
