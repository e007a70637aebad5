"""A person's judgement of a span."""

from typing import Any

from commands.span_states import span_states
from perennial.errors import UsageError
from pipeline.config import UseCase
from pipeline.ledgers import opened


def decide(use_case: UseCase, decision: Any, span: str, why: str) -> dict[str, Any]:
    """Writes down a person's judgement of a span, and gives the span's state after it.

    Raises:
        UsageError: There is no reason, or no such span that could be judged.
    """
    if not why.strip():
        raise UsageError(f"`{decision}` needs a reason.", "Add --why REASON.")
    with opened(use_case) as ledger:
        ledger.spans.decide(span, decision, why)
        return next(state for state in span_states(use_case, ledger) if state["span"] == span)
