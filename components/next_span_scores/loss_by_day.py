"""Losses of rows, added up by day; numpy alone."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from perennial import scores
from perennial.task import Kind

# Rows and sum of their losses, by day.
LossByDay = dict[str, list[float]]
NO_DAY: Final = ""
SCORES_FILE: Final = "scores.json"
_DAY_LENGTH: Final = len("2013-01-31")
# The loss of each row, as the Evaluator has it: log loss, or of a regression the squared error.
ROW_LOSSES: Final[Mapping[Kind, Callable[[Any, Any], npt.NDArray[np.float64]]]] = {
    "binary": scores.row_losses,
    "multiclass": scores.class_losses,
    "regression": scores.squared_errors,
}


def add_losses(by_day: LossByDay, losses: npt.NDArray[np.float64], times: npt.NDArray[Any] | None) -> None:
    """Adds the losses of a batch of rows to those of their days.

    Args:
        by_day: Is added to: `[rows, sum of losses]` of each day.
        losses: Shape (rows,).
        times: Shape (rows,), bytes that begin with a day, such as `b"2013-01-31 17:05"`; None: rows have no
            time, and all are of the day `NO_DAY`.
    """
    if times is None:
        _add(by_day, NO_DAY, len(losses), float(losses.sum()))
        return
    distinct, codes = np.unique(times, return_inverse=True)
    days, codes_of_days = np.unique([_day(time) for time in distinct], return_inverse=True)
    places = codes_of_days[codes]
    counts, sums = np.bincount(places), np.bincount(places, losses)
    for day, count, total in zip(days.tolist(), counts.tolist(), sums.tolist(), strict=True):
        _add(by_day, day, count, total)


def _day(time: bytes) -> str:
    return time[:_DAY_LENGTH].decode("utf-8", "replace")


def _add(by_day: LossByDay, day: str, rows: int, total: float) -> None:
    if rows:
        before = by_day.get(day, [0, 0.0])
        by_day[day] = [before[0] + rows, before[1] + total]
