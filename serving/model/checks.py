"""Checks raw rows of a request against the schema that the model was trained with, and lays them out."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt

from serving.model.columns import InputColumn, RowError, model_columns
from serving.model.row_arrays import RowReader
from serving.reading.values import MISSING_INT
from serving.reading.version_rules import VersionRules

Row = Mapping[str, object]
# What may stand in a row beside the model's columns: the caller's own key, which the request log keeps.
ROW_ID: Final = "row_id"
# Of so many rows of a request the name that was meant is looked for, which takes long.
_SUGGESTED: Final = 100
_FEW: Final = 4
_NOTHING: Final[Row] = {}


@dataclass(frozen=True)
class ColumnBounds:
    """Where the values of a numeric column may lie, ends included; None is open."""

    low: float | None
    high: float | None


@dataclass(frozen=True)
class ReadRows:
    """Rows that are read and checked.

    Attributes:
        arrays: One a column, of shape (rows,), as `RowReader.column` gives them.
        errors: Index of a refused row -> why, in the order of rows; its cells are of no meaning.
    """

    arrays: list[npt.NDArray[Any]]
    errors: Mapping[int, RowError]
    rows: int

    def __len__(self) -> int:
        """How many rows, refused ones too."""
        return self.rows

    @property
    def sound(self) -> "ReadRows":
        """Those that are not refused, in their order."""
        taken = np.ones(self.rows, bool)
        taken[[*self.errors]] = False
        return ReadRows([array[taken] for array in self.arrays], {}, int(taken.sum()))


# The rows of one request, or in the place of one why it could not be read; or what `RowChecks.read` makes.
RequestRows = Sequence[Row | RowError] | ReadRows


class RowChecks:
    """What a version says of raw rows: how cells are read, and what its schema lets them hold.

    A value that the reading rules refuse, or outside its column's bounds, is refused. A string outside of its
    domain is not: the model has a bucket for what it never saw.

    Attributes:
        columns: The raw columns the model takes.
        rules: How its cells are read, and its CSV is split.
        reader: What reads the cells.
        bounds: Of the numeric columns that have any.
        domains: Column -> the strings that the schema knows.
    """

    def __init__(self, schema: Mapping[str, Any], rules: VersionRules | None = None) -> None:
        """Takes what lies beside a model.

        Args:
            schema: As JSON.
            rules: None: those of a plain CSV.

        Raises:
            ValueError: The rules are not those of such columns.
        """
        self.columns = model_columns(schema)
        self.rules = rules or VersionRules()
        self.reader = RowReader(self.columns, self.rules.cells)
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

    def read(self, rows: Sequence[Row | RowError]) -> ReadRows:
        """Reads and checks rows, each for itself.

        Args:
            rows: Raw rows, or in the place of one why it could not be read.
        """
        errors: dict[int, RowError] = {}
        for index, row in enumerate(rows):
            if isinstance(row, RowError):
                errors[index] = row.at(index)
            elif not self._known.issuperset(row) and (error := self._unknown(index, row, len(errors))):
                errors[index] = error
        named = [_NOTHING if isinstance(row, RowError) else row for row in rows] if errors else rows
        read = cast(Sequence[Row], named)
        arrays = []
        for position, column in enumerate(self.columns):
            array, problems = self.reader.column(position, [row.get(column.name) for row in read])
            arrays.append(array)
            for index, problem in problems.items():
                errors.setdefault(index, RowError(index, column.name, problem))
        self._refuse_outside(arrays, errors)
        return ReadRows(arrays, dict(sorted(errors.items())) if errors else errors, len(rows))

    def _refuse_outside(self, arrays: Sequence[npt.NDArray[Any]], errors: dict[int, RowError]) -> None:
        for position, bounds in self._bounded:
            column, array = self.columns[position], arrays[position]
            # Of a few rows it takes a tenth of the time to look at each value for itself.
            if len(array) <= _FEW and all(_within(bounds, value, column) for value in array.tolist()):
                continue
            for index in np.flatnonzero(outside(column, bounds, array)).tolist():
                errors.setdefault(index, RowError(index, column.name, problem_outside(bounds)))

    def _unknown(self, index: int, row: Row, errors: int) -> RowError | None:
        for name in row:
            if name not in self._known and not name.startswith("_"):
                # The model has no longer name, and searching for a similar one would take seconds.
                suggest = errors < _SUGGESTED
                near = difflib.get_close_matches(name[:100], self._known, n=1) if suggest else []
                meant = f" Did you mean {near[0]!r}?" if near else ""
                return RowError(index, name[:100], f"the model has no such column.{meant}")
        return None


def _within(bounds: ColumnBounds, value: Any, column: InputColumn) -> bool:
    """Whether the value is missing or surely inside: what is inside stays so in less precision."""
    if value != value or (value == MISSING_INT and column.kind == "int"):
        return True
    return (bounds.low is None or value >= bounds.low) and (bounds.high is None or value <= bounds.high)


def _bounds_of(column: InputColumn, feature: Mapping[str, Any]) -> ColumnBounds | None:
    domain = feature.get(f"{column.kind}_domain", {}) if column.kind != "string" else {}
    # JSON has 64-bit integers as strings.
    read = int if column.kind == "int" else float
    low, high = (read(domain[end]) if end in domain else None for end in ("min", "max"))
    return None if low is None and high is None else ColumnBounds(low, high)


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
