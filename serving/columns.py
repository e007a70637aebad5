"""Says which raw columns a model takes and what stands for missing, and lays rows out as arrays."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

Kind = Literal["int", "float", "string"]

KINDS: Final[Mapping[str, Kind]] = {"INT": "int", "FLOAT": "float", "BYTES": "string"}
# INT64_MIN would be the natural choice, and is not exact in JSON numbers.
MISSING_INT: Final = -2147483648
MISSING_FLOAT: Final = math.nan
MISSING_STRING: Final = b""
FLOAT32_MAX: Final = float(np.finfo(np.float32).max)


class RowError(ValueError):
    """A raw row that a model cannot take; the message holds no value of the row.

    Attributes:
        row: Which row, counted from 0 within the request.
        column: Which column.
    """

    def __init__(self, row: int, column: str, problem: str) -> None:
        """Makes the error of one cell."""
        super().__init__(f"Row {row}, column {column!r}: {problem}")
        self.row = row
        self.column = column


@dataclass(frozen=True)
class Column:
    """One raw column of a model: its name and the kind of its values."""

    name: str
    kind: Kind


def columns_of(schema: Mapping[str, Any], environment: str = "SERVING") -> tuple[Column, ...]:
    """Reads the columns of one environment from a schema.

    Args:
        schema: A TensorFlow Metadata schema as JSON (`json_format.MessageToDict` with the proto's own field
            names), as it lies beside a model.
        environment: Features outside of it are left out: the label is not in "SERVING".

    Returns:
        The columns in the schema's order.
    """
    defaults = schema.get("default_environment", [])
    return tuple(
        Column(feature["name"], KINDS[feature["type"]])
        for feature in schema.get("feature", [])
        if environment not in feature.get("not_in_environment", [])
        and (not defaults or environment in [*defaults, *feature.get("in_environment", [])])
    )


def arrays_of_rows(rows: Sequence[Mapping[str, object]], columns: Sequence[Column]) -> list[Any]:
    """Lays rows out as one array a column, in the order of `columns`.

    A null or absent cell becomes the column's sentinel for missing; a cell of another name is not looked at.

    Args:
        rows: JSON-like rows: column name -> int, float, str or None. An int is fine for a float column.
        columns: What the model takes.

    Returns:
        Arrays of shape (rows,): int64, float32, or object (UTF-8 bytes).

    Raises:
        RowError: A value is of another kind than its column, or outside what the kind can hold.
    """
    return [_FILL[column.kind](rows, column.name) for column in columns]


def _ints(rows: Sequence[Mapping[str, object]], name: str) -> Any:
    filled = np.full(len(rows), MISSING_INT, np.int64)
    for index, row in enumerate(rows):
        value = row.get(name)
        if value is None:
            continue
        if type(value) is not int:
            raise _wrong_kind(index, name, "a whole number", value)
        if not -(2**63) <= value < 2**63:
            raise RowError(index, name, "expected a whole number of 64 bits, and this one is larger.")
        filled[index] = value
    return filled


def _floats(rows: Sequence[Mapping[str, object]], name: str) -> Any:
    filled = np.full(len(rows), MISSING_FLOAT, np.float32)
    for index, row in enumerate(rows):
        value = row.get(name)
        if value is None:
            continue
        if type(value) is not float and type(value) is not int:
            raise _wrong_kind(index, name, "a number", value)
        # A NaN passes the comparison's denial on purpose: it means missing, as null does.
        if value > FLOAT32_MAX or value < -FLOAT32_MAX:
            raise RowError(index, name, "expected a finite number of 32 bits, and this one is larger.")
        filled[index] = value
    return filled


def _strings(rows: Sequence[Mapping[str, object]], name: str) -> Any:
    filled = np.full(len(rows), MISSING_STRING, object)
    for index, row in enumerate(rows):
        value = row.get(name)
        if value is None:
            continue
        if type(value) is not str:
            raise _wrong_kind(index, name, "a string", value)
        try:
            filled[index] = value.encode()
        except UnicodeEncodeError:
            raise RowError(index, name, "expected Unicode text, and this holds half of a pair.") from None
    return filled


_FILL: Final = {"int": _ints, "float": _floats, "string": _strings}
_NAMES: Final[Mapping[type, str]] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number with a fraction",
    str: "a string",
    list: "a list",
    dict: "an object",
}


def _wrong_kind(row: int, column: str, expected: str, value: object) -> RowError:
    came = _NAMES.get(type(value), f"a value of Python's type {type(value).__name__}")
    return RowError(row, column, f"expected {expected} or null, and {came} came.")
