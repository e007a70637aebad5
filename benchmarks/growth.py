"""How the cost of one run grows with rows, spans and columns: wall and CPU time, memory, time of each node.

Usage: python -m benchmarks.growth --home DIR [--out FILE] [--only STEP ...] [--repeat N] [--fresh]

Each point leaves its result in its folder, as in benchmarks/chain.py. Beside the table a picture is written.
"""

import argparse
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks import grown, subjects, table
from benchmarks.chain_page import STAGES
from benchmarks.picture import Panel, svg
from benchmarks.steps import Result, Results, Step, StepFailed, digest_of_code, run_steps
from perennial.files import write_text
from pipeline.config import REPOSITORY

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
        "The year of 327,346 rows in 12 spans, each of whose files stands there 1, 3 and 10 times.",
        grown.more_rows,
    ),
    Axis(
        "spans",
        (12, 36, 120),
        "spans",
        "The year's rows in 12, 36 and 120 spans of whole days.",
        grown.more_spans,
    ),
    Axis(
        "columns",
        (13, 40, 130),
        "columns",
        "The year in 12 spans; from the 14th on, columns are copies of weather columns with a little noise, "
        "and each is another scaled number, with its marker of what is missing, for the network.",
        grown.more_columns,
    ),
)


def main() -> int:
    """Runs what is not done and writes tables and picture; 1 if a step failed."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what is being measured is ended as well
    if options.fresh:
        shutil.rmtree(options.home, ignore_errors=True)
    try:
        results = run_steps(
            steps(options.home),
            options.home,
            digest_of_code(REPOSITORY, (*subjects.MEASURED, "benchmarks/grown.py")),
            only=options.only,
            repeat=options.repeat,
        )
    except StepFailed as failed:
        print(failed, file=sys.stderr)
        return 1
    picture = options.out.with_suffix(".svg").name if options.out else ""
    text = rendered(results, picture)
    print(text)
    if options.out:
        write_text(options.out, text)
        write_text(options.out.with_suffix(".svg"), svg(panels(results)))
    return 0


def steps(root: Path) -> list[Step]:
    """A run for each point of each axis."""

    def step(axis: Axis, point: int) -> Step:
        def measure(folder: Path, _: Results) -> Result:
            exports, spans = axis.exports(root, point)

            def edit(values: dict[str, Any]) -> None:
                _roomy(values, len(spans), spans[0].isdecimal())

            code = subjects.place(folder, edit)
            if axis.name == "columns":
                grown.widen(code, point)
            subjects.land(folder / "home", exports, spans)
            result = subjects.run_ours(folder, code)
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


def rendered(results: Results, picture: str) -> str:
    """The page: goals, and a table of costs and one of nodes for each axis."""
    parts = [
        "# How the cost of one run grows (make proof-growth)",
        f"{table.setting()} Each point is one whole process on a fresh home, all spans fresh.",
        *([f"![Growth in multiples of the least]({picture})"] if picture else []),
        table.table(["goal", "ours", ""], goals(results)),
    ]
    for axis in AXES:
        found = points(axis, results)
        if not found:
            continue
        names = {f"{axis.name}-{point}": f"{point} {axis.unit}" for point in found}
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
        found = points(axis, results)
        least = results.get(f"{axis.name}-{axis.points[0]}")
        if least is None or len(found) < 2:
            continue
        most = results[f"{axis.name}-{found[-1]}"]
        growth = found[-1] / found[0]
        span = f"from {found[0]} to {found[-1]} {axis.unit}"
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
    return "met" if met else "**missed**"


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


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--home", type=Path, required=True, help="folder of all homes and results")
    parser.add_argument("--out", type=Path, help="Markdown file to write; the picture goes beside it")
    parser.add_argument("--only", nargs="*", default=(), metavar="STEP", help="these steps, such as rows-10")
    parser.add_argument("--repeat", type=int, default=1, help="measure each step so often; medians")
    parser.add_argument("--fresh", action="store_true", help="forget what was measured before")
    options = parser.parse_args()
    options.home = options.home.resolve()
    return options


if __name__ == "__main__":
    sys.exit(main())
