"""Measures drift alarms: false ones on replicas without drift, true ones on plants in real days and months.

Beside ours run an oracle and four other tools, on the same rows. Everything is from one seed. Run again, it
goes on where it stopped; --minutes stops it after a time, between two pieces of work. A result counts as long
as nothing that it follows from changes: of another tool the rows, its code here and its environment's lock.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.harness.page import Outcome
from benchmarks.harness.program import WORK, add_home
from benchmarks.proofs.tables.sources import add_packages
from benchmarks.quality.drift.other_tools import TOOLS
from benchmarks.quality.drift.own_kinds import KINDS
from benchmarks.quality.drift.page import page
from benchmarks.quality.drift.plan import BenchPlan
from benchmarks.quality.drift.plants import DAILY, MONTHLY
from benchmarks.quality.drift.processes import MakeTable, OutOfTime
from benchmarks.quality.drift.results import TableResults
from benchmarks.quality.drift.tables import bikes_table, flights_table
from benchmarks.quality.drift.work import OTHERS, OURS, TableWorker

SEED: Final = 18
_NAMES: Final = ("flights", "bikes")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where, how long, and for a quick look how much."""
    add_home(parser, "bench-drift/run")
    add_packages(parser)
    parser.add_argument(
        "--minutes", type=float, default=55.0, help="begin no new piece of work after so many"
    )
    parser.add_argument(
        "--parts", nargs="*", choices=(OURS, OTHERS), default=[OURS, OTHERS], help="none: the page alone"
    )
    parser.add_argument("--tables", nargs="+", choices=_NAMES, default=list(_NAMES))
    parser.add_argument("--periods", nargs="+", choices=(DAILY, MONTHLY), default=[DAILY, MONTHLY])
    parser.add_argument("--kinds", nargs="+", choices=sorted(KINDS), default=list(KINDS), metavar="KIND")
    parser.add_argument(
        "--tools", nargs="*", choices=[tool.name for tool in TOOLS], default=[tool.name for tool in TOOLS]
    )
    parser.add_argument("--plants", type=int, default=104, help="of each kind and share")
    parser.add_argument("--replicas", type=int, default=100, help="of 360 judged days each, for ours")
    parser.add_argument(
        "--tool-replicas", type=int, default=5, help="of 243 judged days each, for the other tools"
    )
    parser.add_argument(
        "--cost", type=Path, help="JSON of costs measured elsewhere: a list of [what, figure, goal]"
    )


def run(options: argparse.Namespace) -> Outcome:
    """Does what is not done while there is time; the page is of what is there."""
    plan = BenchPlan(
        plants=options.plants,
        replicas=options.replicas,
        tool_replicas=options.tool_replicas,
        kinds=tuple(KINDS[name] for name in options.kinds),
        periods=tuple(options.periods),
        tools=tuple(tool for tool in TOOLS if tool.name in options.tools),
        seed=SEED,
    )
    until = time.time() + 60 * options.minutes
    results, whole = [], set(options.parts) == {OURS, OTHERS}
    for name, make in _tables(options.tables, options.packages):
        table = make()
        try:
            worker = TableWorker(make, table, plan, options.home, WORK / "bench-drift", until)
            worker.run(options.parts)
        except OutOfTime:
            whole = False
            print(f"{name}: not all is done; run it again to go on", file=sys.stderr)
        results.append(TableResults(table, plan, options.home / name))
    is_default = plan.is_whole and options.tables == list(_NAMES)
    return page(results, plan, options.cost, whole=whole and is_default)


def _tables(names: Sequence[str], packages: Path) -> list[tuple[str, MakeTable]]:
    made: dict[str, MakeTable] = {"flights": flights_table, "bikes": partial(bikes_table, packages)}
    return [(name, made[name]) for name in names]
