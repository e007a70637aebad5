"""Losses added up by day."""

import numpy as np

from components.next_span_scores.loss_by_day import LossByDay, add_losses


def test_losses_are_added_to_their_days_over_batches() -> None:
    by_day: LossByDay = {}
    first = np.array([b"2013-01-31 10:00", b"2013-02-01 09:00", b"2013-01-31 23:59"], object)
    add_losses(by_day, np.array([1.0, 2.0, 4.0]), first)
    add_losses(by_day, np.array([8.0]), np.array([b"2013-02-01T00:00"], object))
    assert by_day == {"2013-01-31": [2, 5.0], "2013-02-01": [2, 10.0]}


def test_rows_without_a_time_are_of_one_day_without_a_name() -> None:
    by_day: LossByDay = {}
    for losses in ([0.5, 1.0], [], [2.0]):
        add_losses(by_day, np.array(losses), None)
    assert by_day == {"": [3, 3.5]}
