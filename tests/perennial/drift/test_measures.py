"""What is measured of a day: scalars by column, in their own unit again where they are shown."""

import numpy as np
import numpy.typing as npt
import pytest

from perennial.drift.codings import codings_of
from perennial.drift.day_summaries import DayTable
from perennial.drift.joint import JointModel
from perennial.drift.measures import MeasuredDays, measured
from tests.perennial.drift.drift_days import ROWS, numbers, shares, table, texts, walk

DAYS = 40


def place(days: MeasuredDays, column: str, kind: str, value: bytes = b"") -> int:
    keys = [(each.column, each.kind, each.value) for each in days.measures]
    return keys.index((column, kind, value))


def own(days: DayTable, column: str, kind: str, value: bytes = b"") -> npt.NDArray[np.float64]:
    result = measured(days, codings_of(days), JointModel.none())
    at = place(result, column, kind, value)
    return result.measures[at].own(result.values[:, at])


@pytest.fixture
def days() -> DayTable:
    counts = shares(DAYS, 0)
    columns = {
        "carrier": texts(counts, [b"AA", b"BB", b"CC", b"DD"], lower=90),
        "temp": numbers(walk(DAYS, 0), missing=0.2),
    }
    return table(DAYS, columns)


def test_shares_and_numbers_of_rows_are_in_their_own_unit(days: DayTable) -> None:
    np.testing.assert_allclose(own(days, "", "rows"), ROWS)
    np.testing.assert_allclose(own(days, "temp", "missing"), 0.2, atol=1e-3)
    np.testing.assert_allclose(own(days, "carrier", "lower"), 0.1, atol=1e-3)
    counts = days.columns["carrier"].counts  # type: ignore[union-attr]
    np.testing.assert_allclose(own(days, "carrier", "value", b"BB"), counts[:, 1] / ROWS, atol=1e-3)
    np.testing.assert_allclose(own(days, "carrier", "distinct"), 4)


def test_the_level_of_numbers_is_in_the_unit_of_the_column(days: DayTable) -> None:
    np.testing.assert_allclose(own(days, "temp", "level"), walk(DAYS, 0), atol=0.2)
    np.testing.assert_allclose(own(days, "temp", "high") - own(days, "temp", "low"), 4.5, atol=0.2)


def test_a_day_with_too_few_rows_is_not_measured(days: DayTable) -> None:
    few = numbers(walk(DAYS, 0), rows=4)
    result = measured(table(DAYS, {"temp": few}), codings_of(days), JointModel.none())
    for kind in ("level", "low", "high", "spread"):
        assert np.isnan(result.values[:, place(result, "temp", kind)]).all()
    assert np.isfinite(result.values[:, place(result, "temp", "missing")]).all()


def test_a_column_that_is_gone_is_missing_on_all_rows(days: DayTable) -> None:
    whole = table(DAYS)
    rest = {name: column for name, column in whole.columns.items() if name != "temp"}
    result = measured(
        DayTable(whole.days, whole.rows, rest, whole.sample), codings_of(days), JointModel.none()
    )
    at = place(result, "temp", "missing")
    np.testing.assert_allclose(result.measures[at].own(result.values[:, at]), 1.0, atol=1e-3)
