"""The command `check`: how an export would be judged, and how that reads."""

import argparse
from pathlib import Path
from typing import Any, Final

from commands.command_output import CommandOutput
from perennial.text import wrapped

_EXIT_CODES: Final = {"OK": 0, "WARN": 0, "WAITING": 0, "BLOCK": 3, "REFUSED": 3}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's own arguments."""
    parser.add_argument("name", metavar="NAME", help="the use case")
    parser.add_argument("path", metavar="PATH", type=Path, help="an export's folder, or one file")
    parser.add_argument(
        "--span",
        metavar="SPAN",
        help="the span that it is to be; default: the one that it is in, is named by, or has the rows of",
    )
    parser.add_argument(
        "--environment",
        choices=("TRAINING", "SERVING"),
        help="environment of the schema; default: SERVING inside the use case's request log, else TRAINING",
    )


def command(options: argparse.Namespace) -> CommandOutput:
    """Judges the export; changes nothing."""
    from pipeline import config
    from pipeline.ledgers import opened

    use_case = config.load(options.name)
    config.quieten()
    from commands.check.check import check

    with opened(use_case, make=False) as ledger:
        judgement = check(use_case, ledger, options.path.absolute(), options.environment, options.span)
    return CommandOutput(judgement, check_block(judgement), _EXIT_CODES[judgement["verdict"]])


def check_block(judgement: dict[str, Any]) -> str:
    """What `check` found, for a person."""
    served = ", read as requests" if judgement["environment"] == "SERVING" else ""
    counts = f"{judgement['rows']:,} rows, {judgement['quarantined']:,} in quarantine"
    lines = [f"{judgement['verdict']}  {counts}{served}"]
    lines += [wrapped(sentence) for sentence in (*judgement["notes"], *judgement["reasons"])]
    for row in judgement["quarantine"][:10]:
        where = f"{row['file']}, line {row['line']}, {row['column'] or 'row'}"
        lines.append(wrapped(f"{where}: {row['reason']}"))
    lines += [wrapped(sentence) for sentence in judgement["not_checked"]]
    if judgement.get("ignored_columns"):
        lines.append(wrapped(f"Ignored columns: {', '.join(judgement['ignored_columns'])}"))
    return "\n".join(lines)
