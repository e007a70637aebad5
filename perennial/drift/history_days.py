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
    """The days of each span, in the same order; rows without a day get the one after the span before.

    Raises:
        DaysDamaged: A file of day summaries is damaged.
    """
    tables: list[DayTable] = []
    last: np.datetime64 | None = None
    for span in spans:
        table = of_span(read_days(Path(span.days) / FILE), span.span, last)
        tables.append(table)
        if len(table.days):
            last = table.days[-1] if last is None else max(last, table.days[-1])
    return tables


def days_in_alarm(spans: Iterable[tuple[HistorySpan, DayTable]]) -> Iterator[datetime.date]:
    """The days of alarms that no person has decided about."""
    for span, table in spans:
        days = dates_of([table])
        for since, until in span.alarms:
            first = datetime.date.fromisoformat(since) if since else datetime.date.min
            last = datetime.date.fromisoformat(until) if until else datetime.date.max
            yield from (day for day in days if first <= day <= last)


def dates_of(tables: Iterable[DayTable]) -> set[datetime.date]:
    """The days of several tables."""
    return {day for table in tables for day in table.days.astype("datetime64[D]").tolist()}
