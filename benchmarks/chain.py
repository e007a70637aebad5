"""The same work done by the chain of TFX's template and by ours, each as a whole process, in one go.

Usage: python -m benchmarks.chain --home DIR [--out FILE] [--only STEP ...] [--repeat N] [--fresh]

Each step leaves its result in its folder, so that a benchmark that was stopped is taken up where it was; a
result of other code is measured anew.
"""

import argparse
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks import subjects, table
from benchmarks.steps import Result, Results, Step, StepFailed, digest_of_code, run_steps
from benchmarks.table import Compared
from pipeline.config import REPOSITORY
from pipeline.files import write_text

# Rows that both evaluate where the year is compared at equal evaluation: about a fifth, as a template splits.
EQUAL_EVAL_ROWS: Final = 65_000

NAMES: Final = {
    "year-template": "the year, template",
    "year-equal": "the year, ours, as many rows evaluated",
    "year": "the year, ours, as configured",
    "fresh-month": "a fresh month after eleven, ours",
    "month-template": "one month alone, template",
    "month": "one month alone, ours",
}
STAGES: Final = {
    "reading": ("CsvExampleGen", "ArrowExampleGen"),
    "statistics": ("StatisticsGen", "SpanStatistics"),
    "schema, validation, gate": ("SchemaGen", "ExampleValidator", "Schema", "DataGate", "PreviousSpan"),
    "window": ("AcceptedSpans", "Window"),
    "transform": ("Transform",),
    "training": ("Trainer",),
    "evaluation": ("Resolver", "ChampionResolver", "Evaluator"),
    "serving probe": ("ServingProbe",),
    "push": ("Pusher", "AtomicPusher"),
}
BEGIN: Final = "<!-- make bench writes what is between these lines -->"
END: Final = "<!-- and this is the end of it -->"
ABOUT: Final = """\
Both chains do the same work as whole processes, each with a fresh home of its own, one after another in one
go: the same rows, network, compilation, batch size and number of training steps, the same seven metrics
over all rows and by carrier, origin and hour band. The template's is `benchmarks/template_chain.py`:
CsvExampleGen, StatisticsGen, SchemaGen, ExampleValidator, a materialised Transform, a Trainer that reads
through the data accessor, TFMA's Evaluator, Pusher. Choices left to its user fell on what is cheaper: no
attempt to download another Beam runner, one analyzer for all numbers, 50 steps a call, one model to
evaluate and no baseline. It reads plain CSV (gzip it cannot), ours the gzip exports. Its Evaluator slices
by an hour band that its Transform makes, as it can slice by a feature only. It splits by a hash so that it
evaluates as many rows as ours, but for the line "as configured", where ours evaluates the newest seven
days. Ours does, beside, what the template has not: quarantine, drift, a champion, intervals, the serving
probe.

A goal is met where both the wall and the CPU time meet it. CPU is user and system time of the whole process
tree; memory is the largest sum of what is resident in its processes.
"""


def main() -> int:
    """Runs what is not done and writes the tables; 1 if a step failed."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what is being measured is ended as well
    if options.fresh:
        shutil.rmtree(options.home, ignore_errors=True)
    try:
        results = run_steps(
            steps(options.home, subjects.MONTHS[: options.months]),
            options.home,
            digest_of_code(REPOSITORY, subjects.MEASURED),
            only=options.only,
            repeat=options.repeat,
        )
        text = rendered(results, options.repeat, options.months)
        print(text)
        if options.out:
            write_text(options.out, text)
        if options.readme:
            told = f"{table.compared_table(compared(results))}\n\n{table.setting()}"
            write_text(options.readme, with_table(options.readme.read_text(), told))
    except StepFailed as failed:
        print(failed, file=sys.stderr)
        return 1
    return 0


def with_table(text: str, told: str) -> str:
    """The text with `told` in the place of what stood between its two marks.

    Raises:
        StepFailed: The marks are not there, in this order.
    """
    before, mark, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not mark or not end:
        raise StepFailed(f"Expected the lines {BEGIN!r} and {END!r}, and they are not there.")
    return f"{before}{BEGIN}\n\n{told}\n\n{END}{after}"


def steps(root: Path, months: Sequence[str]) -> list[Step]:
    """All that is measured; `months` are the year, which a trial may make shorter."""
    share = len(months) / len(subjects.MONTHS)

    def equal(values: dict[str, Any]) -> None:
        values["window"]["eval_min_rows"] = round(EQUAL_EVAL_ROWS * share)

    def ours(folder: Path, spans: Sequence[str], edit: subjects.Edit | None = None) -> Result:
        code = subjects.place(folder, edit)
        subjects.land(folder / "home", _exports(root, months), spans)
        return subjects.run_ours(folder, code)

    def template(folder: Path, spans: Sequence[str], like: Result) -> Result:
        code = subjects.place(folder)
        data = subjects.source_csv(root, _exports(root, months), spans)
        rows = subjects.rows_of(_exports(root, months), spans)
        return subjects.run_template(
            folder, code, data, like["training_steps"], like["rows_evaluated"] / rows
        )

    def fresh_month(folder: Path, _: Results) -> Result:
        code = subjects.place(folder)
        subjects.land(folder / "home", _exports(root, months), months[:-1])
        subjects.run_ours(folder, code)
        subjects.land(folder / "home", _exports(root, months), months[-1:])
        return subjects.run_ours(folder, code)

    def example_gen(folder: Path, which: str) -> Result:
        code, exports = subjects.place(folder), _exports(root, months)
        if which == "ours":
            subjects.land(folder / "home", exports, months)
        data, rows = subjects.source_csv(root, exports, months), subjects.rows_of(exports, months)
        return subjects.run_example_gen(folder, code, which, data, rows)

    first = months[:1]
    return [
        Step("month", lambda folder, _: ours(folder, first)),
        Step("month-template", lambda folder, got: template(folder, first, got["month"]), ("month",)),
        Step("example-gen", lambda folder, _: example_gen(folder, "ours")),
        Step("example-gen-template", lambda folder, _: example_gen(folder, "template")),
        Step("year-equal", lambda folder, _: ours(folder, months, equal)),
        Step(
            "year-template", lambda folder, got: template(folder, months, got["year-equal"]), ("year-equal",)
        ),
        Step("year", lambda folder, _: ours(folder, months)),
        Step("fresh-month", fresh_month),
    ]


def _exports(root: Path, months: Sequence[str]) -> Path:
    return subjects.source_exports(root, months)


def rendered(results: Results, repeat: int, months: int) -> str:
    """The page: what was compared, the goals, the runs, the nodes."""
    short = "" if months == len(subjects.MONTHS) else f" A trial: its year has {months} months."
    how = f"Medians of {repeat}." if repeat > 1 else "Each was run once."
    parts = [
        "# The same work, by TFX's template and by ours (make bench)",
        ABOUT,
        f"{table.setting()} {how}{short}",
        table.compared_table(compared(results)),
        table.runs_table(results, NAMES),
        table.nodes_table(results, NAMES, STAGES),
    ]
    return "\n".join(part if part.endswith("\n") else part + "\n" for part in parts)


def compared(results: Results) -> list[Compared]:
    """The ratios that there are figures for, with the goals of the issue."""
    found = []
    for ours, theirs, goal in (
        ("year-equal", "year-template", 0.12),
        ("year", "year-template", None),
        ("fresh-month", "year-template", 0.08),
        ("month", "month-template", 0.25),
    ):
        if ours in results and theirs in results:
            what = NAMES[ours].replace(", ours", "")
            against = " against its whole year" if ours == "fresh-month" else ""
            pair = results[ours], results[theirs]
            found += [
                Compared(f"{what}{against}: {name}", pair[0][key], pair[1][key], goal, "s")
                for name, key in (("wall", "wall"), ("CPU", "cpu"))
            ]
    if "example-gen" in results and "example-gen-template" in results:
        rates = [results[key]["rows_a_cpu_second"] for key in ("example-gen", "example-gen-template")]
        unit = "rows a CPU second"
        found.append(Compared("ExampleGen alone, the year", rates[0], rates[1], 15, unit, at_least=True))
    if "year-equal" in results and "year-template" in results:
        for name, key, bound in (
            ("peak memory, sum of processes", "peak_tree", 1.0),
            ("largest process", "peak_process", None),
        ):
            sizes = [results[step][key] / table.GIB for step in ("year-equal", "year-template")]
            found.append(Compared(f"{name}, the year", sizes[0], sizes[1], bound, "GiB"))
    return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--home", type=Path, required=True, help="folder of all homes and results")
    parser.add_argument("--out", type=Path, help="Markdown file to write")
    parser.add_argument(
        "--only", nargs="*", default=(), metavar="STEP", help="these steps and what they need"
    )
    parser.add_argument("--repeat", type=int, default=1, help="measure each step so often; medians")
    parser.add_argument("--fresh", action="store_true", help="forget what was measured before")
    parser.add_argument("--months", type=int, default=12, help="for a trial: how many months the year has")
    options = parser.parse_args()
    options.home = options.home.resolve()
    return options


if __name__ == "__main__":
    sys.exit(main())
