"""Measures `predict` against scikit-learn on the same rows: rows a second, memory, and the server's scores.

Whole processes that read a CSV, score it and write a CSV, one after another in each round: `predict`, and
what a person would write with pandas and scikit-learn (benchmarks/speed/predict/by_hand.py). The rows are the
flights of 2013, again and again. Then `predict` alone of four times as many rows, for its memory; and its
scores against a real server's, row by row.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.harness.flights import add_models, newest
from benchmarks.harness.measure import Cost, measured
from benchmarks.harness.page import Outcome
from benchmarks.harness.program import add_home
from benchmarks.harness.raw_rows import raw_rows
from benchmarks.harness.resume import StepFailed
from benchmarks.harness.server_process import ServerProcess
from benchmarks.harness.table import GIB, table
from pipeline.config import REPOSITORY
from pipeline.use_cases import flights
from serving.model.checks import RowChecks
from serving.model.columns import InputColumn
from serving.model.folder import schema_in

_HOW: Final = """\
{rows:,} rows of flights (those of 2013, again and again; 17 columns) from one CSV into another, by whole
processes: from the command to its end, imports, loading and writing included. By hand is
`benchmarks/speed/predict/by_hand.py`: pandas and scikit-learn with default hyperparameters, as a person
would write it; it checks no rows and changes the text of cells. Figures are medians of
rounds (here {rounds}), in each of which all three run one after another; memory is the largest sum of what is
resident in the processes. The last three columns are ours over theirs."""
_SERVED: Final = """\
Against a real server, {rows:,} rows over REST: the largest difference of a probability is
{difference:.1e}."""
HANDS: Final = {"boosting": "HistGradientBoosting", "logistic": "LogisticRegression"}
ROWS: Final = 1_000_000
SERVED_ROWS: Final = 2000
TIMES: Final = 4
# Of the positive class, in what `predict` writes.
_PROBABILITY: Final = InputColumn("probability_1", "float")


@dataclass(frozen=True)
class ScoringRun:
    """One process that scored all rows: what it cost, and the seconds of `predict_proba` alone (0: ours)."""

    cost: Cost
    alone: float = 0.0


class Bench:
    """Rows, models and outputs in one folder."""

    def __init__(self, home: Path, model: Path, rows: int) -> None:
        """Writes what is not there yet."""
        self.home = home.absolute()
        self.rows = rows
        self.home.mkdir(parents=True, exist_ok=True)
        self._environment = {**os.environ, "PERENNIAL_HOME": str(self.home)}
        live = self.home / "flights" / "models" / "1"
        if not live.exists():
            live.parent.mkdir(parents=True)
            shutil.copytree(model, live)
        self.few, self.many = (self._rows(count) for count in (rows, TIMES * rows))
        year = self.home / "year.csv"
        if not year.exists():
            flights.past_rows().to_csv(year, index=False)
        for kind in HANDS:
            if not self._fitted(kind).exists():
                self._run(
                    "fit", "-m", "benchmarks.speed.predict.by_hand", "fit", kind, year, self._fitted(kind)
                )

    def ours(self, source: Path) -> ScoringRun:
        """`predict`."""
        out = self.home / "ours.csv"
        return ScoringRun(
            self._run("ours", REPOSITORY / "local_runner.py", "predict", "flights", source, out, "--force")
        )

    def by_hand(self, kind: str) -> ScoringRun:
        """What a person would write."""
        out = self.home / f"{kind}.csv"
        script = ("-m", "benchmarks.speed.predict.by_hand", "score")
        cost = self._run(kind, *script, self._fitted(kind), self.few, out)
        return ScoringRun(cost, json.loads((self.home / f"{kind}.out").read_text())["predict_proba"])

    def largest_difference(self) -> float:
        """The largest difference of `predict`'s probabilities to those of a real server."""
        with (self.home / "ours.csv").open("rb") as lines:
            written = b"".join(islice(lines, SERVED_ROWS + 1))
        server = ServerProcess(["--model", f"flights={self.home / 'flights' / 'models'}", "--workers", "1"])
        try:
            server.wait(lambda: server.get("/readyz")[0] == 200, "ready")
            schema = schema_in(self.home / "flights" / "models" / "1")
            scores = _served(server, raw_rows(written, RowChecks(schema).columns))
        finally:
            server.stop()
        ours = [row[_PROBABILITY.name] for row in raw_rows(written, [_PROBABILITY])]
        return float(np.abs(np.array(scores) - np.array(ours)).max())

    def _fitted(self, kind: str) -> Path:
        return self.home / f"{kind}.pickle"

    def _rows(self, count: int) -> Path:
        path = self.home / f"rows-{count}.csv"
        if not path.exists():
            head, *lines = flights.past_rows().to_csv(index=False).splitlines(keepends=True)
            with path.open("w") as out:
                out.write(head)
                for start in range(0, count, len(lines)):
                    out.writelines(lines[: count - start])
        return path

    def _run(self, name: str, *arguments: object) -> Cost:
        command = [sys.executable, *map(str, arguments)]
        out, log = (self.home / f"{name}.{suffix}" for suffix in ("out", "log"))
        cost = measured(command, self._environment, out, log, REPOSITORY)
        if cost.exit_code:
            raise StepFailed(f"{name} exited with {cost.exit_code}: {log.read_text()[-2000:]}")
        return cost


def _served(server: ServerProcess, rows: list[dict[str, Any]]) -> list[float]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.rest_port}/v1/models/flights:predict",
        json.dumps({"instances": rows}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as response:
        return list(json.load(response)["predictions"])


def page(
    bench: Bench, rounds: Sequence[Mapping[str, ScoringRun]], many: ScoringRun, difference: float
) -> str:
    """The results in Markdown, below the page's title."""
    names = {"ours": "`predict`", **{kind: f"{name}, by hand" for kind, name in HANDS.items()}}
    middle = {
        key: {
            "wall": statistics.median(each[key].cost.wall for each in rounds),
            "cpu": statistics.median(each[key].cost.cpu for each in rounds),
            "alone": statistics.median(each[key].alone for each in rounds),
            "memory": max(each[key].cost.peak_tree for each in rounds),
        }
        for key in names
    }
    wholes = [
        [
            name,
            *(f"{value:,.1f}" for value in (middle[key]["wall"], middle[key]["cpu"])),
            f"{bench.rows / middle[key]['wall']:,.0f}",
            f"{middle[key]['memory'] / GIB:.2f}",
            *(f"{middle['ours'][what] / middle[key][what]:.2f}" for what in ("wall", "cpu", "memory")),
        ]
        for key, name in names.items()
    ]
    alone = ", ".join(f"{middle[kind]['alone']:.1f} s ({name})" for kind, name in HANDS.items())
    few = max((each["ours"].cost for each in rounds), key=lambda cost: cost.peak_tree)
    grown = [
        [
            f"{rows:,}",
            f"{cost.wall:,.1f}",
            *(f"{value / GIB:.2f}" for value in (cost.peak_tree, cost.peak_process)),
        ]
        for rows, cost in ((bench.rows, few), (TIMES * bench.rows, many.cost))
    ]
    head = ["", "wall s", "CPU s", "rows a second", "memory GiB", "ours: wall", "ours: CPU", "ours: memory"]
    parts = (
        _HOW.format(rows=bench.rows, rounds=len(rounds)),
        table(head, wholes),
        f"Of these seconds `predict_proba` alone, rows in memory: {alone}.",
        "Memory does not grow with the rows:",
        table(["rows", "wall s", "sum of processes GiB", "largest process GiB"], grown),
        _SERVED.format(rows=SERVED_ROWS, difference=difference),
        _load(),
    )
    return "\n\n".join(parts)


def _load() -> str:
    loads = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    return f"The machine's load at the end, over 1, 5 and 15 minutes (the benchmark alone: about 2): {loads}."


def arguments(parser: argparse.ArgumentParser) -> None:
    """How many rows, and how often."""
    add_home(parser, "bench-predict", "folder of rows, models and outputs")
    add_models(parser)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--rounds", type=int, default=3)


def run(options: argparse.Namespace) -> Outcome:
    """Measures in rounds; at a low priority, which every process that it starts has too."""
    os.nice(10)
    bench = Bench(options.home, newest(options.models), options.rows)
    rounds = []
    for _ in range(options.rounds):
        done = {"ours": bench.ours(bench.few), **{kind: bench.by_hand(kind) for kind in HANDS}}
        rounds.append(done)
        seconds = {key: (round(each.cost.wall, 1), round(each.cost.cpu, 1)) for key, each in done.items()}
        print(seconds, file=sys.stderr, flush=True)
    difference = bench.largest_difference()
    text = page(bench, rounds, bench.ours(bench.many), difference)
    return Outcome(text, whole=options.rows >= ROWS)
