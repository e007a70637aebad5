"""Wall clocks of whole columns of instants: those of each instant, around every kind of change of a clock."""

import datetime
import random

import numpy as np
import pyarrow as pa
import pytest

from perennial.reading.dates import read_dates, times_of
from perennial.reading.zones import ZoneCount, merged_counts, wall_clocks
from serving.reading.date_formats import DateFormat
from serving.reading.rules import ISO
from serving.reading.times import wall_clock

EPOCH = datetime.datetime(1970, 1, 1)
SECOND = datetime.timedelta(seconds=1)
ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",  # its summer is half an hour
    "Europe/Amsterdam",  # until 1937 19 minutes and 32 seconds ahead
    "Africa/Casablanca",  # summer but in Ramadan
    "Africa/Monrovia",
    "Pacific/Apia",  # left out a day
    "Asia/Kathmandu",
]


@pytest.mark.parametrize("zone", ZONES)
def test_the_clock_of_each_instant_is_that_of_the_rules(zone: str) -> None:
    dice = random.Random(zone)
    years = [dice.randint(-70, 230) for _ in range(60)]
    near = [y * 31_556_952 + dice.randint(0, 31_556_952) for y in years]
    # Each hour of two years, with the seconds before and after, so that every change is among them.
    start = int((datetime.datetime(2011, 10, 1) - EPOCH).total_seconds())
    hours = [start + 3600 * hour + second for hour in range(0, 2 * 8766) for second in (-1, 0)]
    seconds = np.array([*near, *hours], np.int64)
    expected = [(wall_clock(each, zone) - EPOCH) // SECOND for each in seconds.tolist()]
    assert wall_clocks(seconds, zone).tolist() == expected


def test_an_hour_that_comes_twice_and_one_that_is_left_out_are_read_from_parquet() -> None:
    hours = [datetime.datetime(2024, 10, 27, 0, 30) + datetime.timedelta(hours=hour) for hour in range(3)]
    hours.append(datetime.datetime(2024, 3, 31, 1, 0, 0, 1))
    texts = [
        b"2024-10-27 02:30:00",
        b"2024-10-27 02:30:00",
        b"2024-10-27 03:30:00",
        b"2024-03-31 03:00:00.000001",
    ]
    for zone in ("Europe/Berlin", "America/New_York", "+05:30", "UTC"):
        column = pa.chunked_array([pa.array([*hours, None], pa.timestamp("us", zone))])
        read = times_of(column, "Europe/Berlin")
        assert read.values.to_pylist() == [*texts, None]
        assert read.zones == ZoneCount(4, (zone,), 0)


def test_times_outside_of_the_years_that_dates_have_are_none() -> None:
    column = pa.chunked_array([pa.array([2**62, 0, None], pa.timestamp("us"))])
    read = times_of(column, "UTC")
    assert read.values.to_pylist() == [None, b"1970-01-01 00:00:00", None]
    assert read.unreal.to_pylist() == [True, False, False]


def test_nanoseconds_and_old_times_keep_their_fraction() -> None:
    column = pa.chunked_array([pa.array([-1, 1_500_000_000], pa.timestamp("ns"))])
    assert times_of(column, "UTC").values.to_pylist() == [
        b"1969-12-31 23:59:59.999999999",
        b"1970-01-01 00:00:01.5",
    ]


def test_times_are_counted_by_how_their_zone_is_written() -> None:
    texts = ["2024-01-01T10:00+02:00", "2024-01-01T10:00+02:00", "2024-01-01T10:00Z", "2024-01-01 10:00"]
    cells = pa.chunked_array([pa.array([text.encode() for text in [*texts, "2024-01-01", "x"]], pa.binary())])
    count = read_dates(cells, [DateFormat(ISO)], "UTC").zones
    assert count == ZoneCount(3, ("+02:00", "+00:00"), 1)
    assert merged_counts([{"t": count}, {}, {"t": ZoneCount(1, ("+02:00",), 1)}]) == {
        "t": ZoneCount(4, ("+02:00", "+00:00"), 2)
    }
