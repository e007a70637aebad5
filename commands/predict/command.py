"""The command `predict`: scores a CSV or Parquet file with a published version."""

import argparse
from pathlib import Path

from commands.command_output import CommandOutput


def arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's own arguments."""
    parser.add_argument("name", metavar="NAME", help="the use case")
    parser.add_argument("source", metavar="IN", type=Path, help="a file, or a folder of files")
    parser.add_argument(
        "out", metavar="OUT", type=Path, help="IN with predictions, in the same format (CSV or Parquet)"
    )
    parser.add_argument("--version", metavar="N", type=int, help="default: the live version")
    parser.add_argument("--force", action="store_true", help="replace OUT if it exists")


def command(options: argparse.Namespace) -> CommandOutput:
    """Scores the table; exits with 3 where rows were refused."""
    from commands.predict.predict import SOME_REFUSED, predict, summary_text
    from pipeline import config

    use_case = config.load(options.name)
    summary = predict(use_case, options.source, options.out, options.version, options.force)
    return CommandOutput(summary, summary_text(summary), SOME_REFUSED if summary["refused"] else 0)
