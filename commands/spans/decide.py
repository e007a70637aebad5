"""A person's judgement of a span."""

from typing import Any

from commands.span_states import span_states
from perennial.errors import UsageError
from perennial.store import registry
from pipeline.config import UseCase
from pipeline.ledgers import opened
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
    """
    if not why.strip():
        raise UsageError(f"`{decision}` needs a reason.", "Add --why REASON.")
    with opened(use_case) as ledger:
        ledger.spans.decide(span, decision, why)
        void = refresh_alerts(use_case, ledger)
        state = next(state for state in span_states(use_case, ledger) if state["span"] == span)
        stale = stale_message(registry.live(use_case.models_folder), ledger, use_case)
    return {**state, "live_stale": stale or None, "candidate_void": void or None}
