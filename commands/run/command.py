"""The command `run`: one run of a use case, shown while it goes, and its verdict."""

import argparse

from commands.command_output import CommandOutput


def arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's own arguments."""
    parser.add_argument("name", metavar="NAME", help="the use case")


def command(options: argparse.Namespace) -> CommandOutput:
    """Runs the use case; gives its summary."""
    from commands.run.display import display
    from pipeline.run.runner import run
    from pipeline.run.verdict_block import verdict_block

    summary = run(options.name, display())
    return CommandOutput(summary.as_json(), verdict_block(summary), summary.exit_code)
