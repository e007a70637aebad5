"""A person's judgement of a span."""

from typing import Any

from commands.span_states import span_states
from perennial.errors import UsageError
from perennial.store import registry
from pipeline.config import UseCase
from pipeline.ledgers import opened
from pipeline.run.live_rows import retrain, stale_sentence
from pipeline.run.warnings import refresh_alerts


def decide(use_case: UseCase, decision: Any, span: str, why: str) -> dict[str, Any]:
    """Writes down a person's judgement of a span and sets the alerts that follow; gives the state after it.

    Returns:
        The state, as `span_states` gives it, and `live_stale`: that the live version was trained on rejected
        spans, or None.

    Raises:
        UsageError: There is no reason, or no such span that could be judged.
    """
    if not why.strip():
        raise UsageError(f"`{decision}` needs a reason.", "Add --why REASON.")
    with opened(use_case) as ledger:
        ledger.spans.decide(span, decision, why)
        refresh_alerts(use_case, ledger)
        state = next(state for state in span_states(use_case, ledger) if state["span"] == span)
        stale = stale_sentence(registry.live(use_case.models_folder), ledger)
    return {**state, "live_stale": f"{stale} {retrain(use_case.name)}" if stale else None}
