"""The same work done by the chain of TFX's template and by ours, each as a whole process, in one go.

Each step leaves its result in its folder, so that a benchmark that was stopped is taken up where it was; a
result of other code is measured anew.
"""

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.harness import chain_runs
from benchmarks.harness.chain_runs import MONTHS
from benchmarks.harness.page import Outcome
from benchmarks.harness.program import add_fresh, add_home
from benchmarks.harness.resume import Result, Results, Step, run_steps
from benchmarks.harness.tree import digest_of_code
from benchmarks.speed.chain import template_runs
from benchmarks.speed.chain.page import rendered
from pipeline.config import REPOSITORY

# An edit of the page's text measures nothing again.
MEASURED: Final = (
    *chain_runs.MEASURED,
    *(
        f"benchmarks/speed/chain/{name}"
        for name in ("template", "template_chain.py", "template_runs.py", "example_gen.py", "bench.py")
    ),
)
# Where the year is compared at equal evaluation: whole weeks and months of 60,000 rows come of it, about the
# fifth that a template splits off.
EQUAL_EVAL_ROWS: Final = 55_000


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which steps, how often, and how much of the year."""
    add_home(parser, "bench")
    add_fresh(parser)
    parser.add_argument(
        "--only", nargs="*", default=(), metavar="STEP", help="run only these steps and what they need"
    )
    parser.add_argument(
        "--repeat", type=int, default=1, help="how often to measure each step; the page has medians"
    )
    parser.add_argument(
        "--months",
        type=int,
        default=len(MONTHS),
        choices=range(2, len(MONTHS) + 1),
        metavar="N",
        help="months of the year, fewer for a trial",
    )


def run(options: argparse.Namespace) -> Outcome:
    """Runs what is not done; the page is a part where not all steps of the whole year are on it."""
    if options.fresh:
        shutil.rmtree(options.home, ignore_errors=True)
    results = run_steps(
        steps(options.home, MONTHS[: options.months]),
        options.home,
        digest_of_code(REPOSITORY, MEASURED),
        only=options.only,
        repeat=options.repeat,
    )
    text = rendered(results, options.repeat, options.months)
    return Outcome(text, whole=not options.only and options.months == len(MONTHS))


def steps(root: Path, months: Sequence[str]) -> list[Step]:
    """All that is measured; `months` are the year, which a trial may make shorter."""
    share = len(months) / len(MONTHS)

    def equal(values: dict[str, Any]) -> None:
        values["window"]["eval_min_rows"] = round(EQUAL_EVAL_ROWS * share)

    def ours(folder: Path, spans: Sequence[str], edit: chain_runs.Edit | None = None) -> Result:
        code = chain_runs.place(folder, _as_much_work(edit))
        chain_runs.land(folder / "home", _exports(root, months), spans)
        return chain_runs.run_ours(folder, code)

    def template(folder: Path, spans: Sequence[str], like: Result) -> Result:
        code = chain_runs.place(folder)
        data = chain_runs.source_csv(root, _exports(root, months), spans)
        rows = chain_runs.rows_of(_exports(root, months), spans)
        return template_runs.run_template(
            folder, code, data, like["training_steps"], like["rows_evaluated"] / rows
        )

    def fresh_month(folder: Path, _: Results) -> Result:
        code = chain_runs.place(folder, _as_much_work())
        chain_runs.land(folder / "home", _exports(root, months), months[:-1])
        chain_runs.run_ours(folder, code)
        chain_runs.land(folder / "home", _exports(root, months), months[-1:])
        return chain_runs.run_ours(folder, code)

    def example_gen(folder: Path, which: str) -> Result:
        code, exports = chain_runs.place(folder), _exports(root, months)
        if which == "ours":
            chain_runs.land(folder / "home", exports, months)
        data, rows = chain_runs.source_csv(root, exports, months), chain_runs.rows_of(exports, months)
        return template_runs.run_example_gen(folder, code, which, data, rows)

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


def _as_much_work(edit: chain_runs.Edit | None = None) -> chain_runs.Edit:
    """The edit, and no yardstick: a template's chain fits no second model to be compared with."""

    def edited(values: dict[str, Any]) -> None:
        values["evaluation"]["yardstick"] = False
        if edit:
            edit(values)

    return edited


def _exports(root: Path, months: Sequence[str]) -> Path:
    return chain_runs.source_exports(root, months)
