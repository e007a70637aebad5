"""A span's days by its name."""

import pytest

from perennial.periods import Period, period_of


@pytest.mark.parametrize(
    ("span", "period"),
    [
        ("2024-02", ("2024-02-01", "2024-02-29")),
        ("2013-12", ("2013-12-01", "2013-12-31")),
        ("2013-01-15", ("2013-01-15", "2013-01-15")),
        ("2013-W05", ("2013-01-28", "2013-02-03")),
        ("2013-W01", ("2012-12-31", "2013-01-06")),
        ("2015-W53", ("2015-12-28", "2016-01-03")),
        ("2013-01-15T06", ("2013-01-15", "2013-01-15", "2013-01-15 06")),
        ("2014-W53", None),
        ("2013-W00", None),
        ("2013-W5", None),
        ("9999-W52", None),
        ("2013-01-15T24", None),
        ("2013-02-30T06", None),
        ("2013-01T06", None),
        ("7", None),
        ("20130115", None),
        ("2013-02-30", None),
        ("2013-13", None),
        ("april.csv", None),
        ("", None),
    ],
)
def test_a_month_a_week_a_day_and_an_hour_have_a_period(span: str, period: tuple[str, ...] | None) -> None:
    assert period_of(span) == (Period(*period) if period else None)


def test_a_period_reads_as_its_ends_or_as_what_it_is() -> None:
    texts = [
        period.text for span in ("2013-02", "2013-01-15", "2013-01-15T06") if (period := period_of(span))
    ]
    assert texts == ["2013-02-01 to 2013-02-28", "2013-01-15", "2013-01-15T06"]
