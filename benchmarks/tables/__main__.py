"""Takes public tables through `new`, `run` and `predict` without an edit, and writes what came of each.

Usage: python -m benchmarks.tables --packages DIR --folder DIR [--only TEXT] [--fresh] [--keep] [--out FILE]

A table that was tried with this very code is not tried again; what came of it is in `FOLDER/NAME.json`. With
--keep one that was tried with other code is not, either, and the page says so.
"""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.code import code_digest
from benchmarks.tables.page import failures, page
from benchmarks.tables.sources import TABLES
from benchmarks.tables.trial import tried
from pipeline.config import REPOSITORY


def main() -> int:
    """Tries those that are not known yet and writes the page; 0 if each came to a sensible end."""
    options = _options()
    folder: Path = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    code = code_digest()
    found: list[dict[str, Any]] = []
    for table in TABLES:
        file = folder / f"{table.name}.json"
        known = json.loads(file.read_text()) if file.is_file() else {}
        current = bool(known) and (options.keep or known["code"] == code) and not options.fresh
        if re.search(options.only, table.name) and not current:
            known = {
                "code": code,
                "commit": _commit(),
                **tried(table, options.packages.resolve(), folder / table.name),
            }
            file.write_text(json.dumps(known, indent=1))
            told = failures(table, known) or [known["summary"].get("verdict", "")]
            print(table.name, *told, sep="\n  ", file=sys.stderr, flush=True)
        if known:
            found.append(known)
    (options.out.write_text if options.out else print)(page(TABLES, found))
    wrong = [
        trial["name"]
        for trial in found
        for table in TABLES
        if table.name == trial["name"]
        if failures(table, trial)
    ]
    return 1 if wrong or len(found) < len(TABLES) else 0


def _commit() -> str:
    told = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=REPOSITORY, capture_output=True, text=True
    )
    return told.stdout.strip()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--packages", type=Path, required=True, help="where the packages with tables lie")
    parser.add_argument("--folder", type=Path, required=True, help="for copies, files and results")
    parser.add_argument("--only", default="", help="only tables whose name holds this regular expression")
    parser.add_argument("--fresh", action="store_true", help="try again what is known")
    parser.add_argument("--keep", action="store_true", help="what was tried with other code is known, too")
    parser.add_argument("--out", type=Path, help="write the page here, not to standard output")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
