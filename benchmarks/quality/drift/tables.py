"""The dated tables of the benchmark: flights, and hired bicycles, on which nobody tuned anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from pipeline.use_cases import flights

DAY: Final = "_day"
_BIKES_YEAR: Final = "2011"


@dataclass(frozen=True)
class UnitSegment:
    """A part of the rows whose unit can change alone.

    Attributes:
        column: The text column that names it.
        value: Its value.
        numbers: Columns whose unit changes.
        factor: What a number is multiplied with, after `offset` is added.
        offset: What is added to a number.
    """

    column: str
    value: str
    numbers: tuple[str, ...]
    factor: float
    offset: float


@dataclass(frozen=True)
class DatedTable:
    """Rows by day, and what can be damaged in them.

    Attributes:
        name: `flights` or `bikes`.
        rows: A frame ordered by time: numbers float64 with NaN for missing, text str with None, and `_day`,
            the row's day from 0. No day is left out.
        first: Date of day 0.
        numbers: Columns of numbers, the label not among them.
        text: Columns of text.
        label: The label's column.
        labels: Its two values; empty where it is a number.
        category: A column of few values, of which one is gone or gets another name.
        gone: The value that is gone, of medium size.
        segment: A part of the rows whose unit changes.
        joined: Columns that are joined from another table, for broken joins.
        join_key: Column whose rows a join mixes up.
        history: Days before the first that is judged.
    """

    name: str
    rows: Any
    first: np.datetime64
    numbers: tuple[str, ...]
    text: tuple[str, ...]
    label: str
    labels: tuple[float, ...]
    category: str
    gone: str
    segment: UnitSegment
    joined: tuple[str, ...]
    join_key: str
    history: int

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns but the day, the label last."""
        return (*self.text, *self.numbers, self.label)

    @property
    def days(self) -> int:
        """The number of days."""
        return int(self.rows[DAY].iloc[-1]) + 1

    def bounds(self) -> Sequence[int]:
        """The first row of each day, and the number of rows; shape (days + 1,)."""
        return list(np.searchsorted(self.rows[DAY].to_numpy(), np.arange(self.days + 1)))

    def date(self, day: int) -> np.datetime64:
        """The date of a day."""
        return self.first + np.timedelta64(day, "D")

    def months(self) -> list[range]:
        """The days of each calendar month."""
        months = (self.first + np.arange(self.days)).astype("datetime64[M]")
        starts = [0, *(np.flatnonzero(months[1:] != months[:-1]) + 1), self.days]
        return [range(first, last) for first, last in pairwise(starts)]


def flights_table() -> DatedTable:
    """New York's flights of 2013: 365 days of 300 to 1,000 rows, 11 numbers, 4 texts, a label of 0 and 1."""
    rows = flights.past_rows()
    time = pd.to_datetime(rows[flights.TIME_COLUMN])
    text = ("carrier", "tailnum", "origin", "dest")
    numbers = tuple(name for name in flights.COLUMNS if name not in (*text, "late", flights.TIME_COLUMN))
    return DatedTable(
        name="flights",
        rows=_typed(rows, time, numbers, text, "late"),
        first=np.datetime64(flights.FIRST_DAY),
        numbers=numbers,
        text=text,
        label="late",
        labels=(0.0, 1.0),
        category="carrier",
        gone="US",
        segment=UnitSegment("origin", "EWR", ("temp", "dewp"), 5 / 9, -32.0),
        joined=flights.COLUMNS[7:16],
        join_key="origin",
        history=122,
    )


def bikes_table(packages: Path) -> DatedTable:
    """Bicycles hired in Washington by the hour in 2011: 365 days of 24 rows and fewer.

    From the package ISLP. Its columns of the date itself (season, month, day of the year) make up the time
    column and are left out. The label, the number of bicycles, is a number.

    Args:
        packages: Folder of the installed packages with tables.
    """
    rows = pd.read_csv(packages / "ISLP/data/Bikeshare.csv", dtype={"hr": str})
    time = pd.to_datetime(rows["day"].astype(int), unit="D", origin=f"{_BIKES_YEAR}-01-01") - pd.Timedelta(
        1, "D"
    )
    text = ("weathersit", "hr")
    numbers = (
        "holiday",
        "weekday",
        "workingday",
        "temp",
        "atemp",
        "hum",
        "windspeed",
        "casual",
        "registered",
    )
    return DatedTable(
        name="bikes",
        rows=_typed(rows, time, numbers, text, "bikers"),
        first=np.datetime64(f"{_BIKES_YEAR}-01-01"),
        numbers=numbers,
        text=text,
        label="bikers",
        labels=(),
        category="weathersit",
        gone="cloudy/misty",
        segment=UnitSegment("weathersit", "clear", ("temp", "atemp"), 1.8, 0.18),
        joined=("weathersit", "temp", "atemp", "hum", "windspeed"),
        join_key="hr",
        history=122,
    )


def _typed(rows: Any, time: Any, numbers: Sequence[str], text: Sequence[str], label: str) -> Any:
    """The frame of a `DatedTable`; rows stay in order."""
    day = time.dt.normalize()
    columns = {DAY: (day - day.iloc[0]).dt.days.astype("int64")}
    for name in text:
        columns[name] = rows[name].astype(object).where(rows[name].notna(), None)
    for name in (*numbers, label):
        columns[name] = pd.to_numeric(rows[name]).astype("float64")
    frame = pd.DataFrame(columns)
    if not frame[DAY].is_monotonic_increasing:
        frame = frame.sort_values(DAY, kind="stable", ignore_index=True)
    return frame
