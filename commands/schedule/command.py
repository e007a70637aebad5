"""The command `schedule`: prints the definition of a use case's runs for another scheduler."""

import argparse

from commands.command_output import CommandOutput
from commands.schedule.printing.kinds import KINDS


def arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's own arguments."""
    parser.add_argument("name", metavar="NAME", help="the use case")
    parser.add_argument(
        "--print",
        dest="kind",
        choices=KINDS,
        required=True,
        help="print the definition for another scheduler; nothing is started",
    )


def command(options: argparse.Namespace) -> CommandOutput:
    """Prints the definition."""
    from commands.schedule.printing.definition import definition
    from commands.schedule.printing.surroundings import here
    from pipeline import config

    text = definition(options.kind, config.load(options.name), here())
    content = {"use_case": options.name, "kind": options.kind, "definition": text}
    return CommandOutput(content, text.rstrip("\n"))
