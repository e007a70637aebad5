"""The command `land`: hands in the next file of a use case."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from commands.command_output import CommandOutput


def arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's own arguments."""
    parser.add_argument("name", metavar="NAME", help="the use case")
    parser.add_argument("path", metavar="PATH", type=Path, help="a CSV or Parquet file, or a folder of them")
    parser.add_argument(
        "--span",
        metavar="SPAN",
        help="the span of all rows; default: by the time column, or the next number",
    )
    parser.add_argument("--replace", action="store_true", help="replace a span that has other content")


def command(options: argparse.Namespace) -> CommandOutput:
    """Lands the file; answers with the spans that it holds."""
    from pipeline import config

    use_case = config.load(options.name)
    config.quieten()
    from commands.land.land import land

    answer = land(use_case, options.path.absolute(), options.span, replace=options.replace)
    return CommandOutput(answer, land_block(answer))


def land_block(answer: Mapping[str, Any]) -> str:
    """What was landed, for a person."""
    lines = [f"{answer['use_case']}: spans in {answer['exports']}"]
    for span in answer["spans"]:
        counts = f"{span['rows']:>10,} rows, {span['quarantined']:,} in quarantine"
        counts += f", {span['unlabelled']:,} without a label" if span["unlabelled"] else ""
        lines.append(f"  {span['span']:<14}{span['state']:<16}{counts}")
    return "\n".join([*lines, *answer["notes"], "", f"Next: {answer['next']}"])
