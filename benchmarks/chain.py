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

from benchmarks import subjects
from benchmarks.chain_page import rendered
from benchmarks.steps import Result, Results, Step, StepFailed, digest_of_code, run_steps
from perennial.files import write_text
from pipeline.config import REPOSITORY

# Where the year is compared at equal evaluation: whole weeks and months of 60,000 rows come of it, about the
# fifth that a template splits off.
EQUAL_EVAL_ROWS: Final = 55_000


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
            digest_of_code(REPOSITORY, (*subjects.MEASURED, "benchmarks/chain.py")),
            only=options.only,
            repeat=options.repeat,
        )
        text = rendered(results, options.repeat, options.months)
        print(text)
        if options.out:
            write_text(options.out, text)
    except StepFailed as failed:
        print(failed, file=sys.stderr)
        return 1
    return 0


def steps(root: Path, months: Sequence[str]) -> list[Step]:
    """All that is measured; `months` are the year, which a trial may make shorter."""
    share = len(months) / len(subjects.MONTHS)

    def equal(values: dict[str, Any]) -> None:
        values["window"]["eval_min_rows"] = round(EQUAL_EVAL_ROWS * share)

    def ours(folder: Path, spans: Sequence[str], edit: subjects.Edit | None = None) -> Result:
        code = subjects.place(folder, _as_much_work(edit))
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
        code = subjects.place(folder, _as_much_work())
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


def _as_much_work(edit: subjects.Edit | None = None) -> subjects.Edit:
    """The edit, and no yardstick: a template's chain fits no second model to be compared with."""

    def edited(values: dict[str, Any]) -> None:
        values["evaluation"]["yardstick"] = False
        if edit:
            edit(values)

    return edited


def _exports(root: Path, months: Sequence[str]) -> Path:
    return subjects.source_exports(root, months)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--home", type=Path, required=True, help="folder of all homes and results")
    parser.add_argument("--out", type=Path, help="Markdown file to write")
    parser.add_argument(
        "--only", nargs="*", default=(), metavar="STEP", help="these steps and what they need"
    )
    parser.add_argument("--repeat", type=int, default=1, help="measure each step so often; medians")
    parser.add_argument("--fresh", action="store_true", help="forget what was measured before")
    parser.add_argument(
        "--months",
        type=int,
        default=len(subjects.MONTHS),
        choices=range(2, len(subjects.MONTHS) + 1),
        metavar="N",
        help="for a trial: how many months the year has",
    )
    options = parser.parse_args()
    options.home = options.home.resolve()
    return options


if __name__ == "__main__":
    sys.exit(main())
