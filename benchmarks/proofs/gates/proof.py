"""Public tables and flights land span by span, as they are and with known damage; every gate judges them.

`new` writes each use case with its defaults; the nodes from reading to the window's gate judge in one
process, nothing is trained. A series that was judged with this very code is not judged again; its result
is in `HOME/results`. The proof fails if nobody has looked at a blocked span (`reasons.py`), or if more than
2% of the later spans are blocked wrongly, in all or by any one finding.
"""

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.harness.code_copy import CodeCopy
from benchmarks.harness.page import Outcome
from benchmarks.harness.program import NotReady, add_fresh, add_home
from benchmarks.harness.resume import Done, StepFailed
from benchmarks.harness.tree import digest_of_code
from benchmarks.proofs.gates.agreement import COMPARED, NAME, differences
from benchmarks.proofs.gates.page import page, problems
from benchmarks.proofs.gates.result import SeriesResult
from benchmarks.proofs.gates.series import FLIGHTS, all_series
from benchmarks.proofs.tables.sources import add_packages
from pipeline.config import REPOSITORY

# What only the page is made with: an edit of it measures nothing anew.
_OF_THE_PAGE = ("page.py", "reasons.py", "proof.py")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which series, and where the tables are."""
    add_home(parser, "proof-gates", "folder for the copy of the code, files and results")
    add_fresh(parser)
    add_packages(parser)
    parser.add_argument("--only", default="", help="only series whose name matches this regular expression")


def run(options: argparse.Namespace) -> Outcome:
    """Judges the series without a result; good where the page has no problem.

    Raises:
        NotReady: The packages with tables are not installed.
        StepFailed: The process that judges has failed.
    """
    if not options.packages.is_dir():
        raise NotReady(f"{options.packages} is missing. Run `make proof-gates`, which installs it.")
    folder = Path(__file__).parent.relative_to(REPOSITORY).as_posix()
    sources = [f"{folder}/{path.name}" for path in Path(__file__).parent.glob("*.py")]
    about = [each for each in options.about if each != folder]
    measured = [each for each in sources if not each.endswith(_OF_THE_PAGE)]
    code = digest_of_code(REPOSITORY, [*about, *sorted(measured)])
    done = Done(options.home, code)
    series = [each.name for each in all_series() if re.search(options.only, each.name)]
    wanted = [*series, *([NAME] if COMPARED in series else [])]
    missing = [name for name in wanted if options.fresh or done.get(name) is None]
    if missing:
        _judge(options.home, options.packages.resolve(), code, missing)
    results = [SeriesResult.from_json(name, done.get(name) or {}) for name in series]
    failed = problems(results)
    compared = done.get(NAME)
    if compared is not None:
        (spans,) = (each.spans for each in results if each.name == COMPARED)
        failed += differences(spans, compared["spans"])
    return Outcome(page(results, failed), good=not failed, whole=not options.only)


def _judge(home: Path, packages: Path, code: str, names: list[str]) -> None:
    """Judges flights and tables beside each other, each in a copy of the repository: `new` writes into it."""
    workers = []
    parts = [[each for each in names if each.startswith(FLIGHTS)], []]
    parts[1] = [each for each in names if each not in parts[0]]
    for number, part in enumerate(parts):
        if part:
            copy = CodeCopy(home / f"code-{number}", home / f"root-{number}")
            shutil.rmtree(copy.home, ignore_errors=True)
            copy.renew()
            module = "benchmarks.proofs.gates.worker"
            line = [sys.executable, "-W", "ignore", "-m", module, str(packages), str(home), code, *part]
            variables = {**copy.environment(), "TF_CPP_MIN_LOG_LEVEL": "3"}
            workers.append(subprocess.Popen(line, cwd=copy.code, env=variables))
    codes = [worker.wait() for worker in workers]
    if any(codes):
        raise StepFailed(f"A process that judges ended with {max(codes, key=abs)}.")
