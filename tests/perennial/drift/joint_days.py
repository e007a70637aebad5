"""Day tables for the tests of joins and segments: hourly weather at three airports joined to flights."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from perennial.drift.day_columns import LEVELS, NumberDays, TextDays
from perennial.drift.day_summaries import DAY, ORDER, DayTable

Frame = dict[str, Any]
FIRST = np.datetime64("2013-01-01", "D")
ORIGINS = np.array([b"EWR", b"JFK", b"LGA"], object)
CARRIERS = np.array([b"AA", b"B6", b"DL", b"UA"], object)


def flights(days: int, rows: int = 120, seed: int = 3) -> Frame:
    """Rows of flights, each with the distance of its route and the weather of its airport in its hour."""
    random = np.random.default_rng(seed)
    day = np.repeat(np.arange(days), rows)
    hour = random.integers(5, 23, len(day))
    origin = random.integers(0, 3, len(day))
    dest = random.integers(0, 20, len(day))
    level = 60 + 20 * np.sin(np.arange(days) / 58) + np.cumsum(random.normal(0, 2, days)) * 0.3
    walk = np.cumsum(random.normal(0, 1.5, (days, 3, 24)), axis=2)
    temp = level[day] + walk[day, origin, hour] + 6 * np.sin((hour - 9) / 24 * 2 * np.pi)
    return {
        "day": day,
        "clock": hour * 3600.0 + random.integers(0, 60, len(day)) * 60,
        "origin": ORIGINS[origin],
        "carrier": CARRIERS[random.integers(0, 4, len(day))],
        "dest": np.array([b"D%02d" % place for place in dest], object),
        "distance": (100.0 + 97 * dest + 3 * origin),
        "temp": temp,
        "humid": np.clip(100 - 0.8 * temp + random.normal(0, 1, len(day)), 5, 100),
    }


def day_table(frame: Frame, clock: str = "clock", whole: tuple[str, ...] = ("distance",)) -> DayTable:
    """Summaries and sample of rows; numbers are float32, `whole` int64, NaN and None are missing."""
    day = np.asarray(frame["day"])
    ordinals = np.unique(day)
    place = np.searchsorted(ordinals, day)
    days = FIRST + ordinals
    columns: dict[str, NumberDays | TextDays] = {}
    arrays: dict[str, pa.Array] = {}
    for name, values in frame.items():
        if name == "day":
            continue
        if values.dtype == object:
            columns[name] = _texts(values, place, len(days))
            arrays[name] = pa.array(values.tolist(), pa.binary())
            continue
        columns[name] = _numbers(values.astype(float), place, len(days))
        if name == clock:
            seconds = np.datetime64("2013-01-01T00:00:00") + values.astype("timedelta64[s]")
            arrays[name] = pa.array([str(each).replace("T", " ").encode() for each in seconds], pa.binary())
        elif name in whole:
            arrays[name] = pa.array(
                np.nan_to_num(values).astype(np.int64), mask=np.isnan(values.astype(float))
            )
        else:
            arrays[name] = pa.array(values.astype(np.float32), mask=np.isnan(values.astype(float)))
    arrays[DAY] = pa.array(days[place].astype(np.int32)).cast(pa.date32())
    arrays[ORDER] = pa.array(np.arange(len(day), dtype=np.uint32))
    rows = np.bincount(place, minlength=len(days)).astype(np.int64)
    return DayTable(days, rows, columns, pa.table(arrays))


def changed(frame: Frame, first: int, change: Callable[[Frame], Frame]) -> Frame:
    """The rows from a day on, changed."""
    return change({name: values[frame["day"] >= first].copy() for name, values in frame.items()})


def shuffled(frame: Frame, column: str, share: float, seed: int = 1) -> Frame:
    """A share of the rows of each day exchange their values of a column."""
    random = np.random.default_rng(seed)
    rows = np.flatnonzero(random.random(len(frame["day"])) < share)
    other = rows[np.lexsort((random.random(len(rows)), frame["day"][rows]))]
    values = frame[column].copy()
    values[rows] = frame[column][other]
    return {**frame, column: values}


def celsius(frame: Frame, origin: bytes) -> Frame:
    """Another unit of the temperature at one airport."""
    of_origin = frame["origin"] == origin
    return {**frame, "temp": np.where(of_origin, (frame["temp"] - 32) / 1.8, frame["temp"])}


def _numbers(values: Any, place: Any, days: int) -> NumberDays:
    present_rows = ~np.isnan(values)
    order = np.lexsort((values[present_rows], place[present_rows]))
    counts = np.bincount(place[present_rows], minlength=days)
    groups = np.split(values[present_rows][order], np.cumsum(counts)[:-1])
    quantiles = [
        each[np.rint(LEVELS * (len(each) - 1)).astype(int)] if len(each) else np.full(len(LEVELS), np.nan)
        for each in groups
    ]
    means = [each.mean() if len(each) else np.nan for each in groups]
    present, distinct = (
        [int(count(each)) for each in groups] for count in (len, lambda each: len(np.unique(each)))
    )
    return NumberDays(np.array(present), np.array(means), np.array(quantiles), np.array(distinct))


def _texts(values: Any, place: Any, days: int) -> TextDays:
    known = sorted({value for value in values if value is not None})
    code_of = {value: place for place, value in enumerate(known)}
    codes = np.array([code_of.get(value, -1) for value in values])
    counts = np.zeros((days, len(known)), np.int64)
    np.add.at(counts, (place[codes >= 0], codes[codes >= 0]), 1)
    present = counts.sum(axis=1)
    zeros = np.zeros(days, np.int64)
    return TextDays(
        present, (counts > 0).sum(axis=1), tuple(known), counts, zeros, np.zeros((days, 7), np.int64)
    )
