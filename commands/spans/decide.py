"""A person's judgement of a span."""

from typing import Any

from commands.span_states import span_states
from perennial.errors import UsageError
from perennial.files import shown
from perennial.store import registry
from perennial.store.ledger import Ledger
from pipeline.config import UseCase
from pipeline.export_folders import exports_of
from pipeline.ledgers import opened
from pipeline.run.gaps import missing_spans
from pipeline.run.stale_live import stale_message
from pipeline.run.warnings import refresh_alerts


def decide(use_case: UseCase, decision: Any, span: str, why: str) -> dict[str, Any]:
    """Writes down a person's judgement of a span and sets the alerts that follow; gives the state after it.

    Returns:
        The state, as `span_states` gives it; `live_stale`: that the live version was trained on rejected
        spans and what to do, or None; and `candidate_void`: that a candidate which waited was trained on
        rejected spans and cannot be pushed, or None.

    Raises:
        UsageError: There is no reason, or no such span that could be judged.
        ExportsUnreadable: The exports folder cannot be listed.
    """
    if not why.strip():
        raise UsageError(f"`{decision}` needs a reason.", "Add --why REASON.")
    with opened(use_case) as ledger:
        if ledger.spans.current(span) is None:
            _decide_absent(use_case, ledger, decision, span, why)
        else:
            ledger.spans.decide(span, decision, why)
        void = refresh_alerts(use_case, ledger)
        state = next(state for state in span_states(use_case, ledger) if state["span"] == span)
        stale = stale_message(registry.live(use_case.models_folder), ledger, use_case)
    return {**state, "live_stale": stale or None, "candidate_void": void or None}


def _decide_absent(use_case: UseCase, ledger: Ledger, decision: Any, span: str, why: str) -> None:
    """Writes down that a span which is missing between others never comes, or that it is awaited again.

    Raises:
        UsageError: It is not missing between others, or is accepted without having been rejected.
    """
    missing = missing_spans(use_case, ledger, exports_of(use_case))
    absent = next((each for each in missing if each.span == span), None)
    if absent is None:
        raise UsageError(
            f"No complete export of span {shown(span)} has arrived, and it is not missing between two that"
            " have.",
            f"Run `spans {use_case.name}` to list the spans.",
        )
    if decision == "accept" and not absent.never:
        raise UsageError(
            f"Span {span} is missing: there is nothing to accept.",
            f"Export it, or run `spans {use_case.name} reject {span} --why ...` if it never comes.",
        )
    ledger.spans.decide_absent(span, decision, why)
