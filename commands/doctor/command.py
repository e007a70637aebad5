"""The command `doctor`: what is out of order, and what to do; with --migrate it converts ledgers first."""

import argparse

from commands.command_output import CommandOutput


def arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's own arguments."""
    parser.add_argument(
        "--migrate",
        action="store_true",
        help="convert ledgers of an older release; a copy of each is kept beside it",
    )


def command(options: argparse.Namespace) -> CommandOutput:
    """Looks at everything; exits with 1 where something is out of order."""
    from commands.doctor.doctor import doctor, doctor_block
    from commands.doctor.migrate import migrate_all

    examination = doctor(migrate_all() if options.migrate else [])
    return CommandOutput(examination, doctor_block(examination), 0 if not examination["findings"] else 1)
