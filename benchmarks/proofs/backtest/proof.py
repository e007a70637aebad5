"""Backtests of flights and of three dated tables from packages, as a user runs them.

It takes hours: `--minutes` ends a part, and the next start goes on, as each training leaves its result.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.harness.page import Outcome
from benchmarks.harness.program import NotReady, add_fresh, add_home
from benchmarks.harness.resume import StepFailed
from benchmarks.harness.tree import copy_repository
from benchmarks.proofs.backtest.page import HOW_OFTEN, QUESTIONS, every_span, page, picture_of
from benchmarks.proofs.tables.sources import TABLES, PublicTable, add_packages

FLIGHTS: Final = "flights"
# Retraining has to beat never retraining in so many of the eleven months of flights after the first.
LEAST_MONTHS: Final = 9
# Time that a backtest has to end after it was asked to.
_PATIENCE: Final = 300.0


@dataclass(frozen=True)
class BacktestCase:
    """A backtest.

    Attributes:
        name: The use case.
        first: The span as of which the first model is.
        last: The last span that is judged on.
    """

    name: str
    first: str
    last: str


# The first spans of a table are left out where they are too few to train on and to judge by.
CASES: Final = (
    BacktestCase(FLIGHTS, "2013-01", "2013-12"),
    BacktestCase("glucose", "2010-04", "2010-09"),
    BacktestCase("stock_exchange", "1970", "1984"),
    BacktestCase("seattle_weather", "2013", "2015"),
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which backtests, and how long this part is."""
    add_home(parser, "proof-backtest", "folder of the copy of the repository and of the homes")
    add_fresh(parser)
    add_packages(parser)
    parser.add_argument("--minutes", type=float, default=55, help="length of this part; default: 55")
    parser.add_argument("--only", default="", help="one use case")
    parser.add_argument("--to", default="", help="end at this span instead of the last")


def run(options: argparse.Namespace) -> Outcome:
    """Carries the backtests on; good where retraining helps on flights in as many months as it has to.

    Raises:
        NotReady: The packages with tables are not installed.
        StepFailed: A command failed, or this part ended before the backtests did.
    """
    until = time.monotonic() + options.minutes * 60
    home: Path = options.home
    if options.fresh:
        shutil.rmtree(home, ignore_errors=True)
    copy_repository_again(home / "repository")
    chosen = [case for case in CASES if options.only in ("", case.name)]
    contents: dict[str, dict[str, dict[str, Any]]] = {}
    pictures: dict[str, bytes] = {}
    for case in chosen:
        _prepare(case, home, options.packages)
        contents[case.name] = {}
        for question in QUESTIONS:
            content = _backtest(case, home, options.to or case.last, question.options, until)
            contents[case.name][question.key] = content
            # The next question about the same range replaces it.
            pictures[picture_of(case.name, question)] = Path(content["picture"]).read_bytes()
    whole = len(chosen) == len(CASES) and not options.to
    good = not whole or _is_good(contents[FLIGHTS][HOW_OFTEN.key])
    return Outcome(page(contents), good=good, whole=whole, files=pictures)


def copy_repository_again(target: Path) -> None:
    """Brings the copy up to the code of now; use cases that were made in it stay."""
    if (target / ".venv").exists():
        for name in (".venv", ".venv-serving"):
            (target / name).unlink()
    copy_repository(target)


def _prepare(case: BacktestCase, home: Path, packages: Path) -> None:
    """Lets the exports of a use case land, once."""
    made = home / f"{case.name}.made"
    if made.exists():
        return
    if case.name == FLIGHTS:
        _command(home, "replay", FLIGHTS, "--through", case.last)
    else:
        if not packages.is_dir():
            raise NotReady(f"{packages} is missing. Run `make proof-tables`, which installs it.")
        table = next(table for table in TABLES if table.name == case.name)
        _new(table, home, packages.resolve())
    made.touch()


def _new(table: PublicTable, home: Path, packages: Path) -> None:
    file = home / f"{table.name}{table.suffix}"
    table.write(packages, file)
    time_column = ("--time", table.time) if table.time else ()
    _command(home, "new", table.name, "--from", str(file), "--label", table.label, *time_column)


def _command(home: Path, *arguments: str) -> None:
    """Runs a command to its end.

    Raises:
        StepFailed: Its code is not 0.
    """
    with _started(home, arguments) as process:
        process.communicate()
    if process.returncode:
        raise StepFailed(f"`{' '.join(arguments)}` ended with code {process.returncode}.")


def _started(home: Path, arguments: Sequence[str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "local_runner.py", *arguments],
        cwd=home / "repository",
        env={**os.environ, "PERENNIAL_HOME": str(home / "home")},
        stdout=subprocess.PIPE,
        text=True,
    )


def _backtest(
    case: BacktestCase, home: Path, last: str, options: Sequence[str], until: float
) -> dict[str, Any]:
    """Runs a backtest until it is complete or this part ends; gives its `--json`.

    Raises:
        StepFailed: It failed, or this part ended.
    """
    arguments = ["backtest", case.name, "--from", case.first, "--to", last, *options, "--json"]
    with _started(home, arguments) as process:
        try:
            out, _ = process.communicate(timeout=max(until - time.monotonic(), 1.0))
        except subprocess.TimeoutExpired:
            message = f"This part ended within the backtest of {case.name}; start again to go on."
            raise StepFailed(message) from None
        finally:
            if process.poll() is None:
                process.terminate()
                process.communicate(timeout=_PATIENCE)
    if process.returncode:
        raise StepFailed(f"`{' '.join(arguments)}` ended with code {process.returncode}: {out.strip()}")
    return dict(json.loads(out.strip().splitlines()[-1]))


def _is_good(content: dict[str, Any]) -> bool:
    """Whether retraining after every span on all spans beats never retraining in enough spans."""
    return bool(every_span(content)["spans_better_than_never"] >= LEAST_MONTHS)
