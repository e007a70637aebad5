"""The command `run`: one run of a use case, shown while it goes, and its verdict."""

import argparse

from commands.command_output import CommandOutput
from perennial.errors import UsageError
from pipeline.triggers import TRIGGERS


def arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's own arguments."""
    parser.add_argument("name", metavar="NAME", help="the use case")
    parser.add_argument(
        "--accept-fewer-rows",
        action="store_true",
        help="train, even on many fewer rows than the live model was trained on (window.max_shrink)",
    )
    parser.add_argument(
        "--trigger",
        choices=TRIGGERS,
        default="manual",
        help="what starts the run, for the ledger; `schedule` sets it",
    )
    parser.add_argument(
        "--through", metavar="SPAN", default="", help="read and train on the spans up to this one only"
    )
    parser.add_argument("--why", default="", help="the reason; required with --accept-fewer-rows")


def command(options: argparse.Namespace) -> CommandOutput:
    """Runs the use case; gives its summary."""
    from commands.evolve.writing import refuse_half
    from commands.run.display import display
    from pipeline import config
    from pipeline.run.runner import run
    from pipeline.run.scope import SpanScope
    from pipeline.run.verdict_block import verdict_block

    if options.accept_fewer_rows != bool(options.why.strip()):
        raise UsageError("--accept-fewer-rows and --why go together.", "Give both or none of them.")
    refuse_half(config.REPOSITORY, options.name)
    scope = SpanScope(options.through)
    summary = run(options.name, display(), options.why.strip(), options.trigger, scope)
    return CommandOutput(summary.as_json(), verdict_block(summary), summary.exit_code)
