"""Small histories by day with a shift, and calibrations of them; seeds are fixed."""

import functools
from typing import Final

import numpy as np
import pyarrow as pa

from perennial.drift.calibration import Calibration, calibrate
from perennial.drift.day_summaries import DAY, ORDER, DayTable, NumberDays, TextDays
from perennial.drift.rate import Rate

FIRST: Final = np.datetime64("2013-01-01", "D")
ROWS: Final = 900
# The day from which the column `heat` is warmer, and by how much; the column `rain` lacks values then.
SHIFTED: Final = np.datetime64("2013-06-20", "D")
WARMER: Final = 6.0
MISSING: Final = 200


def day_table(first: np.datetime64 = FIRST, days: int = 180, *, numbers: int = 2, seed: int = 0) -> DayTable:
    """Columns `heat, rain, number2, …` of numbers and `colour` of texts; days since `SHIFTED` are shifted."""
    random = np.random.default_rng(seed)
    dates = first + np.arange(days)
    columns: dict[str, NumberDays | TextDays] = {}
    for place in range(numbers):
        name = ("heat", "rain")[place] if place < 2 else f"number{place}"
        level = 20 + 3 * np.sin(dates.astype(int) / 58) + random.normal(size=days)
        level = level + WARMER * (dates >= SHIFTED) * (name == "heat")
        missing = random.binomial(ROWS, 0.02, days) + MISSING * (dates >= SHIFTED) * (name == "rain")
        quantiles = level[:, None] + np.linspace(-8, 8, 65)
        columns[name] = NumberDays(ROWS - missing, level, quantiles, np.full(days, 500))
    counts = random.multinomial(ROWS, [0.5, 0.3, 0.2], days)
    shapes = np.zeros((days, 7), np.int64)
    shapes[:, 0], shapes[:, 6] = ROWS, 4 * ROWS
    all_rows, none = np.full(days, ROWS), np.zeros(days, np.int64)
    values = (b"blue", b"grey", b"r<d")
    columns["colour"] = TextDays(all_rows, np.full(days, 3), values, counts, none, shapes)
    sample = pa.table({DAY: pa.array([], pa.date32()), ORDER: pa.array([], pa.uint32())})
    rows = ROWS + random.integers(-20, 20, days)
    return DayTable(dates, rows.astype(np.int64), columns, sample)


@functools.cache
def calibrated(days: int = 180, rate: str = "1 per quarter", numbers: int = 2) -> Calibration:
    """A calibration of the first days."""
    return calibrate(day_table(days=days, numbers=numbers), Rate.parse(rate))
