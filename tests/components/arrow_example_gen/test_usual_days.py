"""Which days a span's rows are of, and which rows stand apart."""

import datetime

import pytest

from components.arrow_example_gen.usual_days import usual_days

FIRST = datetime.date(2013, 3, 1)


def _days(rows: list[int], step: int = 1) -> dict[str, int]:
    days = (FIRST + datetime.timedelta(days=step * place) for place in range(len(rows)))
    return {day.isoformat(): count for day, count in zip(days, rows, strict=True) if count}


def test_without_rows_there_are_no_days() -> None:
    assert usual_days({}) is None


@pytest.mark.parametrize(
    ("rows", "step", "length"),
    [
        ([20] * 31, 1, 30),
        ([1] * 24, 30, 690),  # a row a month
        ([5] * 10, 365, 3285),  # a year's rows have one day
        ([*range(1, 61)], 1, 59 - 4),  # growth: only the days with the fewest rows are apart
        ([100] * 60 + [0] * 11 + [50] * 2, 1, 72),  # a pause of the year's end
        ([7], 1, 0),
    ],
)
def test_the_days_of_ordinary_spans_are_all_of_theirs(rows: list[int], step: int, length: int) -> None:
    usual = usual_days(_days(rows, step))
    assert usual
    first, last = map(datetime.date.fromisoformat, usual[:2])
    assert (last - first).days == length
    assert usual.earliest <= min(_days(rows, step))
    assert max(_days(rows, step)) <= usual.latest


def test_rows_far_from_the_others_are_not_believed_and_near_ones_are() -> None:
    month = _days([20] * 31)
    strays = {"1970-01-01": 30, "2013-02-20": 1, "2013-04-05": 1, "2099-12-31": 30}
    assert usual_days(dict(sorted((month | strays).items()))) == (
        "2013-03-01",
        "2013-03-31",
        "2013-01-30",
        "2013-04-30",
    )


def test_the_ends_of_the_calendar_are_days() -> None:
    assert usual_days({"0001-01-01": 9, "9999-12-31": 9}) == (
        "0001-01-01",
        "9999-12-31",
        "0001-01-01",
        "9999-12-31",
    )
