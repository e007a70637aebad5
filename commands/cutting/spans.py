"""Which spans a table is cut into, by its rows' days or hours."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timezone, tzinfo
from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.span_names import SpanKind
from pipeline.span_periods import end_of

MOST_SPANS: Final = 24
FEWEST_ROWS: Final = 100
# Where years are too many they are taken together, so that the spans still have names that sort: 1960, 1970.
_YEARS: Final = (1, 2, 5, 10, 20, 50, 100)

Days = npt.NDArray[np.str_]


@dataclass(frozen=True)
class TableSpan:
    """One span that the table is cut into: its folder's name and how many rows it has."""

    name: str
    rows: int


@dataclass(frozen=True)
class SpanRule:
    """How rows go to spans.

    Attributes:
        kind: How the spans' names are read.
        years: How many years make a span whose name is the first of them; 0 where days or months do, or all
            rows are one span.
    """

    kind: SpanKind
    years: int = 0

    @property
    def needs_hours(self) -> bool:
        """Whether a day is not enough to know the span."""
        return self.kind == "hour"

    def span_of(self, time: str) -> str:
        """The span of a day, `YYYY-MM-DD`; of an hour, `YYYY-MM-DD HH`, where `needs_hours`."""
        if self.kind == "hour":
            return time.replace(" ", "T")
        if self.kind == "day":
            return time
        if self.kind == "week":
            year, week, _ = date.fromisoformat(time).isocalendar()
            return f"{year:04}-W{week:02}"
        if self.kind == "month":
            return time[:7]
        return str(int(time[:4]) // self.years * self.years) if self.years else ONE

    def end_of(self, span: str, zone: tzinfo) -> datetime:
        """The moment at which a span that rows go to has ended, by the midnights of a zone."""
        if self.kind != "number":
            return end_of(span, self.kind, zone) or _NEVER
        end = int(span) + self.years
        return datetime(end, 1, 1, tzinfo=zone) if end <= date.max.year else _NEVER

    @property
    def description(self) -> str:
        """What a span is, in words."""
        if self.kind != "number":
            return f"one per {self.kind}"
        if not self.years:
            return "all rows together"
        return "one per year" if self.years == 1 else f"one per {self.years} years"


ONE: Final = "1"
_NEVER: Final = datetime.max.replace(tzinfo=timezone.utc)


def span_rule(days: Days | None) -> SpanRule:
    """Chooses the shortest spans of which there are at most `MOST_SPANS`, with rows enough in each.

    Args:
        days: The day of each row; None without a time column.
    """
    if days is None or not len(days):
        return SpanRule("number")
    for rule in _candidates():
        rows = list(_counted(days, rule).values())
        if len(rows) <= MOST_SPANS and len(rows) > 1 and float(np.median(rows)) >= FEWEST_ROWS:
            return rule
    return SpanRule("number")


def days_covered(days: Days) -> int:
    """How many days lie between the first and the last."""
    if not len(days):
        return 0
    dates = days.astype("datetime64[D]")
    return int((dates.max() - dates.min()).astype(int))


def _candidates() -> Iterator[SpanRule]:
    yield SpanRule("day")
    yield SpanRule("month")
    for years in _YEARS:
        yield SpanRule("number", years)


def _counted(days: Days, rule: SpanRule) -> Counter[str]:
    by_day = zip(*np.unique(days, return_counts=True), strict=True)
    counted: Counter[str] = Counter()
    for day, rows in by_day:
        counted[rule.span_of(str(day))] += int(rows)
    return counted


def spans_of(days: Days | None, rows: int, rule: SpanRule) -> tuple[TableSpan, ...]:
    """The spans, oldest first, with their rows."""
    if days is None or rule == SpanRule("number"):
        return (TableSpan(ONE, rows),)
    counted = _counted(days, rule)
    return tuple(TableSpan(name, counted[name]) for name in sorted(counted, key=_order(rule)))


def _order(rule: SpanRule) -> "type[int] | type[str]":
    return int if rule.kind == "number" else str


def span_numbers(
    days: Days | None, rows: int, rule: SpanRule, spans: Sequence[TableSpan]
) -> npt.NDArray[np.int64]:
    """For each row the number of its span in `spans`."""
    if days is None or len(spans) == 1:
        return np.zeros(rows, np.int64)
    names = {span.name: number for number, span in enumerate(spans)}
    unique, places = np.unique(days, return_inverse=True)
    return np.array([names[rule.span_of(str(day))] for day in unique], np.int64)[places]
