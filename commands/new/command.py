"""The command `new`: a use case from a user's own table."""

import argparse
from pathlib import Path

from commands.command_output import CommandOutput


def arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's own arguments."""
    parser.add_argument("name", metavar="NAME", help="lower-case letters, digits and underscores")
    parser.add_argument(
        "--from",
        dest="path",
        metavar="PATH",
        type=Path,
        required=True,
        help="a CSV or Parquet file, or a folder of them",
    )
    parser.add_argument("--label", metavar="COLUMN", required=True, help="the column to predict")
    parser.add_argument("--time", metavar="COLUMN", help="the column with the time of each row")
    parser.add_argument(
        "--task",
        choices=("binary", "multiclass", "regression"),
        help="default: inferred from the label's values",
    )
    parser.add_argument(
        "--replace",
        action="store_true",
        help="replace a use case with another label, task or time column; never one with a live model",
    )


def command(options: argparse.Namespace) -> CommandOutput:
    """Makes the use case; answers with what was decided."""
    from pipeline import config

    config.quieten()
    from commands.new.new import new
    from commands.new.summary import block

    summary = new(
        options.name,
        options.path.resolve(),
        options.label,
        options.time,
        options.task,
        replace=options.replace,
    )
    return CommandOutput(summary.as_json(), block(summary))
