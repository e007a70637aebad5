"""A small dated table with columns of each sort."""

import numpy as np
import pandas as pd

from benchmarks.quality.drift.tables import DAY, DatedTable, UnitSegment

DAYS = 200
ROWS_A_DAY = 40


def small_table() -> DatedTable:
    """200 days of 40 rows from 2013-01-01 on: two texts, two numbers, a label of 0 and 1."""
    chance = np.random.default_rng(3)
    count = DAYS * ROWS_A_DAY
    rows = pd.DataFrame(
        {
            DAY: np.repeat(np.arange(DAYS), ROWS_A_DAY),
            "town": chance.choice(["NEW", "OLD", "FAR"], count).astype(object),
            "code": chance.choice([f"C{number:03}" for number in range(60)], count).astype(object),
            "heat": chance.normal(60, 9, count).round(1),
            "size": chance.integers(1, 500, count).astype("float64"),
            "late": (chance.random(count) < 0.2).astype("float64"),
        }
    )
    return DatedTable(
        name="small",
        rows=rows,
        first=np.datetime64("2013-01-01"),
        numbers=("heat", "size"),
        text=("town", "code"),
        label="late",
        labels=(0.0, 1.0),
        category="town",
        gone="OLD",
        segment=UnitSegment("town", "NEW", ("heat",), 5 / 9, -32.0),
        joined=("heat", "size"),
        join_key="town",
        history=60,
    )
