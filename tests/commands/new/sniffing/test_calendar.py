"""How dates are written, and whether the day or the month comes first."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from commands.new.sniffing import calendar, evidence
from commands.new.sniffing.calendar import Dates
from tests.commands.new.sniffing.sniffed_text import sniff_text


def test_dates_of_one_digit_become_iso_text(tmp_path: Path) -> None:
    sniffed = sniff_text(tmp_path, "d,y\n" + "".join(f"2013-1-{day},{day % 2}\n" for day in range(1, 29)))
    assert sniffed.exports == {"date_format": {"d": "%Y-%m-%d"}}


def dates(values: Sequence[str | None]) -> Dates | None:
    column = pa.chunked_array([pa.array([value and value.encode() for value in values], pa.binary())])
    return calendar.dates_of(column, evidence.values_of(column))


@pytest.mark.parametrize(
    ("values", "written", "rival"),
    [
        (["2013-01-05", "2013-11-28"], "%Y-%m-%d", ""),
        (["13/2/2013", "1/2/2013"], "%d/%m/%Y", ""),
        (["2/13/2013", "1/2/2013"], "%m/%d/%Y", ""),
        (["1/2/2013", "3/2/2013", "2/2/2013"], "%d/%m/%Y", "%m/%d/%Y"),
        (["Jan 5, 2013", "Feb 6, 2013"], "%b %d, %Y", ""),
        (["5.1.2013 14:30", "28.11.2013 09:05"], "%d.%m.%Y %H:%M", ""),
        (["2013-01", "2013-02"], "%Y-%m", ""),
        (["2013-01-05 01:02:03.0000000 +02:00"], "%Y-%m-%d %H:%M:%S.%f %z", ""),
        (["2013-01-05 01:02:03 UTC"], "%Y-%m-%d %H:%M:%S %z", ""),
        (["Sat Jan 05 2013 01:02:03 GMT+0200 (CET)"], "%a %b %d %Y %H:%M:%S %z", ""),
        (["05-JAN-13 01.02.03.000000 AM"], "%d-%b-%y %I.%M.%S.%f %p", ""),
        (["05JAN2013:01:02:03"], "%d%b%Y:%H:%M:%S", ""),
        (["05/Jan/2013:01:02:03 +0000"], "%d/%b/%Y:%H:%M:%S %z", ""),
        (["20130105T010203Z"], "%Y%m%dT%H%M%S%z", ""),
        (["2013-01-05-01.02.03.000000"], "%Y-%m-%d-%H.%M.%S.%f", ""),
        (["5 Sept 2013", "6 Oct 2013"], "%d %b %Y", ""),
    ],
)
def test_dates_are_read_in_the_format_that_fits_most(values: list[str], written: str, rival: str) -> None:
    seen = dates(values)
    assert seen is not None
    assert {seen.written, seen.rival} == {written, rival}


def test_the_order_of_the_rows_decides_where_both_readings_fit() -> None:
    seen = dates(["1/2/2013", "2/2/2013", "1/3/2013", "5/3/2013"])
    assert seen is not None
    assert seen.sorted_by == "%d/%m/%Y"


@pytest.mark.parametrize("values", [["a", "b"], ["12", "13"], [None, None], ["1.5", "2.5"]])
def test_what_is_no_date_has_no_format(values: list[str | None]) -> None:
    assert dates(values) is None


def test_whole_numbers_are_dates_only_where_all_of_several_are() -> None:
    sure, few = dates(["20130105", "20130106", "20130107"]), dates(["20130105", "20130106"])
    assert sure is not None
    assert few is not None
    assert calendar.is_certain(sure)
    assert not calendar.is_certain(few)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("%d.%m.%Y %H:%M", "day.month.year hour:minute"),
        ("%Y-%m-%dT%H:%M:%S%z", "year-month-day T hour:minute:second UTC offset"),
        (
            "%b %d, %y %I:%M %p",
            "month name day, two-digit year (69 is 1969, 68 is 2068) hour (1-12):minute am/pm",
        ),
    ],
)
def test_a_format_is_shown_in_words(written: str, words: str) -> None:
    assert calendar.in_words(written) == words
