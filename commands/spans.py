"""The command `spans`: each span's state and why, and a person's judgement of one."""

import argparse
from typing import Any

from commands.answer import Answer
from commands.span_states import span_states, spans_block
from perennial.errors import UsageError
from pipeline import config
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
