"""Parts are scored several at once and given in their order, without the rows that cannot be scored."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from commands.predict.rules import NOT_TAKEN, Rules
from commands.predict.scored_part import in_order, score_rows


def test_parts_come_in_their_order_whichever_is_ready_first() -> None:
    second_is_done = threading.Event()

    def work(part: int) -> int:
        if part == 0:
            assert second_is_done.wait(10)
        if part == 1:
            second_is_done.set()
        return part * 10

    assert list(in_order(iter(range(6)), work)) == [0, 10, 20, 30, 40, 50]


def test_no_more_parts_are_read_ahead_than_wanted() -> None:
    read = []

    def parts() -> Iterator[int]:
        for part in range(20):
            read.append(part)
            yield part

    given = in_order(parts(), lambda part: part)
    assert next(given) == 0
    assert len(read) == 4
    given.close()  # type: ignore[attr-defined]


def test_an_error_in_a_part_is_raised_in_its_turn() -> None:
    given = in_order(iter([1, 0, 2]), lambda part: 10 // part)
    assert next(given) == 10
    with pytest.raises(ZeroDivisionError):
        next(given)


class FailsOnNegative:
    """Scores an int column by its value; a negative one fails, as in the graph of a model."""

    def score(self, columns: Sequence[Any]) -> tuple[Any, Any]:
        (size, *_) = columns
        return size.astype(np.float32), size < 0


def test_rows_out_of_bounds_and_rows_that_fail_are_not_scored(homes: dict[str, Path]) -> None:
    rules = Rules.of(homes["plain"] / "flights" / "models" / "1")
    size = pa.array([1, 6, -1, 2], pa.int64())
    by_name = {
        "day": pa.array([b"2013-01-01"] * 4),
        "colour": pa.array([b"red"] * 4),
        "size": size,
        "heat": pa.array([1.0] * 4, pa.float32()),
    }
    table = pa.table({column.name: by_name[column.name] for column in rules.columns})
    place = [column.name for column in rules.columns].index("size")

    class SizeScorer(FailsOnNegative):
        def score(self, columns: Sequence[Any]) -> tuple[Any, Any]:
            return super().score(columns[place:])

    scores, is_scored, faults = score_rows(table, rules, SizeScorer())
    assert scores.tolist() == [1.0, 2.0]
    assert is_scored.tolist() == [True, False, False, True]
    assert [(fault.row, fault.column) for fault in faults] == [(1, "size"), (2, "")]
    assert faults[1].reason == NOT_TAKEN
