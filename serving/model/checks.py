"""Checks raw rows of a request against the schema that the model was trained with, and lays them out."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt

from serving.model.columns import InputColumn, RowError, arrays_of_rows, model_columns, problem_of
from serving.reading.values import MISSING_INT

Row = Mapping[str, object]
# What may stand in a row beside the model's columns: the caller's own key, which the request log keeps.
ROW_ID: Final = "row_id"
# Of so many rows of a request the name that was meant is looked for, which takes long.
_SUGGESTED: Final = 100
_FEW: Final = 4


@dataclass(frozen=True)
class ColumnBounds:
    """Where the values of a numeric column may lie, ends included; None is open."""

    low: float | None
    high: float | None


class RowChecks:
    """What a model's schema says of raw rows.

    A value that is not of the column's kind, or outside its bounds, is refused. A string outside of its
    domain is not: the model has a bucket for what it never saw.

    Attributes:
        columns: The raw columns the model takes.
        bounds: Of the numeric columns that have any.
        domains: Column -> the strings that the schema knows.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        """Takes a schema as JSON, as it lies beside a model."""
        self.columns = model_columns(schema)
        features = {feature["name"]: feature for feature in schema.get("feature", [])}
        self.bounds = {
            column.name: bounds
            for column in self.columns
            if (bounds := _bounds_of(column, features[column.name]))
        }
        self._bounded = [
            (position, self.bounds[column.name])
            for position, column in enumerate(self.columns)
            if column.name in self.bounds
        ]
        self.domains: dict[str, list[str]] = {
            column.name: features[column.name].get("string_domain", {}).get("value", [])
            for column in self.columns
            if column.kind == "string"
        }
        # The label and the like may come along: people score exports.
        self._known = frozenset(features) | {ROW_ID}

    def arrays(self, rows: Sequence[Row | RowError]) -> list[npt.NDArray[Any]]:
        """Lays rows out as `arrays_of_rows` does, once they are found in order.

        Args:
            rows: Raw rows, or in the place of one why it could not be read.

        Raises:
            RowError: Of one of the rows.
        """
        for index, row in enumerate(rows):
            if isinstance(row, RowError):
                raise row
            if not self._known.issuperset(row):
                self._refuse_unknown(index, row)
        read = cast(Sequence[Row], rows)
        arrays = arrays_of_rows(read, self.columns)
        # Of a few rows it takes a tenth of the time to look at the values themselves.
        few = read if len(read) <= _FEW else None
        for position, bounds in self._bounded:
            column = self.columns[position]
            if few is None or not all(_within(bounds, row.get(column.name)) for row in few):
                _refuse_outside(column, bounds, arrays[position])
        return arrays

    def refusals(self, rows: Sequence[Row | RowError]) -> dict[int, RowError]:
        """Looks at each row for itself: index -> what `arrays` would refuse it for."""
        errors: dict[int, RowError] = {}
        for index, row in enumerate(rows):
            try:
                self._refuse(index, row, suggest=len(errors) < _SUGGESTED)
            except RowError as error:
                errors[index] = error.at(index)
        return errors

    def _refuse(self, index: int, row: Row | RowError, suggest: bool) -> None:
        if isinstance(row, RowError):
            raise row
        if not self._known.issuperset(row):
            self._refuse_unknown(index, row, suggest)
        for column in self.columns:
            if problem := problem_of(column, row.get(column.name)):
                raise RowError(index, column.name, problem)
        for column in self.columns:
            if (bounds := self.bounds.get(column.name)) and not _within(bounds, row.get(column.name)):
                # As in `arrays`, what counts is the value in the column's own precision.
                dtype = np.int64 if column.kind == "int" else np.float32
                _refuse_outside(column, bounds, np.array([row[column.name]], dtype), index)

    def _refuse_unknown(self, index: int, row: Row, suggest: bool = True) -> None:
        for name in row:
            if name not in self._known and not name.startswith("_"):
                # The model has no longer name, and searching for a similar one would take seconds.
                near = difflib.get_close_matches(name[:100], self._known, n=1) if suggest else []
                meant = f" Did you mean {near[0]!r}?" if near else ""
                raise RowError(index, name[:100], f"the model has no such column.{meant}")


def _within(bounds: ColumnBounds, value: Any) -> bool:
    """Whether the value is missing or surely inside: what is inside stays so in less precision."""
    if value is None:
        return True
    return (bounds.low is None or value >= bounds.low) and (bounds.high is None or value <= bounds.high)


def _bounds_of(column: InputColumn, feature: Mapping[str, Any]) -> ColumnBounds | None:
    domain = feature.get(f"{column.kind}_domain", {}) if column.kind != "string" else {}
    # JSON has 64-bit integers as strings.
    read = int if column.kind == "int" else float
    low, high = (read(domain[end]) if end in domain else None for end in ("min", "max"))
    return None if low is None and high is None else ColumnBounds(low, high)


def _refuse_outside(
    column: InputColumn, bounds: ColumnBounds, array: npt.NDArray[Any], first: int = 0
) -> None:
    refused = outside(column, bounds, array)
    if refused.any():
        raise RowError(first + int(refused.argmax()), column.name, problem_outside(bounds))


def outside(column: InputColumn, bounds: ColumnBounds, array: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Which values of a column lie outside of a bound; a missing one does not. Shapes (rows,), bool."""
    # A NaN, which is missing, compares as neither.
    mask = np.zeros(len(array), bool)
    if bounds.low is not None:
        mask |= array < bounds.low
    if bounds.high is not None:
        mask |= array > bounds.high
    if column.kind == "int":
        mask &= array != MISSING_INT
    return mask


def problem_outside(bounds: ColumnBounds) -> str:
    """What a row is refused for that has a value outside of a bound."""
    return f"expected {bounds_text(bounds)}, got a value outside of this range."


def bounds_text(bounds: ColumnBounds) -> str:
    """The bound in words."""
    if bounds.low is None:
        return f"a value of at most {bounds.high:g}"
    if bounds.high is None:
        return f"a value of at least {bounds.low:g}"
    return f"a value from {bounds.low:g} to {bounds.high:g}"
