"""Settings follow from the table's rows and days, from 60 rows to a million."""

import pytest

from perennial.task import Task
from tests.commands.new.tables import chosen_settings, column, days_from


class TestSettings:
    @pytest.mark.parametrize("rows", [60, 150, 1_000, 20_000, 1_000_000])
    def test_some_rows_are_judged_by_and_most_are_learned_from(self, rows: int) -> None:
        chosen = chosen_settings(None, rows, Task("binary", "y"))
        assert chosen.eval_min_rows <= chosen.eval_rows
        assert chosen.eval_rows >= min(rows // 6, 5000)
        assert chosen.train_rows > rows / 2
        assert chosen.min_rows <= rows

    @pytest.mark.parametrize(("count", "rows_a_day"), [(14, 200), (365, 20), (3650, 2), (20, 3), (2, 50)])
    def test_so_it_is_with_days(self, count: int, rows_a_day: int) -> None:
        days = days_from("2020-01-01", count, rows_a_day)
        chosen = chosen_settings(days, len(days), Task("regression", "y"))
        assert chosen.eval_rows >= chosen.eval_min_rows >= 1
        assert chosen.train_rows >= len(days) * 0.4
        assert 2 * chosen.stopping_days <= count

    @pytest.mark.parametrize(("count", "eval_days"), [(14, 4), (17, 5), (30, 5), (60, 6), (365, 7)])
    def test_as_many_days_are_judged_as_an_interval_needs_where_most_rows_are_left(
        self, count: int, eval_days: int
    ) -> None:
        days = days_from("2020-01-01", count, 200)
        chosen = chosen_settings(days, len(days), Task("regression", "y"))
        assert chosen.eval_days == eval_days
        assert chosen.train_rows >= 0.69 * len(days)

    @pytest.mark.parametrize(("rows", "min_rows"), [(60, 1), (1_000, 10), (20_000, 100), (6_000_000, 100)])
    def test_one_span_says_nothing_of_the_rows_of_the_next(self, rows: int, min_rows: int) -> None:
        chosen = chosen_settings(None, rows, Task("binary", "y"))
        assert (chosen.min_rows, chosen.drift_min_rows) == (min_rows, 100)
        assert chosen.spans >= 2

    def test_slices_are_the_categories_of_fewest_values(self) -> None:
        columns = tuple(
            column(name, role="category", type="string", distinct=distinct)
            for name, distinct in (("many", 90), ("five", 5), ("two", 2), ("nine", 9), ("three", 3))
        )
        assert chosen_settings(None, 1000, Task("binary", "y"), columns).slices == ("two", "three", "five")
