"""The command `spans`: each span's state and why, and a person's judgement of one."""

import argparse

from commands.command_output import CommandOutput
from perennial.errors import UsageError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's own arguments."""
    parser.add_argument("name", metavar="NAME", help="the use case")
    parser.add_argument("decision", choices=("accept", "reject"), nargs="?", help="default: list the spans")
    parser.add_argument("span", metavar="SPAN", nargs="?", help="the span to accept or reject")
    parser.add_argument("--why", default="", help="the reason; required to accept or reject")


def command(options: argparse.Namespace) -> CommandOutput:
    """Lists the spans' states, or writes a decision down."""
    from commands.span_states import span_states, spans_block
    from commands.spans.decide import decide
    from perennial.text import wrapped
    from pipeline import config
    from pipeline.ledgers import opened

    use_case = config.load(options.name)
    if options.decision:
        if not options.span:
            raise UsageError(
                f"`{options.decision}` needs the span's name.",
                f"Run `spans {options.name}` to list the spans.",
            )
        state = decide(use_case, options.decision, options.span, options.why)
        further = [wrapped(state[key]) for key in ("live_stale", "candidate_void") if state[key]]
        return CommandOutput(state, "\n".join([spans_block([state]), *further]))
    with opened(use_case, make=False) as ledger:
        states = span_states(use_case, ledger)
    return CommandOutput({"use_case": use_case.name, "spans": states}, spans_block(states))
