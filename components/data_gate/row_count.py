"""Compares a span's number of rows with the accepted spans before it that are comparable."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from components.data_gate.anomalies import Anomaly
from components.data_gate.comparable import NEWEST, Rhythm, rhythm_of
from components.data_gate.settings import GateSettings

# Of each span before: its name and its rows.
RowCounts = Sequence[tuple[str, int]]

# docs/decisions/new-defaults.md has the false alarms of these and of others.
USUAL_FACTOR: Final = 5 / 3
SIGMAS: Final = 3.0
FEWEST_SPANS: Final = 2
# The standard deviation of a normal distribution, in median absolute deviations (Rousseeuw and Croux, 1993).
_MAD: Final = 1.4826
_NONE: Final = Rhythm()


@dataclass(frozen=True)
class UsualRows:
    """The rows that a span usually has.

    Attributes:
        low: Fewer are unusual.
        high: More are unusual.
        median: Of the spans that were compared.
        spans: How many these are.
        rhythm: What they share with the span.
    """

    low: float
    high: float
    median: float
    spans: int
    rhythm: Rhythm


def usual_rows(counts: Sequence[int], rhythm: Rhythm = _NONE) -> UsualRows:
    """The usual number of rows, by the median and the median absolute deviation of the counts' logarithms.

    A count is usual from 3/5 to 5/3 of the median, or further away if the counts scatter more than that: by
    three standard deviations, taken to be those of a Poisson count at least. One that is as near as that to
    the newest count is usual, too, for a table whose size has changed for good.

    Args:
        counts: Rows of each span, oldest first; one at least.
        rhythm: What these spans share.
    """
    logs = np.log(np.maximum(counts, 1))
    middle = float(np.median(logs))
    scatter = _MAD * float(np.median(np.abs(logs - middle)))
    width = max(math.log(USUAL_FACTOR), SIGMAS * max(scatter, math.exp(-middle / 2)))
    newest = float(logs[-1])
    low, high = min(middle, newest) - width, max(middle, newest) + width
    return UsualRows(math.exp(low), math.exp(high), math.exp(middle), len(counts), rhythm)


def judge_row_count(
    span: str, rows: int, row_counts: RowCounts, settings: GateSettings
) -> tuple[list[Anomaly], str | None]:
    """Compares a span's rows with those of the accepted spans before it.

    Args:
        span: Its name; of a day only spans of the same weekday are compared, of an hour those of the same
            hour and weekday.
        rows: Its rows.
        row_counts: Of the accepted spans before it, oldest first.
        settings: For the severity.

    Returns:
        The anomaly, or nothing; and why it was not checked, None if it was.
    """
    usual = _compared(span, row_counts)
    if usual is None:
        shared = rhythm_of(span).text
        comparable = f"accepted spans of its {shared}" if shared else "accepted spans"
        why = f"fewer than {FEWEST_SPANS} {comparable} are before the span"
        return [], f"The number of rows was not compared: {why}."
    if usual.low <= rows <= usual.high:
        return [], None
    same = f" of the same {usual.rhythm.text}" if usual.rhythm.text else ""
    message = (
        f"The span has {rows:,} rows; the {usual.spans} accepted spans{same} before it have"
        f" {usual.median:,.0f} in the median, and {math.ceil(usual.low):,} to {math.floor(usual.high):,} are"
        " usual."
    )
    return [Anomaly("", "row_count", settings.action("", "row_count"), message)], None


def _compared(span: str, row_counts: RowCounts) -> UsualRows | None:
    """The usual rows by the newest spans; None where there are too few."""
    rhythm = rhythm_of(span)
    same = [rows for name, rows in row_counts if rhythm_of(name) == rhythm]
    return usual_rows(same[-NEWEST:], rhythm) if len(same) >= FEWEST_SPANS else None
