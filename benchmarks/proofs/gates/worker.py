"""Judges series in a copy of the repository, where `new` may write; leaves the result of each.

`python -m benchmarks.proofs.gates.worker PACKAGES HOME CODE NAME...`: CODE is the digest that results carry.
"""

import sys
import time
from pathlib import Path

from benchmarks.harness.resume import Done
from benchmarks.proofs.gates.agreement import COMPARED, NAME, judged_by_run
from benchmarks.proofs.gates.series import all_series, judged
from pipeline import config


def main(packages: Path, home: Path, code: str, names: list[str]) -> None:
    """Judges the series of these names."""
    done = Done(home, code)
    for series in all_series():
        if series.name in names:
            began = time.monotonic()
            result = done.add(series.name, judged(series, packages, home / "files" / series.use_case))
            took = time.monotonic() - began
            spans = f"{len(result['spans'])} spans, {len(result['damaged'])} damaged"
            print(f"{series.name}: {spans}, {took:.0f} s {result['problem']}", file=sys.stderr, flush=True)
        if series.name == COMPARED and NAME in names:
            done.add(NAME, judged_by_run(series, packages, home / "files" / "run"))


if __name__ == "__main__":
    config.quieten()
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4:])
