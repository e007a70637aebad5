"""Day summaries made of random numbers, with season, autocorrelation and heavy tails."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from perennial.drift.day_summaries import DAY, LEVELS, ORDER, SHAPES, DayTable, NumberDays, TextDays

ROWS = 900


def dates(days: int, start: str = "2013-01-01") -> npt.NDArray[np.datetime64]:
    return np.datetime64(start, "D") + np.arange(days)


def numbers(
    level: npt.NDArray[np.float64], rows: int = ROWS, missing: float = 0.0, spread: float = 5.0
) -> NumberDays:
    """A column whose values of a day are uniform around its level."""
    days = len(level)
    present = np.full(days, round(rows * (1 - missing)), np.int64)
    quantiles = level[:, None] + spread * (LEVELS - 0.5)[None]
    quantiles[present == 0] = np.nan
    mean = np.where(present > 0, level, np.nan)
    return NumberDays(present, mean, quantiles, np.minimum(present, 500))


def texts(counts: npt.NDArray[np.int64], values: Sequence[bytes], lower: int = 0) -> TextDays:
    """A column with these counts of values, (days, values), and so many rows a day in lower case."""
    present = counts.sum(axis=1)
    shapes = np.zeros((len(counts), len(SHAPES)), np.int64)
    shapes[:, SHAPES.index("lower")] = lower
    shapes[:, SHAPES.index("upper")] = present - lower
    shapes[:, SHAPES.index("length")] = 2 * present
    return TextDays(
        present,
        np.count_nonzero(counts, axis=1),
        tuple(values),
        counts,
        np.zeros(len(counts), np.int64),
        shapes,
    )


def walk(days: int, seed: int, scale: float = 4.0) -> npt.NDArray[np.float64]:
    """A year's and a week's season, and what stays by six tenths of it from day to day, with t5 noise."""
    dice = np.random.default_rng(seed)
    noise = dice.standard_t(5, days)
    rest = np.zeros(days)
    for day in range(1, days):
        rest[day] = 0.6 * rest[day - 1] + noise[day]
    time = np.arange(days)
    return 50 + 20 * np.sin(2 * np.pi * time / 365) + 2 * (time % 7 == 5) + scale * rest


def shares(days: int, seed: int, values: int = 4, rows: int = ROWS) -> npt.NDArray[np.int64]:
    """Counts of values whose shares fluctuate."""
    dice = np.random.default_rng(seed)
    usual = np.arange(values, 0, -1) / np.arange(values, 0, -1).sum()
    return np.stack([dice.multinomial(rows, dice.dirichlet(usual * 800)) for _ in range(days)]).astype(
        np.int64
    )


def table(
    days: int, columns: Mapping[str, Any] | None = None, seed: int = 0, start: str = "2013-01-01"
) -> DayTable:
    """Days of 900 rows with a few columns of their own, and others."""
    own: dict[str, Any] = {
        "temp": numbers(walk(days, seed)),
        "wind": numbers(walk(days, seed + 1000)),
        "carrier": texts(shares(days, seed), [b"AA", b"BB", b"CC", b"DD"]),
    }
    count = np.full(days, ROWS, np.int64)
    sample = pa.table({DAY: pa.array([], pa.date32()), ORDER: pa.array([], pa.uint32())})
    return DayTable(dates(days, start), count, own | dict(columns or {}), sample)


def joined(history: DayTable, columns: Mapping[str, Any]) -> DayTable:
    """The same days with other columns beside or instead."""
    return DayTable(history.days, history.rows, {**history.columns, **columns}, history.sample)
