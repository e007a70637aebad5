"""Which train rows a version did not learn from: by these a warm start decides when to stop."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from perennial.training.fitting import HELD_OUT_ROWS, split
from perennial.training.starting_point import StartingPoint
from perennial.training.table import Table


def rows_to_stop_by(
    point: StartingPoint, table: Table, window: Mapping[str, Any], days: int | None
) -> tuple[npt.NDArray[np.int32] | None, str]:
    """Of the rows by which any training stops those that are new to the version, or why there are too few.

    On rows that it learned from, its own weights would look better than any others.

    Args:
        point: The version.
        table: The train rows.
        window: The content of their `window.json`.
        days: How many days decide when to stop; None: rows have no days.

    Returns:
        int32 (rows,), as in `Table.chosen`, and nothing; or None and a sentence.
    """
    ordinary = split(table, days or 1, days is not None)
    unseen = _unseen(point, table, window)
    if ordinary is None or unseen is None:
        return None, point.unfit("it is not known which rows it learned from")
    chosen = ordinary[1].chosen
    stop = chosen[unseen[chosen]]
    least = min(HELD_OUT_ROWS, len(chosen))
    if len(stop) >= least:
        return stop, ""
    return None, (
        f"Of the rows by which the number of epochs is chosen, {len(stop)} are new to version"
        f" {point.version}; {least} are needed."
    )


def _unseen(point: StartingPoint, table: Table, window: Mapping[str, Any]) -> npt.NDArray[np.bool_] | None:
    """Which rows of the table the version did not learn from, by day, else by span; None: not known."""
    if table.days:
        if not point.last_day:
            return None
        return (np.array(table.days) > point.last_day)[table.order]
    spans = [span for span in window.get("spans") or [] if span.get("train_rows")]
    new = [not point.has_learned_span(span) for span in spans]
    rows = np.repeat(new, [int(span["train_rows"]) for span in spans]).astype(bool)
    # Of too many rows every second, fourth, ... was kept (`data.read_table`).
    every = 1
    while len(rows[::every]) > len(table.order):
        every *= 2
    return rows[::every] if len(rows[::every]) == len(table.order) else None
