"""Lets the months of 2013 land one after another and runs the pipeline after each, as a schedule would.

Usage: python -m benchmarks.months --home DIR [--through 2013-06]

Taken up again it goes on where it stopped: a month whose successor has landed is done.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]


def main() -> None:
    """Replays and runs each month; prints the headline of each verdict."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--home", type=Path, required=True, help="PERENNIAL_HOME of the runs")
    parser.add_argument("--through", default="2013-06", help="the last month")
    options = parser.parse_args()
    exports = options.home / "exports" / "flights"
    months = [f"2013-{month:02d}" for month in range(1, int(options.through[-2:]) + 1)]
    for month, following in zip(months, [*months[1:], "none"], strict=True):
        if not (exports / following).exists():
            _command(options.home, "replay", "flights", "--through", month)
            print(month, _command(options.home, "run", "flights").partition("\n\nSpans")[0], "\n", flush=True)


def _command(home: Path, *arguments: str) -> str:
    """Runs a command of the pipeline; gives what it says. A verdict is an answer, whatever its exit code."""
    done = subprocess.run(
        [sys.executable, str(REPOSITORY / "local_runner.py"), *arguments],
        env={**os.environ, "PERENNIAL_HOME": str(home)},
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout.strip()


if __name__ == "__main__":
    main()
