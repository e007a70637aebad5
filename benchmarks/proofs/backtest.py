"""Backtests of flights and of three dated tables from packages, as a user runs them.

It takes hours: `--minutes` ends a part, and the next start goes on, as each training leaves its result.
"""

import argparse
import json
import os
import shutil
import signal
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
from benchmarks.proofs.tables.sources import TABLES, PublicTable, add_packages

FLIGHTS: Final = "flights"
# Retraining has to beat never retraining in so many of the eleven months of flights after the first.
LEAST_MONTHS: Final = 9
_STOPPED: Final = 1
# Time that a backtest has to end after it was asked to.
_PATIENCE: Final = 60.0


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


WAYS: Final = ("--refit", "no,yes", "--start", "cold,warm")
# The first spans of a table are left out where they are too few to train on and to judge by.
CASES: Final = (
    BacktestCase(FLIGHTS, "2013-01", "2013-12"),
    BacktestCase("airport_weather", "2013-01", "2013-12"),
    BacktestCase("stock_exchange", "1966", "1984"),
    BacktestCase("glucose", "2010-04", "2010-09"),
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which backtests, and how long this part is."""
    add_home(parser, "proof-backtest", "folder of the copy of the repository and of the homes")
    add_fresh(parser)
    add_packages(parser)
    parser.add_argument("--minutes", type=float, default=55, help="length of this part; default: 55")
    parser.add_argument("--only", default="", help="one use case")
    parser.add_argument(
        "--options", default="", help="further options of `backtest`, such as '--every never,1'"
    )
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
    further = tuple(options.options.split())
    contents = []
    for case in chosen:
        _prepare(case, home, options.packages)
        last = options.to or case.last
        contents.append(_backtest(case, home, last, (*WAYS, *further), until))
    whole = len(chosen) == len(CASES) and not (further or options.to)
    pictures = {f"backtest-{each['use_case']}.svg": Path(each["picture"]).read_bytes() for each in contents}
    good = all(_is_good(each) for each in contents if each["use_case"] == FLIGHTS) or not whole
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
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=_PATIENCE)
            message = f"This part ended within the backtest of {case.name}; start again to go on."
            raise StepFailed(message) from None
    if process.returncode:
        raise StepFailed(f"`{' '.join(arguments)}` ended with code {process.returncode}: {out.strip()}")
    return dict(json.loads(out.strip().splitlines()[-1]))


def _is_good(content: dict[str, Any]) -> bool:
    """Whether retraining after every span beats never retraining in enough spans."""
    every = [policy for policy in content["policies"] if policy["every"] == 1]
    return any((policy["spans_better_than_never"] or 0) >= LEAST_MONTHS for policy in every)


def page(contents: Sequence[dict[str, Any]]) -> str:
    """Each backtest with its recommendation, picture and policies, in Markdown."""
    return "\n\n".join(section(content) for content in contents)


def section(content: dict[str, Any]) -> str:
    """One backtest."""
    name, spans = content["use_case"], content["spans"]
    range_text = f"{len(spans)} spans ({spans[0]['span']} to {spans[-1]['span']})"
    rows_text = f"{content['rows']:,} rows of {content['days']} days"
    interval = f"{content['confidence']:.0%} interval"
    columns = ("retrain", "window", "refit", "start", content["metric"], interval, "less the best", interval)
    head = (*columns, "better than never", "trainings", "CPU s")
    lines = [
        f"## {name}",
        f"Judged on {range_text}, {rows_text}; {len(content['trainings'])} trainings.",
        "",
        f"**{content['recommendation']['sentence']}**",
        "",
        f"![{content['metric']} by span](backtest-{name}.svg)",
        "",
        f"| {' | '.join(head)} |",
        "|---|---|---|---|---:|---|---:|---|---:|---:|---:|",
    ]
    ordered = sorted(content["policies"], key=lambda policy: policy["loss"])
    lines += [_row(policy, len(spans), policy is ordered[0]) for policy in ordered]
    if content["left_out"]:
        left = ", ".join(f"{span} ({why})" for span, why in content["left_out"].items())
        lines += ["", f"Left out: {left}."]
    return "\n".join(lines)


def _row(policy: dict[str, Any], spans: int, is_best: bool) -> str:
    same = [policy, *policy["same_as"]]
    every = ", ".join(dict.fromkeys(_every(each["every"]) for each in same))
    windows = ", ".join(dict.fromkeys(str(each["window"]) for each in same))
    loss = f"{policy['loss']:.4f}"
    better = policy["spans_better_than_never"]
    cells = [
        every,
        windows,
        "yes" if policy["refit"] else "no",
        policy["start"],
        f"**{loss}**" if is_best else loss,
        _ends(policy["interval"]),
        f"{policy['to_best']['difference']:+.4f}",
        _ends(policy["to_best"]["interval"]),
        "" if better is None else f"{better} of {spans}",
        str(policy["trainings"]),
        f"{policy['cpu_seconds']:,.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def _every(every: int | str) -> str:
    return {"never": "never", 1: "every span"}.get(every, f"after {every} spans")


def _ends(interval: Sequence[float] | None) -> str:
    return " to ".join(f"{end:.4f}" for end in interval) if interval else ""
