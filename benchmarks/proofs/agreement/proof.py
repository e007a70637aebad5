"""Reads cells of every kind of column, by every setting, at every entry point; counts how many disagree."""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from benchmarks.harness.page import Outcome, code_block
from benchmarks.proofs.agreement.comparison import Tally, run_trial
from benchmarks.proofs.agreement.trials import FATES, ROLES

_MINUTES: Final = 6.0
_CELLS: Final = 60
_LEAST_SHARE: Final = 0.2
_HOW: Final = """Each trial is a column of one kind, with reading rules and a CSV dialect drawn at random, and
cells of text and of two other classes. Files are read as `run`, `check` and `predict` read them; requests by
the server's own parsers, and its request log is written and read back. Each result (read with its value,
missing, or refused with its reason) is compared with what the rule (`serving/reading/cells.py`) makes of it.

A model cannot tell an empty text from a missing one, so these are equal where it is given them. `run`
and `check` refuse a row without a time, and `predict` and the server do not; this is expected."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """How long it tries, and from which seed."""
    parser.add_argument("--minutes", type=float, default=_MINUTES)
    parser.add_argument("--seed", type=int, default=0, help="the first trial's")


def run(options: argparse.Namespace) -> Outcome:
    """Makes trials of each column in turn until the time is over."""
    tally, seed, end = Tally(), options.seed, time.monotonic() + 60 * options.minutes
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() < end or seed == options.seed:
            for role in ROLES:
                run_trial(random.Random(f"{seed} {role}"), role, _CELLS, tally, Path(folder))
            seed += 1
            if seed % 50 == 0:
                print(f"{8 * seed} trials, {tally.disagreements} disagreements", file=sys.stderr, flush=True)
    shares = [tally.least_share(fate) for fate in FATES]
    good = not tally.disagreements and min(shares) >= _LEAST_SHARE
    return Outcome(_page(tally, seed - options.seed), good, whole=options.minutes >= _MINUTES)


def _page(tally: Tally, rounds: int) -> str:
    cells, compared = tally.cells.total(), tally.comparisons.total()
    columns = {role: {fate: tally.cells[role, fate] for fate in FATES} for role in ROLES}
    rows = [
        f"| {role} | {' | '.join(f'{each[fate]:,}' for fate in FATES)} |" for role, each in columns.items()
    ]
    summary = f"{rounds * len(ROLES):,} trials, {cells:,} cells, {compared:,} comparisons"
    return "\n".join(
        [
            _HOW,
            "",
            f"**{summary}: {tally.disagreements} disagreements.**",
            *(["", code_block("\n".join(tally.shown))] if tally.shown else []),
            "",
            "| column | read | missing | refused |",
            "|---|---|---|---|",
            *rows,
            "",
            *_counts("setting", "cells read with it", tally.settings),
            "",
            *_counts("entry point", "cells", tally.comparisons),
        ]
    )


def _counts(name: str, what: str, counts: Mapping[str, int]) -> list[str]:
    return [f"| {name} | {what} |", "|---|---|", *(f"| {key} | {counts[key]:,} |" for key in sorted(counts))]
