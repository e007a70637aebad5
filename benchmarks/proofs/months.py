"""Lets the months of 2013 land one after another and runs the pipeline after each, as a schedule would.

Then the network is compared with scikit-learn's models month by month, and its scores in training with those
in serving.
"""

import argparse
import json
import sys
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.harness.flights import NAME, command
from benchmarks.harness.page import Outcome, code_block
from benchmarks.harness.program import add_fresh, add_home
from benchmarks.harness.resume import Done, Result, StepFailed, keep_only_of
from benchmarks.harness.tree import digest_of_code
from benchmarks.quality import parity, yardstick
from perennial.text import wrapped
from pipeline.config import REPOSITORY

THROUGH: Final = "2013-06"


def arguments(parser: argparse.ArgumentParser) -> None:
    """How many months."""
    add_home(parser, "proof-months", "PERENNIAL_HOME of the runs")
    add_fresh(parser)
    parser.add_argument("--through", default=THROUGH, help="last month, such as 2013-06")


def run(options: argparse.Namespace) -> Outcome:
    """Runs the months that are not done, and compares."""
    home: Path = options.home
    code = digest_of_code(REPOSITORY, options.about)
    keep_only_of(home, code, fresh=options.fresh)
    done = Done(home, code)
    months = [f"2013-{month:02d}" for month in range(1, int(options.through[-2:]) + 1)]
    lines = []
    for month in months:
        verdict = done.once(month, partial(_run_month, home, month))
        lines.append(f"{month} {verdict['text']}\n")
        print(lines[-1], file=sys.stderr, flush=True)
    against = yardstick.compared(home, options.through)
    served = parity.compared(home / NAME, parity.ROWS)
    text = "\n".join([*lines, against.body, "", served.body])
    return Outcome(code_block(text), good=against.good and served.good, whole=options.through == THROUGH)


def _run_month(home: Path, month: str) -> Result:
    """Lets a month land and runs; gives the verdict and its reason.

    Raises:
        StepFailed: The run gave no verdict.
    """
    command(home, "replay", NAME, "--through", month)
    output = command(home, "run", NAME, "--json").stdout
    answer = json.loads(output.splitlines()[-1]) if output else {}
    if "verdict" not in answer:
        raise StepFailed(f"The run of {month} gave no verdict: {answer.get('error', 'no JSON')}")
    return {"text": f"{answer['verdict']}\n{wrapped(answer['reason'])}"}
