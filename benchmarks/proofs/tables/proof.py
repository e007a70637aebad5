"""Takes public tables through `new`, `run` and `predict` without an edit, and writes what came of each.

A table that was tried with this very code is not tried again; its result is in `HOME/results`. With
--keep one that was tried with other code is not, either, and the page says so.
"""

import argparse
import re
import sys
from pathlib import Path
from typing import Any

from benchmarks.harness.page import Outcome, commit_of
from benchmarks.harness.program import WORK, add_fresh, add_home
from benchmarks.harness.resume import Done
from benchmarks.harness.tree import CODE, digest_of_code
from benchmarks.proofs.tables.page import failures, page
from benchmarks.proofs.tables.sources import TABLES
from benchmarks.proofs.tables.trial import tried
from pipeline.config import REPOSITORY


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which tables, and what counts as known."""
    add_home(parser, "proof-tables", "for copies, files and results")
    add_fresh(parser)
    parser.add_argument(
        "--packages",
        type=Path,
        default=WORK / "proof-tables" / "packages" / "lib" / "python3.10" / "site-packages",
        help="where the packages with tables are",
    )
    parser.add_argument("--only", default="", help="only tables whose name holds this regular expression")
    parser.add_argument("--keep", action="store_true", help="what was tried with other code is known, too")


def run(options: argparse.Namespace) -> Outcome:
    """Tries those that are not known yet; good where each came to a sensible end."""
    done = Done(options.home, digest_of_code(REPOSITORY, (*CODE, "benchmarks/proofs/tables")))
    found: list[dict[str, Any]] = []
    wrong = False
    for table in TABLES:
        known = done.get(table.name, any_code=True)
        current = known and not options.fresh and (options.keep or done.get(table.name))
        if re.search(options.only, table.name) and not current:
            trial = tried(table, options.packages.resolve(), options.home / table.name)
            known = done.add(table.name, {"commit": commit_of(REPOSITORY, CODE), **trial})
            lines = failures(table, known) or [known["summary"].get("verdict", "")]
            print(table.name, *lines, sep="\n  ", file=sys.stderr, flush=True)
        if known:
            found.append(known)
            wrong = wrong or bool(failures(table, known))
    whole = len(found) == len(TABLES)
    return Outcome(page(TABLES, found), good=whole and not wrong, whole=whole)
