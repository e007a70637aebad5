"""The command `approve`: the candidate that waits becomes live, by a person's decision."""

import argparse

from commands.command_output import CommandOutput
from perennial.text import wrapped


def arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's own arguments."""
    parser.add_argument("name", metavar="NAME", help="the use case")
    parser.add_argument("--why", default="", help="the reason, which its model card keeps")


def command(options: argparse.Namespace) -> CommandOutput:
    """Publishes the candidate that waits."""
    from commands.approve.approve import approve, approved_text
    from pipeline import config

    content = approve(config.load(options.name), options.why)
    return CommandOutput(content, wrapped(approved_text(content), ""))
