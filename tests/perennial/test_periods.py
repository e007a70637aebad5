"""A span's days by its name."""

import pytest

from perennial.periods import Period, period_of


@pytest.mark.parametrize(
    ("span", "period"),
    [
        ("2024-02", ("2024-02-01", "2024-02-29")),
        ("2013-12", ("2013-12-01", "2013-12-31")),
        ("2013-01-15", ("2013-01-15", "2013-01-15")),
        ("7", None),
        ("20130115", None),
        ("2013-02-30", None),
        ("2013-13", None),
        ("april.csv", None),
        ("", None),
    ],
)
def test_a_month_and_a_day_have_a_period(span: str, period: tuple[str, str] | None) -> None:
    assert period_of(span) == (Period(*period) if period else None)
