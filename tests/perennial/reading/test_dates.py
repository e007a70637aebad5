"""Dates in the ways people write them: ISO text where they fit their format, a fault where they do not."""

import datetime
import random

import pyarrow as pa
import pytest

from perennial.reading.cells import from_text
from serving.reading.cells import CellRule
from serving.reading.date_formats import DateFormat
from serving.reading.rules import ReadingRules


def column(*texts: str | None) -> pa.ChunkedArray:
    half = len(texts) // 2
    cells = [None if text is None else text.encode() for text in texts]
    return pa.chunked_array([pa.array(part, pa.binary()) for part in (cells[:half], cells[half:])])


def read(written: str, *texts: str | None) -> list[str | None]:
    """ISO text of each, or its fault."""
    rule = CellRule.of("d", "string", ReadingRules(date_format={"d": (written,)}))
    values, faults, _ = from_text("d", rule, column(*texts))
    reasons = {fault.row: fault.reason for fault in faults}
    iso = [None if value is None else value.decode() for value in values.to_pylist()]
    return [reasons.get(row, value) for row, value in enumerate(iso)]


@pytest.mark.parametrize(
    ("written", "text", "iso"),
    [
        ("%d/%m/%Y", "1/2/2013", "2013-02-01"),
        ("%m/%d/%Y", "01/02/2013", "2013-01-02"),
        ("%d.%m.%y", "31.12.68", "2068-12-31"),
        ("%d.%m.%y", "31.12.69", "1969-12-31"),
        ("%Y%m%d", "20130102", "2013-01-02"),
        ("%d-%b-%Y", "2-JAN-2013", "2013-01-02"),
        ("%B %d, %Y", "february  28, 2013", "2013-02-28"),
        ("%A, %d %b %y", "Monday, 3 Feb 20", "2020-02-03"),
        ("%m/%d/%Y %I:%M:%S %p", "1/2/2013 12:05:09 AM", "2013-01-02 00:05:09"),
        ("%m/%d/%Y %I:%M %p", "1/2/2013 12:05 pm", "2013-01-02 12:05:00"),
        ("%d/%m/%Y %H:%M", "1/2/2013 9:05", "2013-02-01 09:05:00"),
        ("%Y-%m-%dT%H:%M:%SZ", "2013-01-02T03:04:05Z", "2013-01-02 03:04:05"),
        ("%Y-%m-%dT%H:%M:%S.%f%z", "2013-01-02T03:04:05.120+01:00", "2013-01-02 02:04:05.12"),
        ("%Y-%m-%d %H:%M:%S.%f", "2013-01-02 03:04:05.000", "2013-01-02 03:04:05"),
        ("%Y年%m月%d日", "2013年1月2日", "2013-01-02"),
        ("%m/%Y", "2/2013", "2013-02-01"),
        ("%b-%y", "Feb-13", "2013-02-01"),
        ("%Y", "2013", "2013-01-01"),
        ("%d/%m/%Y", "2013-02-01", "2013-02-01"),
        ("%d/%m/%Y", " 1/2/2013\t", "2013-02-01"),
        ("%d %b %Y", "1 Sept 2013", "2013-09-01"),
        ("%m/%d/%Y %I:%M %p", "1/2/2013 12:05 P.M.", "2013-01-02 12:05:00"),
        ("%d.%m.%Y", "\u00a01.2.2013\u202f", "2013-02-01"),
        ("%H:%M %d/%m/%Y", "24:00 31/12/2013", "2014-01-01 00:00:00"),
        ("%d/%m/%Y %H:%M:%S", "31/12/2016 23:59:60", "2017-01-01 00:00:00"),
        ("%d/%m/%Y", "2024-02-28T24:00:00.0-00:30", "2024-02-29 00:30:00"),
        ("%d/%m/%Y", "2024-03-29 24:00:00.001", "a date that does not exist"),
        ("%d/%m/%Y", "2024-07-01T12:00:00 GMT+2 (summer)", "2024-07-01 10:00:00"),
        ("%b %d %Y %H:%M:%S UTC", "Jul 1 2024 12:00:00 UTC", "2024-07-01 12:00:00"),
        ("%d.%m.%Y (100%%)", "1.2.2013 (100%)", "2013-02-01"),
    ],
)
def test_a_date_becomes_iso_text(written: str, text: str, iso: str) -> None:
    assert read(written, None, text, text) == [None, iso, iso]


@pytest.mark.parametrize(
    ("written", "text", "reason"),
    [
        ("%d/%m/%Y", "30/2/2013", "a date that does not exist"),
        ("%d/%m/%Y", "29/2/1900", "a date that does not exist"),
        ("%Y-%m-%d", "0000-01-01", "a date that does not exist"),
        (
            "%d/%m/%Y",
            "1/13/2013",
            "expected a date written %d/%m/%Y or ISO8601, got a date; see exports.date_format",
        ),
        (
            "%d/%m/%Y",
            "1/2/13",
            "expected a date written %d/%m/%Y or ISO8601, got a date; see exports.date_format",
        ),
        ("%d%m%Y", "1122013", "expected a date written %d%m%Y or ISO8601, got text"),
        (
            *("%d.%m.%Y", "2013-02-01 03:04:05 CEST"),
            "expected a date written %d.%m.%Y or ISO8601, got a time with a zone's short name",
        ),
        ("%H:%M %d/%m/%Y", "24:01 1/2/2013", "a date that does not exist"),
        ("%d.%m.%Y", "1x2x2013", "expected a date written %d.%m.%Y or ISO8601, got text"),
    ],
)
def test_what_is_no_such_date_is_a_fault(written: str, text: str, reason: str) -> None:
    good = datetime.date(2013, 2, 1).strftime(written)
    assert read(written, good, text, None)[1:] == [reason, None]


@pytest.mark.parametrize(
    "written",
    [
        "%d/%m/%Y %H:%M:%S",
        "%m-%d-%y",
        "%b %d %Y %I:%M %p",
        "%A %d. %B %Y",
        "%Y%m%d%H%M%S",
        "%Y-%m-%d %H:%M:%S.%f",
    ],
)
def test_it_agrees_with_pythons_strptime(written: str) -> None:
    dice = random.Random(written)
    moments = [
        datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=dice.randrange(3_000_000_000))
        for _ in range(500)
    ]
    texts = [moment.strftime(written) for moment in moments]
    expected = [datetime.datetime.strptime(text, written).isoformat(" ") for text in texts]
    length = 19 if DateFormat(written).has_time else 10
    assert read(written, *texts) == [text[:length] for text in expected]


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("%d/%m", "a year"),
        ("%d %Y", "one month"),
        ("%Y %Y", "%Y is used twice"),
        ("%Y %Q", "%Q is not one of them"),
        ("%Y 100%", "% is not one of them"),
        ("%Y-%m-%d %I:%M", "%I with %p"),
        ("%Y-%m %H", "only with a day"),
        ("%Y-%m-%d %M", "only with a day"),
        ("%Y-%m-%d %H.%f", "only with seconds"),
        ("yyyy-mm-dd", "a year"),
    ],
)
def test_a_format_that_leaves_the_day_open_is_refused(written: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        DateFormat(written)
