"""A year of weeks under the default `keep`: how large the home is, and what its commands take at the end.

Each week an export lands. After every second week `run` takes in both, at its time by PERENNIAL_NOW; each run
is a real one with all nodes, and prunes. The use case is that of `make proof-year`, whose training is short,
in weeks.

Stopped, it goes on with the next two weeks when it is started again with the same code. A `run` that it had
started then ends first.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any, Final

import yaml

from benchmarks.harness.code_copy import CodeCopy
from benchmarks.harness.home_size import rows_held, size_of
from benchmarks.harness.page import Outcome
from benchmarks.harness.program import add_fresh, add_home
from benchmarks.harness.resume import Done, Result, StepFailed, keep_only_of
from benchmarks.harness.table import table
from benchmarks.harness.tree import digest_of_code
from benchmarks.proofs.growth.exports import write_span
from benchmarks.proofs.year.acts import timed_command
from benchmarks.proofs.year.exports import year_rows
from benchmarks.proofs.year.plan import DAILY
from benchmarks.proofs.year.use_case import STEPS, config_of, copy_use_case
from pipeline.config import REPOSITORY
from pipeline.run import lock
from pipeline.use_cases import flights

WEEKS: Final = 52
EACH: Final = 2  # weeks from run to run
WINDOW: Final = 12
ROWS: Final = 500
# Weeks after which window, models and runs are full, with some to spare.
FULL: Final = 26
# The home may be this much larger at the year's end than when all of them were full.
MOST: Final = 1.2
# Seconds that a command may take at the year's end, on a machine that does nothing else.
GOAL: Final = 1.0
_REPEAT: Final = 5
_LOOK: Final = 0.5  # seconds between two looks at the lock
_QUESTIONS: Final = ("status", "check-overdue", "history", "run")
_RULES: Final = replace(DAILY, name="weekly", window=WINDOW)
_MIB: Final = 1 << 20
_FIRST: Final = datetime(2013, 1, 7, 6, tzinfo=timezone.utc)  # the morning after 2013-W01
_ABOUT: Final = """\
{weeks} weekly exports of {rows} real flights each, a window of {window} weeks, and `keep` as by default: 10
models, runs for 90 days, but at least the last 10, what tells of a span for 400 days. A `run` after every
second week, at its time by PERENNIAL_NOW, with all nodes; {steps} steps of training. In week {full} the
window, the models and the runs are full. What grows after that is what tells of a span (statistics, the
gate's result, the sketch, and their rows in MLMD), for 400 days, and in the ledger the rows of versions, of
spans, of their files and outputs."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """How many weeks."""
    add_home(parser, "proof-retention", "folder of the code, the home and the results")
    add_fresh(parser)
    some = range(EACH, WEEKS + 1, EACH)
    what = f"end after so many, a multiple of {EACH}; default: {WEEKS}"
    parser.add_argument("--weeks", type=int, default=WEEKS, choices=some, metavar="WEEKS", help=what)


def run(options: argparse.Namespace) -> Outcome:
    """Goes on with the year; good where the home stays flat.

    Raises:
        StepFailed: A command failed.
    """
    code = digest_of_code(REPOSITORY, options.about)
    keep_only_of(options.home, code, fresh=options.fresh)
    done = Done(options.home, code)
    copy = CodeCopy(options.home / "code", options.home / "home")
    exports = exports_by_week()
    names = sorted(exports)[: options.weeks]
    states = []
    for first in range(0, len(names), EACH):
        landing = {name: exports[name] for name in names[first : first + EACH]}
        last = names[first + EACH - 1]
        after = done.get(last) or done.add(last, _weeks(copy, landing, names.index(last)))
        states.append(after)
        print(f"{last} {after['verdict']}, {after['bytes'] / _MIB:.0f} MiB", file=sys.stderr, flush=True)
    whole = len(names) == WEEKS
    # Not before the end: the runs that are measured would stay in the home of a year that goes on.
    seconds = _seconds(copy, len(names) - 1) if whole else {}
    return Outcome(page(states, seconds), good=not whole or is_flat(states), whole=whole)


def exports_by_week() -> dict[str, Any]:
    """Span -> its rows, a pandas frame: a sample of the flights of each whole ISO week of 2013."""
    rows = year_rows()
    days = rows[flights.TIME_COLUMN].str.slice(0, 10)
    names = {day: datetime.fromisoformat(day).strftime("%G-W%V") for day in days.unique()}
    weeks = {name: part for name, part in rows.groupby(days.map(names)) if name < "2014"}
    return {name: part.sample(ROWS, random_state=1).sort_index() for name, part in weeks.items()}


def _weeks(copy: CodeCopy, landing: Mapping[str, Any], last: int) -> Result:
    """Lands weeks, of which the last has this number, from 0; runs, and looks how large the home is.

    Where the proof was stopped after this `run` and before its result, the same `run` has NOTHING_NEW.
    """
    root = copy.home / _RULES.name
    while lock.is_held(root / "lock"):  # by the run of a proof that was stopped
        time.sleep(_LOOK)
    if last < EACH:
        _prepare(copy)
    for name, rows in landing.items():
        write_span(copy.home / "exports" / _RULES.name / name, rows)
    code, answer, seconds = _ask(copy, last, "run")
    if answer is None or answer.get("verdict") not in ("PUSHED", "KEPT", "NOTHING_NEW"):
        raise StepFailed(f"`run` of {', '.join(landing)} ended with code {code}: {answer}")
    return {
        "span": max(landing),
        "week": last + 1,
        "verdict": answer["verdict"],
        "seconds": seconds,
        **size_of(root),
        **rows_held(root),
        "versions": sum(path.name.isdigit() for path in (root / "models").iterdir()),
        "runs": sum(path.is_dir() for path in (root / "runs").iterdir()),
    }


def _prepare(copy: CodeCopy) -> None:
    """The code, with the use case of the year of days, in weeks."""
    copy.home.mkdir(parents=True, exist_ok=True)
    copy_use_case(copy, _RULES)
    settings: dict[str, Any] = config_of(_RULES)
    settings["exports"] |= {"span": "week"}
    settings["schedule"]["expect"] = {"every": "7d", "within": "1d"}
    path = copy.code / "pipeline" / "use_cases" / f"{_RULES.name}.yaml"
    path.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")


def _ask(copy: CodeCopy, number: int, command: str) -> tuple[int, Mapping[str, Any] | None, float]:
    """Runs a command on the morning after a week; gives its code, its JSON and the seconds it took."""
    now = _FIRST + timedelta(weeks=number)
    code, answer, _, seconds = timed_command(copy, now, command, _RULES.name)
    return code, answer, seconds


def _seconds(copy: CodeCopy, last: int) -> dict[str, list[float]]:
    """Seconds of each command after the last week, with nothing new."""
    return {name: [_answered(name, *_ask(copy, last, name)) for _ in range(_REPEAT)] for name in _QUESTIONS}


def _answered(command: str, code: int, answer: Mapping[str, Any] | None, seconds: float) -> float:
    """The seconds of a command that did what it is measured for.

    Raises:
        StepFailed: It failed, or a `run` had something new.
    """
    if code or answer is None or answer.get("verdict", "NOTHING_NEW") != "NOTHING_NEW":
        raise StepFailed(f"`{command}` after the last week ended with code {code}: {answer}")
    return seconds


def is_flat(states: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the home is hardly larger at the end than when window, models and runs were full."""
    return bool(states[-1]["bytes"] <= MOST * _full(states)["bytes"])


def _full(states: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    return next(state for state in states if state["week"] >= FULL)


def page(states: Sequence[Mapping[str, Any]], seconds: Mapping[str, Sequence[float]]) -> str:
    """What was done, the size month by month, how it grew once it was full, and the commands' seconds.

    Args:
        states: After each run what `run` answered and how large the home is, in order.
        seconds: How long each command took, several times; empty: not measured.
    """
    last = states[-1]["week"]
    about = _ABOUT.format(weeks=last, rows=ROWS, window=WINDOW, steps=STEPS, full=FULL)
    shown = [state for state in states if state["week"] % 4 == 2 or state["week"] == last]
    head = ["after", "MiB", "files", "rows of MLMD", "rows of the ledger", "versions", "runs"]
    counts = ("files", "mlmd_rows", "ledger_rows", "versions", "runs")
    lines = [
        [state["span"], f"{state['bytes'] / _MIB:.1f}", *(f"{state[count]:,}" for count in counts)]
        for state in shown
    ]
    took = [
        [f"`{name} {_RULES.name} --json`", f"{statistics.median(each):.2f}", f"{min(each):.2f}"]
        for name, each in seconds.items()
    ]
    parts = [about, _verdicts(states), "## Size of the home", table(head, lines)]
    if last > FULL:
        parts.append(_growth(_full(states), states[-1]))
    if took:
        parts += [
            "## Commands on the home of the whole year",
            f"`run` has nothing new. The goal is {GOAL:.0f} s each on a machine that does nothing else.",
            table([f"seconds, of {_REPEAT}", "median", "least"], took),
        ]
    return "\n\n".join(parts)


def _verdicts(states: Sequence[Mapping[str, Any]]) -> str:
    names = [state["verdict"] for state in states]
    counts = ", ".join(f"{names.count(name)} {name}" for name in dict.fromkeys(names))
    seconds = statistics.median(state["seconds"] for state in states)
    return f"Verdicts: {counts}. A run takes {seconds:.0f} s (median)."


def _growth(full: Mapping[str, Any], end: Mapping[str, Any]) -> str:
    """How much larger the home is at the end than when it was full."""
    ratios = {what: end[what] / full[what] for what in ("bytes", "mlmd_rows", "ledger_rows")}
    return (
        f"From {full['span']} to {end['span']} the size grows to {ratios['bytes']:.2f} times (goal: at most"
        f" {MOST}), rows of MLMD to {ratios['mlmd_rows']:.2f}, of the ledger to {ratios['ledger_rows']:.2f}."
    )
