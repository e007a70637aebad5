"""Which baselines a history can be compared with, by their names."""

from collections.abc import Collection
from datetime import date

import numpy as np
import numpy.typing as npt

from perennial.drift.residuals import USUAL, Baseline

_WINDOW = 7
# So many days of the history must be comparable with a reference as old and long as this one.
_COMPARABLE = 60


def baselines_of(
    days: npt.NDArray[np.datetime64],
    names: Collection[str],
    training: Collection[date] | None,
    pinned: Collection[date] | None,
) -> tuple[tuple[Baseline, ...], tuple[tuple[str, str], ...]]:
    """The baselines, and the names of those that cannot be used, each with the reason.

    How far a week is usually from a reference that is as old and as long as the training days is taken from
    the history; so the history must reach back far enough before it.
    """
    chosen = [base for base in USUAL if base.name in names]
    unused = []
    for name, dates in (("training", training), ("pinned", pinned)):
        if name not in names or dates is None:
            continue
        reference = np.array(sorted(dates), "datetime64[D]")
        inside = reference[(reference >= days[0]) & (reference <= days[-1])] if len(days) else reference[:0]
        if not len(inside):
            unused.append((name, "its days are not in the history"))
            continue
        length = int((inside[-1] - inside[0]).astype(np.int64)) + 1
        lag = max(int((days[-1] - inside[-1]).astype(np.int64)), _WINDOW)
        if len(days) - lag - length < _COMPARABLE:
            unused.append((name, f"the history would need {lag + length + _COMPARABLE} days"))
            continue
        chosen.append(Baseline(name, _WINDOW, lag, length))
    return tuple(chosen) or USUAL[:1], tuple(unused)
