"""A cron line, as readers of five fields other than cron's take it."""

from datetime import timedelta
from itertools import islice

import pytest
from cronsim import CronSim

from benchmarks.proofs.definitions.lines import EXTENDED, START, random_lines
from commands.schedule.printing.cron_fields import cron_fields, plain_line, shortest_distance
from perennial.errors import UsageError


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("30 5 * * *", "30 5 * * *"),
        ("*/15 * * * *", "*/15 * * * *"),
        ("0,30 8-18 * * mon-fri", "*/30 8-18 * * 1-5"),
        ("0 5 * jan,jul *", "0 5 * 1,7 *"),
        # Kubernetes knows no 7, and takes */2 of days for "one of the two".
        ("0 5 * * 7", "0 5 * * 0"),
        ("0 5 */2 * *", "0 5 1-31/2 * *"),
        ("0 5 1 * mon", "0 5 1 * 1"),
        ("0 5 1-31 * mon", "0 5 * * *"),
    ],
)
def test_names_sevens_and_stars_become_what_every_reader_takes_alike(line: str, expected: str) -> None:
    assert plain_line(cron_fields(line), "Airflow") == expected


def test_the_plain_line_has_the_times_of_the_line() -> None:
    compared = 0
    for line in random_lines(100):
        try:
            plain = plain_line(cron_fields(line), "Airflow")
        except UsageError:
            continue
        compared += 1
        assert list(islice(CronSim(line, START), 5)) == list(islice(CronSim(plain, START), 5))
    assert compared > 50


@pytest.mark.parametrize("line", EXTENDED)
def test_an_l_or_a_hash_is_refused_where_it_is_not_known(line: str) -> None:
    with pytest.raises(UsageError, match="Kubernetes has no `L` and no `#`"):
        plain_line(cron_fields(line), "Kubernetes")


@pytest.mark.parametrize("line", ["0 5 */2 * mon", "0 5 1-7 * */2"])
def test_a_day_and_a_weekday_at_once_are_refused_where_one_is_enough(line: str) -> None:
    with pytest.raises(UsageError, match="Airflow runs where one of them fits"):
        plain_line(cron_fields(line), "Airflow")


@pytest.mark.parametrize(
    ("line", "minutes"),
    [("* * * * *", 1), ("0 5,7 * * *", 120), ("0 5 * * *", 1440), ("0 5 1 * *", 28 * 1440)],
)
def test_the_shortest_distance_is_between_two_times_that_follow(line: str, minutes: int) -> None:
    assert shortest_distance(line) == timedelta(minutes=minutes)
