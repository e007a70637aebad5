"""Decides into which spans a table is cut, by its rows' days."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from commands.new.plan import SpanKind, SpanPlan

MOST_SPANS: Final = 24
FEWEST_ROWS: Final = 100
# Where years are too many they are taken together, so that the spans still have names that sort: 1960, 1970.
_YEARS: Final = (1, 2, 5, 10, 20, 50, 100)

Days = npt.NDArray[np.str_]


@dataclass(frozen=True)
class Cut:
    """How rows go to spans.

    Attributes:
        kind: How the spans' names are read.
        years: How many years make a span whose name is the first of them; 0 where days or months do, or all
            rows are one span.
    """

    kind: SpanKind
    years: int = 0

    def span_of(self, day: str) -> str:
        """The span of a day, `YYYY-MM-DD`."""
        if self.kind == "day":
            return day
        if self.kind == "month":
            return day[:7]
        return str(int(day[:4]) // self.years * self.years) if self.years else ONE

    @property
    def said(self) -> str:
        """What a span is, in words."""
        if self.kind != "number":
            return f"a {self.kind} each"
        if not self.years:
            return "all rows together"
        return "a year each" if self.years == 1 else f"{self.years} years each"


ONE: Final = "1"


def cut_of(days: Days | None) -> Cut:
    """Chooses the shortest spans of which there are at most `MOST_SPANS`, with rows enough in each.

    Args:
        days: The day of each row; None without a time column.
    """
    if days is None or not len(days):
        return Cut("number")
    for cut in _candidates():
        rows = list(_counted(days, cut).values())
        if len(rows) <= MOST_SPANS and len(rows) > 1 and float(np.median(rows)) >= FEWEST_ROWS:
            return cut
    return Cut("number")


def days_covered(days: Days) -> int:
    """How many days lie between the first and the last."""
    if not len(days):
        return 0
    dates = days.astype("datetime64[D]")
    return int((dates.max() - dates.min()).astype(int))


def _candidates() -> Iterator[Cut]:
    yield Cut("day")
    yield Cut("month")
    for years in _YEARS:
        yield Cut("number", years)


def _counted(days: Days, cut: Cut) -> Counter[str]:
    by_day = zip(*np.unique(days, return_counts=True), strict=True)
    counted: Counter[str] = Counter()
    for day, rows in by_day:
        counted[cut.span_of(str(day))] += int(rows)
    return counted


def spans_of(days: Days | None, rows: int, cut: Cut) -> tuple[SpanPlan, ...]:
    """The spans, oldest first, with their rows."""
    if days is None or cut == Cut("number"):
        return (SpanPlan(ONE, rows),)
    counted = _counted(days, cut)
    return tuple(SpanPlan(name, counted[name]) for name in sorted(counted, key=_order(cut)))


def _order(cut: Cut) -> "type[int] | type[str]":
    return int if cut.kind == "number" else str


def span_numbers(days: Days | None, rows: int, cut: Cut, spans: Sequence[SpanPlan]) -> npt.NDArray[np.int64]:
    """For each row the number of its span in `spans`."""
    if days is None or len(spans) == 1:
        return np.zeros(rows, np.int64)
    names = {span.name: number for number, span in enumerate(spans)}
    unique, places = np.unique(days, return_inverse=True)
    return np.array([names[cut.span_of(str(day))] for day in unique], np.int64)[places]
