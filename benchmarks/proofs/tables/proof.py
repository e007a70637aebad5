"""Takes public tables through `new`, `run` and `predict` without an edit, and reports on each.

A table that was tried with this very code is not tried again; its result is in `HOME/results`. With
--keep one that was tried with other code is not, either, and the page says so.
"""

import argparse
import re
import sys
from typing import Any

from benchmarks.harness.page import Outcome, commit_of
from benchmarks.harness.program import NotReady, add_fresh, add_home
from benchmarks.harness.resume import Done
from benchmarks.harness.tree import digest_of_code
from benchmarks.proofs.tables.page import failures, page
from benchmarks.proofs.tables.sources import TABLES, add_packages
from benchmarks.proofs.tables.trial import tried
from pipeline.config import REPOSITORY


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which tables, and what counts as known."""
    add_home(parser, "proof-tables", "folder for copies, files and results")
    add_fresh(parser)
    add_packages(parser)
    parser.add_argument(
        "--only", default="", help="run only tables whose name matches this regular expression"
    )
    parser.add_argument("--keep", action="store_true", help="keep results of other code")


def run(options: argparse.Namespace) -> Outcome:
    """Tries the tables without a result; good where each ends in a model or in NO_MODEL.

    Raises:
        NotReady: The packages with tables are not installed.
    """
    if not options.packages.is_dir():
        raise NotReady(f"{options.packages} is missing. Run `make proof-tables`, which installs it.")
    done = Done(options.home, digest_of_code(REPOSITORY, options.about))
    trials: list[dict[str, Any]] = []
    wrong = False
    for table in TABLES:
        known = done.get(table.name, any_code=True)
        current = known and not options.fresh and (options.keep or done.get(table.name))
        if re.search(options.only, table.name) and not current:
            trial = tried(table, options.packages.resolve(), options.home / table.name)
            known = done.add(table.name, {"commit": commit_of(REPOSITORY, options.about), **trial})
            lines = failures(table, known) or [known["summary"].get("verdict", "")]
            print(table.name, *lines, sep="\n  ", file=sys.stderr, flush=True)
        if known:
            trials.append(known)
            wrong = wrong or bool(failures(table, known))
    whole = len(trials) == len(TABLES)
    return Outcome(page(TABLES, trials), good=not wrong, whole=whole)
