"""How the cost of one run grows with rows, spans and columns: wall and CPU time, memory, time of each node.

Each point leaves its result below --home. A picture stands beside the table.
"""

import argparse
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.harness import chain_runs, table
from benchmarks.harness.page import Outcome
from benchmarks.harness.program import add_fresh, add_home
from benchmarks.harness.resume import Result, Results, Step, run_steps
from benchmarks.harness.table import STAGES
from benchmarks.harness.tree import digest_of_code
from benchmarks.proofs.growth import exports
from benchmarks.proofs.growth.picture import Panel, svg
from pipeline.config import REPOSITORY

PICTURE: Final = "growth.svg"
MET: Final = "met"
FLAT: Final = 1.2


@dataclass(frozen=True)
class Axis:
    """One thing that grows.

    Attributes:
        name: Its name, and the beginning of its steps' names.
        points: From least to most.
        unit: What a point counts.
        about: A sentence on how the exports were made.
        exports: Writes a point's exports; gives their folder and spans.
    """

    name: str
    points: Sequence[int]
    unit: str
    about: str
    exports: Callable[[Path, int], tuple[Path, list[str]]]


AXES: Final = (
    Axis(
        "rows",
        (1, 3, 10),
        "\u00d7 the year",
        "The year of 327,346 rows in 12 spans, and 3 and 10 times as many with other flight numbers.",
        exports.more_rows,
    ),
    Axis(
        "spans",
        (12, 36, 120),
        "spans",
        "The year's rows in 12, 36 and 120 spans of whole days.",
        exports.more_spans,
    ),
    Axis(
        "columns",
        (13, 40, 130),
        "columns",
        "The year in 12 spans; from the 14th on, columns are copies of weather columns with a little noise. "
        "For the network each is another scaled number with its marker for missing.",
        exports.more_columns,
    ),
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which points, and how often."""
    add_home(parser, "proof-growth")
    add_fresh(parser)
    parser.add_argument(
        "--only", nargs="*", default=(), metavar="STEP", help="run only these steps, such as rows-10"
    )
    parser.add_argument(
        "--repeat", type=int, default=1, help="how often to measure each step; the page has medians"
    )


def run(options: argparse.Namespace) -> Outcome:
    """Runs what is not done; good where every goal is met."""
    if options.fresh:
        shutil.rmtree(options.home, ignore_errors=True)
    results = run_steps(
        steps(options.home),
        options.home,
        digest_of_code(REPOSITORY, (*chain_runs.MEASURED, "benchmarks/proofs/growth/exports.py")),
        only=options.only,
        repeat=options.repeat,
    )
    picture = {PICTURE: svg(panels(results)).encode()}
    met = all(line[-1] == MET for line in goals(results))
    return Outcome(rendered(results), good=met, whole=not options.only, files=picture)


def steps(root: Path) -> list[Step]:
    """A run for each point of each axis."""

    def step(axis: Axis, point: int) -> Step:
        def measure(folder: Path, _: Results) -> Result:
            folder_of_exports, spans = axis.exports(root, point)

            def edit(values: dict[str, Any]) -> None:
                _roomy(values, len(spans), spans[0].isdecimal())

            code = chain_runs.place(folder, edit)
            if axis.name == "columns":
                exports.widen(code, point)
            chain_runs.land(folder / "home", folder_of_exports, spans)
            result = chain_runs.run_ours(folder, code)
            # Ten of these homes would fill a small disk; what is wanted of them is in the result.
            shutil.rmtree(folder / "home")
            return result

        return Step(f"{axis.name}-{point}", measure)

    return [step(axis, point) for axis in AXES for point in axis.points]


def _roomy(values: dict[str, Any], spans: int, numbered: bool) -> None:
    """Lets all spans into the window, and short ones past the gate: on 31 December all weather is missing."""
    values["window"]["spans"] = spans
    values["data"]["policy"].insert(0, {"feature": "*", "anomaly": "presence", "action": "warn"})
    if numbered:
        values["exports"]["span"] = "number"


def rendered(results: Results) -> str:
    """The page below its title: goals, and a table of costs and one of nodes for each axis."""
    parts = [
        "Each point is one whole process on a fresh home, all spans fresh.",
        f"![Growth in multiples of the least]({PICTURE})",
        table.table(["goal", "ours", ""], goals(results)),
    ]
    for axis in AXES:
        measured = points(axis, results)
        if not measured:
            continue
        names = {f"{axis.name}-{point}": f"{point} {axis.unit}" for point in measured}
        parts += [
            f"## {axis.name.capitalize()}",
            axis.about,
            table.runs_table(results, names),
            table.nodes_table(results, names, STAGES),
        ]
    return "\n\n".join(parts) + "\n"


def points(axis: Axis, results: Results) -> list[int]:
    """The axis's points that there are results for."""
    return [point for point in axis.points if f"{axis.name}-{point}" in results]


def goals(results: Results) -> list[list[str]]:
    """What the issue asks for, as lines of a table: that memory is flat and time no worse than linear."""
    lines = []
    for axis in AXES:
        measured = points(axis, results)
        least = results.get(f"{axis.name}-{axis.points[0]}")
        if least is None or len(measured) < 2:
            continue
        most = results[f"{axis.name}-{measured[-1]}"]
        growth = measured[-1] / measured[0]
        span = f"from {measured[0]} to {measured[-1]} {axis.unit}"
        for name, key in (("wall time", "wall"), ("CPU time", "cpu")):
            ratio = most[key] / least[key]
            goal = f"{name} no worse than linear {span} (≤ {growth:.3g})"
            lines.append([goal, f"{ratio:.3g}", _judged(ratio <= growth)])
        if axis.name == "rows":
            for name, key in (("sum of processes", "peak_tree"), ("largest process", "peak_process")):
                ratio = most[key] / least[key]
                goal = f"memory flat within 20% {span}, {name} (≤ {FLAT})"
                lines.append([goal, f"{ratio:.3g}", _judged(ratio <= FLAT)])
    return lines


def _judged(met: bool) -> str:
    return MET if met else "**missed**"


def panels(results: Results) -> list[Panel]:
    """The picture's panels: those axes that have all their points."""
    made = []
    for axis in AXES:
        if points(axis, results) == list(axis.points):
            rows = [results[f"{axis.name}-{point}"] for point in axis.points]
            lines = {"wall time": "wall", "CPU time": "cpu", "memory": "peak_tree"}
            made.append(
                Panel(
                    axis.name,
                    [str(point) for point in axis.points],
                    [point / axis.points[0] for point in axis.points],
                    {name: [row[key] for row in rows] for name, key in lines.items()},
                )
            )
    return made
