"""Rows to stop by are new to the version that training begins with."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from perennial.training.starting_point import StartingPoint
from perennial.training.table import Layout, Table
from perennial.training.unseen_rows import rows_to_stop_by

POINT = StartingPoint(3, learned=(("2013-01", "a", "head"),))
SPANS = {
    "spans": [
        {"span": "2013-01", "digest": "a", "train_rows": 600},
        {"span": "2013-02", "digest": "b", "train_rows": 400},
        {"span": "2013-03", "digest": "c", "train_rows": 0},
    ]
}


def _table(order: Any, days: tuple[str, ...] = ()) -> Table:
    rows = len(order)
    matrices = (np.zeros((rows, 0), np.float32), np.zeros((rows, 0), np.int32), np.zeros((rows, 1)))
    return Table(Layout({}, {}), *matrices, np.array(order), np.arange(rows, dtype=np.int32), days)


def _of_days() -> Table:
    """Ten days of 100 rows, the newest first."""
    return _table(np.arange(1000)[::-1] // 100, tuple(f"2013-01-{day:02d}" for day in range(1, 11)))


@pytest.mark.parametrize(("last_day", "new"), [("2012-12-31", 300), ("2013-01-07", 300), ("", None)])
def test_by_days_those_after_the_last_that_it_learned_from(last_day: str, new: int | None) -> None:
    stop, why = rows_to_stop_by(replace(POINT, last_day=last_day), _of_days(), {}, 3)
    assert (None if stop is None else stop.tolist()) == (None if new is None else [*range(new)])
    assert why == (
        "" if new else "Version 3 cannot be continued: it is not known which rows it learned from."
    )


def test_too_few_new_rows_are_no_start() -> None:
    stop, why = rows_to_stop_by(replace(POINT, last_day="2013-01-08"), _of_days(), {}, 3)
    assert stop is None
    assert why == (
        "Of the rows by which the number of epochs is chosen, 200 are new to version 3; 250 are needed."
    )


@pytest.mark.parametrize("every", [1, 2])
def test_without_days_those_of_other_spans_also_where_only_some_rows_are_held(every: int) -> None:
    # The hashes of the second span's rows are the largest: they are held out.
    table = _table(np.arange(1000)[::every])
    stop, why = rows_to_stop_by(POINT, table, SPANS, None)
    assert why == ""
    assert stop is not None
    assert stop.tolist() == [*range(len(table) - (250 if every == 1 else 125), len(table))]


def test_rows_of_unknown_spans_are_no_start() -> None:
    stop, why = rows_to_stop_by(POINT, _table(np.arange(999)), SPANS, None)
    assert stop is None
    assert "it is not known which rows it learned from" in why
