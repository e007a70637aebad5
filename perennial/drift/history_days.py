"""The days of the accepted spans of a history, each with its date, and those that are in doubt."""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from perennial.drift.day_file import FILE, read_days
from perennial.drift.day_summaries import DayTable
from perennial.drift.orders import HistorySpan
from perennial.drift.span_days import of_span


def tables_of(spans: Sequence[HistorySpan]) -> list[DayTable]:
    """The days of each span as its file has them, in the same order, each with its date.

    Raises:
        DaysDamaged: A file of day summaries is damaged.
    """
    return dated(spans, (read_days(Path(span.days) / FILE) for span in spans))


def dated(spans: Sequence[HistorySpan], stored: Iterable[DayTable]) -> list[DayTable]:
    """The days of each span, of what is stored of it; rows without a day get that after the span before."""
    tables: list[DayTable] = []
    last: np.datetime64 | None = None
    for span, each in zip(spans, stored, strict=True):
        table = of_span(each, span.span, last)
        tables.append(table)
        if len(table.days):
            last = table.days[-1] if last is None else max(last, table.days[-1])
    return tables


def days_in_alarm(spans: Iterable[tuple[HistorySpan, DayTable]]) -> set[datetime.date]:
    """The days of alarms that no person has decided about."""
    return set(_in_alarm(spans))


def _in_alarm(spans: Iterable[tuple[HistorySpan, DayTable]]) -> Iterator[datetime.date]:
    for span, table in spans:
        days = dates_of([table])
        for since, until in span.alarms:
            first = datetime.date.fromisoformat(since) if since else datetime.date.min
            last = datetime.date.fromisoformat(until) if until else datetime.date.max
            yield from (day for day in days if first <= day <= last)


def dates_of(tables: Iterable[DayTable]) -> set[datetime.date]:
    """The days of several tables."""
    return {day for table in tables for day in table.days.astype("datetime64[D]").tolist()}
