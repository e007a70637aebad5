"""A year of days and one of months through the schedule, with real runs and real faults, against an oracle.

The plan of each year comes from a seed. Each moment of it is carried out with the real commands at the plan's
time; then `check-overdue`, `status` and `spans` are asked, and the disk is looked at. All of it is compared
with the oracle, which was written from the documents. In a stretch of the year of days a living schedule,
whose clock is set from outside, does what `schedule --once` does in the rest.

It takes hours: `--minutes` ends a part, and the next start goes on. What was observed is kept: after an edit
of the oracle or of the comparison alone it is compared anew, not done anew.
"""

import argparse
import hashlib
import sys
import time
from pathlib import Path
from typing import Final

from benchmarks.harness.page import Outcome
from benchmarks.harness.program import add_fresh, add_home
from benchmarks.harness.resume import keep_only_of
from benchmarks.harness.tree import digest_of_code
from benchmarks.proofs.year.comparison import Observed, YearComparison
from benchmarks.proofs.year.driver import Stretch, YearDriver
from benchmarks.proofs.year.home import YearHome
from benchmarks.proofs.year.page import CarriedOut, year_page
from benchmarks.proofs.year.plan import YearPlan
from benchmarks.proofs.year.troubles import SEEDS, daily, monthly
from pipeline.config import REPOSITORY

YEARS: Final = {"monthly": monthly, "daily": daily}
# The days on which a living schedule looks.
LIVING: Final = {"monthly": Stretch("", ""), "daily": Stretch("2013-09-01", "2013-10-08")}
# So many differences are one that has consequences: what follows says nothing more.
MANY: Final = 40
_FOLDER: Final = "benchmarks/proofs/year"
# What compares only: after an edit of it nothing is carried out again.
_COMPARING: Final = ("comparison.py", "oracle.py", "page.py", "proof.py", "runs.py", "state.py")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which years, and for how long."""
    add_home(parser, "proof-year", "folder for homes and results")
    add_fresh(parser)
    parser.add_argument("--year", choices=tuple(YEARS), help="one of the years; default: both")
    parser.add_argument("--seed", type=int, default=SEEDS[0])
    parser.add_argument("--minutes", type=float, default=55, help="length of this part; default: 55")
    parser.add_argument(
        "--moments", type=int, default=sys.maxsize, help="end each year after so many moments of its plan"
    )
    parser.add_argument(
        "--differences", type=int, default=MANY, help=f"end a year that has more of them; default: {MANY}"
    )


def run(options: argparse.Namespace) -> Outcome:
    """Goes on with the years; the page is of both."""
    until = time.monotonic() + options.minutes * 60
    names = [options.year] if options.year else list(YEARS)
    years = {name: _year(name, options, until) for name in names}
    finished = all(len(year.observed) == len(year.plan.moments) for year in years.values())
    for name, year in years.items():
        print(_progress(name, year), file=sys.stderr)
    good = finished and not any(year.comparison.differences for year in years.values())
    return Outcome(year_page(years), good=good, whole=finished and len(names) == len(YEARS))


def _year(name: str, options: argparse.Namespace, until: float) -> CarriedOut:
    plan: YearPlan = YEARS[name](options.seed)
    folder: Path = options.home / name
    YearHome(folder).release()
    keep_only_of(folder, _digest(plan, options.about), fresh=options.fresh)
    comparison = YearComparison(plan)
    driver = YearDriver(folder, plan, LIVING[name])

    def goes_on(observed: Observed) -> bool:
        differences = comparison.add(observed)
        is_new = len(comparison.outcomes) == len(driver.observed)
        if is_new or differences:
            _print_moment(name, plan, comparison, observed)
        for difference in differences:
            text = f"  DIFFERENCE {difference.what}: expected {difference.expected}, got {difference.got}"
            print(text, file=sys.stderr, flush=True)
        return len(comparison.differences) <= options.differences

    driver.go(until, options.moments, goes_on)
    return CarriedOut(plan, LIVING[name], driver.observed, comparison)


def _progress(name: str, year: CarriedOut) -> str:
    done, planned = len(year.observed), len(year.plan.moments)
    differences = len(year.comparison.differences)
    more = "" if done == planned else " Run this again to go on."
    return f"{name}: {done} of {planned} moments are done; {differences} differences.{more}"


def _digest(plan: YearPlan, about: tuple[str, ...]) -> str:
    """Of all that the observations follow from: the plan, the product, and what carries the plan out."""
    own = sorted(path.name for path in (REPOSITORY / _FOLDER).glob("*.py") if path.name not in _COMPARING)
    names = [*(name for name in about if name != _FOLDER), *(f"{_FOLDER}/{name}" for name in own)]
    return hashlib.sha256(f"{digest_of_code(REPOSITORY, names)}{plan.to_json()}".encode()).hexdigest()


def _print_moment(name: str, plan: YearPlan, comparison: YearComparison, observed: Observed) -> None:
    number = observed["moment"]
    moment, outcome = plan.moments[number], comparison.outcomes[number]
    kinds = [*moment.troubles, *(event.kind for event in moment.events), moment.fault, moment.point]
    runs = " ".join(f"{run['trigger']} {run['verdict']}" for run in observed["facts"]["runs"])
    text = f"{name} {number + 1}/{len(plan.moments)} {moment.at} {moment.act} {' '.join(filter(None, kinds))}"
    end = f"{text}: {runs or '-'}, live {outcome.live}, {observed['seconds']} s"
    print(end, file=sys.stderr, flush=True)
