"""The command `calibrate`: thresholds of drift from the accepted past, at a stated rate of false alarms."""

import argparse

from commands.command_output import CommandOutput


def arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's own arguments."""
    parser.add_argument("name", metavar="NAME", help="the use case")
    parser.add_argument(
        "--false-alarms",
        metavar="RATE",
        help='how often a false alarm may come, such as "1 per quarter"; stays set; default: as set before',
    )
    parser.add_argument(
        "--write-schema",
        action="store_true",
        help="also set the thresholds of the schema's drift comparators, by the accepted past",
    )


def command(options: argparse.Namespace) -> CommandOutput:
    """Calibrates."""
    from commands.calibrate.calibrate import calibrate_use_case
    from commands.calibrate.text import calibrate_block
    from pipeline import config

    config.quieten()
    use_case = config.load(options.name)
    content = calibrate_use_case(use_case, options.false_alarms, write_schema=options.write_schema)
    return CommandOutput(content, calibrate_block(content))
