"""The command `check`: how an export would be judged, and how that reads."""

import argparse
from pathlib import Path
from typing import Any, Final

from commands.command_output import CommandOutput
from perennial.text import wrapped

_EXIT_CODES: Final = {"OK": 0, "WARN": 0, "BLOCK": 3, "REFUSED": 3}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's own arguments."""
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("path", metavar="PATH", type=Path, help="an export's folder, or one file")
    parser.add_argument(
        "--environment",
        choices=("TRAINING", "SERVING"),
        help="of the schema; default: SERVING for what lies in the use case's request log, else TRAINING",
    )


def command(options: argparse.Namespace) -> CommandOutput:
    """Judges the export; changes nothing."""
    from pipeline import config
    from pipeline.ledgers import opened

    use_case = config.load(options.name)
    config.quieten()
    from commands.check.check import check

    with opened(use_case, make=False) as ledger:
        found = check(use_case, ledger, options.path.absolute(), options.environment)
    return CommandOutput(found, check_block(found), _EXIT_CODES[found["verdict"]])


def check_block(found: dict[str, Any]) -> str:
    """What `check` found, for a person."""
    served = ", as rows of requests" if found["environment"] == "SERVING" else ""
    lines = [f"{found['verdict']}  {found['rows']:,} rows, {found['quarantined']:,} in quarantine{served}"]
    lines += [wrapped(reason) for reason in found["reasons"]]
    for row in found["quarantine"][:10]:
        where = f"{row['file']}, line {row['line']}, {row['column'] or 'row'}"
        lines.append(wrapped(f"{where}: {row['reason']}"))
    lines += [wrapped(f"Not checked: {sentence}") for sentence in found["not_checked"]]
    if found.get("ignored_columns"):
        lines.append(wrapped(f"Ignored columns: {', '.join(found['ignored_columns'])}"))
    return "\n".join(lines)
