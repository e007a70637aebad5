"""Days of a small table by simulation: a number, a category and a label, with a weekly number of rows."""

import datetime
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from perennial.drift.day_summaries import DayTable
from perennial.drift.summarise import days_of

FIRST = datetime.date(2013, 1, 1)
SCHEMA = text_format.Parse(
    """
    feature { name: "day" type: BYTES }
    feature { name: "temp" type: FLOAT }
    feature { name: "carrier" type: BYTES }
    feature { name: "late" type: INT int_domain { min: 0 max: 1 } }
    """,
    schema_pb2.Schema(),
)


def day_names(count: int, first: int = 0) -> list[str]:
    """Days in succession, ISO."""
    return [(FIRST + datetime.timedelta(days=place)).isoformat() for place in range(first, first + count)]


def rows_of(days: Sequence[str], seed: int = 17, warmer: float = 0.0, missing: float = 0.0) -> pa.Table:
    """Rows of days: about 300 each; `warmer` is added to the number, a share `missing` has none."""
    names, temps, carriers, late = [], [], [], []
    for day in days:
        random = np.random.default_rng([seed, datetime.date.fromisoformat(day).toordinal()])
        weekday = datetime.date.fromisoformat(day).weekday()
        count = int(300 + 30 * (weekday < 5) + random.normal(0, 8))
        level = 50 + random.normal(0, 2) + warmer
        values = random.normal(level, 10, count)
        temps += [None if random.random() < missing else float(value) for value in values]
        carriers += random.choice([b"AA", b"UA", b"B6"], count, p=[0.5, 0.3, 0.2]).tolist()
        late += (random.random(count) < 0.2).astype(int).tolist()
        names += [day.encode()] * count
    return pa.table(
        {
            "day": pa.array(names, pa.binary()),
            "temp": pa.array(temps, pa.float32()),
            "carrier": pa.array(carriers, pa.binary()),
            "late": pa.array(late, pa.int64()),
        }
    )


def summarised(days: Sequence[str], warmer: float = 0.0, missing: float = 0.0, seed: int = 17) -> DayTable:
    """The summaries of such days."""
    return days_of(rows_of(days, seed, warmer, missing), SCHEMA, "day")
