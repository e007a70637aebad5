"""A rate of false alarms is what its text says, or an error that shows an example."""

import pytest

from perennial.drift.rate import DEFAULT, Rate
from perennial.errors import UsageError


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("1 per quarter", 365.25 / 4),
        ("2 per year", 365.25 / 2),
        ("1 per 90 days", 90),
        ("3 per 2 weeks", 14 / 3),
        ("1 PER  Month", 365.25 / 12),
    ],
)
def test_a_rate_is_alarms_by_days(text: str, days: float) -> None:
    assert Rate.parse(text).days == pytest.approx(days)


def test_a_rate_has_one_text() -> None:
    assert Rate.parse("  2 Per   90 Days ").text == "2 per 90 days"
    assert Rate.parse(DEFAULT.text) == DEFAULT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "often",
        "1",
        "0.5 per day",
        "1 per 0 days",
        "0 per year",
        "1 per day",
        "1 per 20 years",
        "-1 per year",
    ],
)
def test_what_is_no_rate_is_an_error_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match="1 per quarter"):
        Rate.parse(text)
