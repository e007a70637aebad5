"""Dates and times of text: formats, ISO 8601, offsets, zones."""

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.reading.date_formats import conflict, formats_of
from serving.reading.rules import ISO
from serving.reading.time_zones import offset_at, zone
from serving.reading.times import NO_SUCH_DAY, are_canonical, read_time

BERLIN = "Europe/Berlin"


def read(text: str, *written: str, time_zone: str = "UTC") -> str | None:
    moment = read_time(text, formats_of(written), time_zone)
    return moment and moment.text


@pytest.mark.parametrize(
    ("text", "written", "iso"),
    [
        ("29.03.2024 08:00", ("%d.%m.%Y %H:%M",), "2024-03-29 08:00:00"),
        ("2024-03-29", ("%d.%m.%Y %H:%M",), "2024-03-29"),
        ("2024-03-29T08:00", ("%d.%m.%Y %H:%M",), "2024-03-29 08:00:00"),
        ("2024-03-29 08:00:01.500", (), "2024-03-29 08:00:01.5"),
        ("2024-03-29t08:00:01,25z", (), "2024-03-29 08:00:01.25"),
        ("29/3/24", ("%d.%m.%Y", "%d/%m/%y"), "2024-03-29"),
        ("2024-01-02", ("%Y-%d-%m",), "2024-02-01"),
        ("2024-01-13", ("%Y-%d-%m",), None),
        ("20240329", ("%Y%m%d",), "2024-03-29"),
        ("tomorrow", ("%d.%m.%Y",), None),
        ("2024-3-9", (), None),
        ("2024-03-29 08:00 CET", (), None),
        ("2024-02-29T24:00", (), "2024-03-01 00:00:00"),
        ("2024-12-31 24:00:00.000", (), "2025-01-01 00:00:00"),
        ("2016-12-31 23:59:60.25Z", (), "2017-01-01 00:00:00.25"),
        ("2024-03-29T25:00", (), None),
        ("29.02.2024 24:00", ("%d.%m.%Y %H:%M",), "2024-03-01 00:00:00"),
        ("Fri, 29 Mar 2024 08:00:00 GMT", ("%a, %d %b %Y %H:%M:%S GMT",), "2024-03-29 08:00:00"),
        ("1 Sept 2023", ("%d %b %Y",), "2023-09-01"),
        ("03/29/2024 08:00 p.m.", ("%m/%d/%Y %I:%M %p",), "2024-03-29 20:00:00"),
        ("29-MAR-24 08.00.00.500000 PM", ("%d-%b-%y %I.%M.%S.%f %p",), "2024-03-29 20:00:00.5"),
    ],
)
def test_a_text_is_read_in_the_first_format_that_it_fits(
    text: str, written: tuple[str, ...], iso: str | None
) -> None:
    assert read(text, *written) == iso


@pytest.mark.parametrize(
    "text",
    [
        *("2023-02-29", "30.02.2024", "0000-01-01", "9999-12-31T23:00:00-02:00", "9999-12-31T24:00"),
        *("2024-03-29 24:01", "2024-03-29 24:00:00.5", "2024-03-29 24:00:60"),
    ],
)
def test_a_day_that_does_not_exist(text: str) -> None:
    with pytest.raises(ValueError, match=NO_SUCH_DAY):
        read(text, "%d.%m.%Y")


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("2024-03-31T00:59:59Z", "2024-03-31 01:59:59"),
        ("2024-03-31T01:00:00Z", "2024-03-31 03:00:00"),
        ("2024-10-27T00:30:00Z", "2024-10-27 02:30:00"),
        ("2024-10-27T01:30:00Z", "2024-10-27 02:30:00"),
        ("2024-10-27T02:30:00+02:00", "2024-10-27 02:30:00"),
        ("2024-10-27T02:30:00+01:00", "2024-10-27 02:30:00"),
        ("2024-07-01T12:00:00-0530", "2024-07-01 19:30:00"),
        ("2024-07-01 12:00:00 +02", "2024-07-01 12:00:00"),
        ("2024-07-01 12:00:00", "2024-07-01 12:00:00"),
        ("2024-07-01 12:00:00 UTC", "2024-07-01 14:00:00"),
        ("2024-07-01 12:00:00.0000000 -08:00", "2024-07-01 22:00:00"),
        ("2024-07-01 12:00 GMT+5:30", "2024-07-01 08:30:00"),
        ("2024-07-01T12:00:00GMT-0330", "2024-07-01 17:30:00"),
        ("2024-07-01T12:00:00+09:00[Asia/Tokyo]", "2024-07-01 05:00:00"),
        ("2024-07-01T12:00:00Z[Etc/UTC]", "2024-07-01 14:00:00"),
        ("2024-07-01T12:00:00-02:30 (Newfoundland Daylight Time)", "2024-07-01 16:30:00"),
        ("1890-01-01T00:00Z", "1890-01-01 00:53:28"),
        ("2200-07-01T00:00:00.120Z", "2200-07-01 02:00:00.12"),
    ],
)
def test_a_time_with_an_offset_becomes_the_zones_wall_clock(text: str, clock: str) -> None:
    assert read(text, time_zone=BERLIN) == clock


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("%Y-%m-%dT%H:%M:%SZ", "2024-07-01T12:00:00Z"),
        ("%d/%m/%Y %H:%M UTC", "1/7/2024 12:00 UTC"),
        ("%a %b %d %H:%M:%S UTC %Y", "Mon Jul  1 12:00:00 UTC 2024"),
        ("%a %b %d %Y %H:%M:%S %z", "Mon Jul 01 2024 15:00:00 GMT+0300 (Moscow Standard Time)"),
        ("%d/%b/%Y:%H:%M:%S %z", "01/Jul/2024:12:00:00 +0000"),
        ("%Y%m%dT%H%M%S%z", "20240701T120000Z"),
    ],
)
def test_what_a_format_says_of_utc_is_an_offset(written: str, text: str) -> None:
    assert read(text, written, time_zone=BERLIN) == "2024-07-01 14:00:00"


@settings(max_examples=150, deadline=None)
@given(
    st.datetimes(datetime.datetime(1900, 1, 2), datetime.datetime(2200, 1, 1)),
    st.sampled_from([BERLIN, "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Monrovia"]),
    st.sampled_from(["Z", "+00:00", "+0530", "-09:30", "+14"]),
)
def test_one_instant_has_one_wall_clock(moment: datetime.datetime, name: str, offset: str) -> None:
    sign = {"Z": 0, "+00:00": 0, "+0530": 19800, "-09:30": -34200, "+14": 50400}[offset]
    instant = (moment - datetime.timedelta(seconds=sign)).replace(tzinfo=datetime.timezone.utc)
    expected = instant.astimezone(zone(name)).replace(tzinfo=None)
    fraction = f".{expected.microsecond:06d}".rstrip("0") if expected.microsecond else ""
    text = f"{moment.isoformat()}{offset}"
    assert read(text, time_zone=name) == f"{expected.replace(microsecond=0).isoformat(' ')}{fraction}"


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("%d.%m.%Y", "%m.%d.%Y", True),
        ("%d/%m/%y", "%m/%d/%y", True),
        ("%Y%m%d", "%Y%d%m", True),
        ("%Y-%d-%m", "ISO8601", True),
        ("%d.%m.%Y", "%d.%m.%y", False),
        ("%d.%m.%Y", "%m/%d/%Y", False),
        ("%Y-%m-%d", "ISO8601", False),
        ("%Y-%m-%d %H:%M:%S", "ISO8601", False),
        ("%I:%M %p %d.%m.%Y", "%H:%M %d.%m.%Y", False),
    ],
)
def test_formats_that_read_one_text_differently(one: str, other: str, differ: bool) -> None:
    assert bool(conflict(one, other)) == differ
    assert bool(conflict(other, one)) == differ


@pytest.mark.parametrize("name", ["Europe/Berlinn", "", "/etc/passwd", "../UTC", "Europe", "UTC+2"])
def test_no_such_zone(name: str) -> None:
    with pytest.raises(ValueError, match="expected a time zone"):
        zone(name)


def test_offsets_of_a_zone() -> None:
    assert offset_at("Asia/Kathmandu", 0) == 19800
    assert offset_at("UTC", 10**9) == 0


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 9999), st.tuples(*[st.integers(0, 62)] * 5))
def test_a_text_that_is_as_it_will_be_is_read_as_any_other(year: int, rest: tuple[int, ...]) -> None:
    month, day, hour, minute, second = (f"{part:02d}" for part in rest)
    readings = []
    for between in (" ", "T"):
        try:
            readings.append(read(f"{year:04d}-{month}-{day}{between}{hour}:{minute}:{second}"))
        except ValueError as error:
            readings.append(str(error))
    assert readings[0] == readings[1]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1990, 2010), *[st.integers(0, 32)] * 2), max_size=3),
    st.sampled_from(["", " 08:00:00", " 08:00:60", "T08:00:00", " 08+05:30", " 08:00Z"]),
    st.sampled_from([ISO, "%d.%m.%Y"]),
)
def test_what_is_canonical_is_read_as_it_is(
    days: list[tuple[int, int, int]], rest: str, written: str
) -> None:
    texts = [f"{year}-{month:02d}-{day:02d}{rest}" for year, month, day in days]
    if are_canonical(texts, formats_of([written])):
        assert texts == [read(text, written) for text in texts]


def test_most_dates_are_canonical() -> None:
    assert are_canonical(["2024-02-29", "2024-12-31"], formats_of([ISO]))
    assert are_canonical(["2024-02-29 00:00:00", "2024-02-29 23:59:59"], formats_of([ISO]))
    assert not are_canonical(["2023-02-29"], formats_of([ISO]))
    assert not are_canonical(["2024-02-29 08+05:30"], formats_of([ISO]))
    assert not are_canonical(["2024-02-29 08:00:00", "2024-02-29T08:00:00"], formats_of([ISO]))
