"""The command `doctor`: what is out of order, and what to do; it changes nothing."""

import argparse

from commands.command_output import CommandOutput


def arguments(parser: argparse.ArgumentParser) -> None:
    """Has none of its own."""


def command(_options: argparse.Namespace) -> CommandOutput:
    """Looks at everything; exits with 1 where something is out of order."""
    from commands.doctor.doctor import doctor, doctor_block

    examination = doctor()
    return CommandOutput(examination, doctor_block(examination), 0 if not examination["findings"] else 1)
