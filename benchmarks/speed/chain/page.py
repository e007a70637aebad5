"""The page that the benchmark writes: the goals with the ratios beside, the runs, the nodes."""

from typing import Final

from benchmarks.harness import chain_runs, table
from benchmarks.harness.resume import Results
from benchmarks.harness.table import STAGES, Ratio

NAMES: Final = {
    "year-template": "the year, template",
    "year-equal": "the year, ours, as many rows evaluated",
    "year": "the year, ours, as configured",
    "fresh-month": "a fresh month after eleven, ours",
    "month-template": "one month alone, template",
    "month": "one month alone, ours",
}
ABOUT: Final = """\
Both chains do the same work as whole processes, each with a fresh home of its own, one after another in one
go: the same rows, network, compilation, batch size and number of training steps, the same seven metrics
over all rows and by carrier, origin and hour band. The template's is
`benchmarks/speed/chain/template_chain.py`: CsvExampleGen, StatisticsGen, SchemaGen, ExampleValidator, a
materialised Transform, a Trainer that reads through the data accessor, TFMA's Evaluator, Pusher. Where its
user has a choice, it is the cheaper one: no attempt to download another Beam runner, one analyzer for all
numbers, 50 steps a call, one model to evaluate and no baseline. It reads plain CSV (it cannot read gzip),
ours the gzip exports. Its Evaluator slices by an hour band that its Transform makes, as it can slice by a
feature only. It splits by a hash so that it evaluates as many rows as ours, but for the line "as
configured", where ours evaluates the newest seven days. Ours also does what the template does not:
quarantine, drift, a champion, intervals, the serving probe.

A goal is met where both the wall and the CPU time meet it. CPU is user and system time of the whole process
tree; memory is the largest sum of what is resident in its processes.
"""


def rendered(results: Results, repeat: int, months: int) -> str:
    """The page below its title: what was compared, the goals, the runs, the nodes."""
    short = "" if months == len(chain_runs.MONTHS) else f" A trial: its year has {months} months."
    how = f"Medians of {repeat}." if repeat > 1 else "Each was run once."
    parts = [
        ABOUT,
        f"{how}{short}",
        table.ratios_table(ratios(results)),
    ]
    if set(NAMES) & set(results):
        parts += [table.runs_table(results, NAMES), table.nodes_table(results, NAMES, STAGES)]
    return "\n".join(part if part.endswith("\n") else part + "\n" for part in parts)


def ratios(results: Results) -> list[Ratio]:
    """The ratios that there are figures for, with the goals of the issue."""
    pairs = []
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
            pairs += [
                Ratio(f"{what}{against}: {name}", pair[0][key], pair[1][key], goal, "s")
                for name, key in (("wall", "wall"), ("CPU", "cpu"))
            ]
    if "example-gen" in results and "example-gen-template" in results:
        rates = [results[key]["rows_a_cpu_second"] for key in ("example-gen", "example-gen-template")]
        unit = "rows a CPU second"
        pairs.append(Ratio("ExampleGen alone, the year", rates[0], rates[1], 15, unit, at_least=True))
    if "year-equal" in results and "year-template" in results:
        for name, key, bound in (
            ("peak memory, sum of processes", "peak_tree", 1.0),
            ("largest process", "peak_process", None),
        ):
            sizes = [results[step][key] / table.GIB for step in ("year-equal", "year-template")]
            pairs.append(Ratio(f"{name}, the year", sizes[0], sizes[1], bound, "GiB"))
    return pairs
