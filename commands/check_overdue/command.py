"""The command `check-overdue`: 0 fresh, 1 warn, 2 overdue, 3 cannot answer; it needs no daemon."""

import argparse

from commands.command_output import CommandOutput


def arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's own arguments."""
    parser.add_argument(
        "name", metavar="NAME", nargs="?", help="the use case; default: all with `schedule.expect`"
    )


def command(options: argparse.Namespace) -> CommandOutput:
    """Checks one use case, or each that expects exports."""
    from commands.check_overdue.check import check, check_all

    return check(options.name) if options.name else check_all()
