"""Says which raw columns a model takes and what stands for missing, and lays rows out as arrays."""

import base64
import contextlib
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from serving.reading.values import MISSING_INT, MISSING_STRING, Kind

KINDS: Final[Mapping[str, Kind]] = {"INT": "int", "FLOAT": "float", "BYTES": "string"}
FLOAT32_MAX: Final = float(np.finfo(np.float32).max)
# In the schema: a column that is set aside. Rows may have it, and the model does not.
SET_ASIDE: Final = "DISABLED"
_LEGAL: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class RowError(ValueError):
    """A raw row that a model cannot take; the message holds no value of the row.

    Attributes:
        row: Which row, counted from 0 within the request.
        column: Which column.
        problem: What was expected and what kind of value the row has.
    """

    def __init__(self, row: int, column: str, problem: str) -> None:
        """Makes the error of one cell."""
        super().__init__(f"Row {row}, column {column!r}: {problem}")
        self.row = row
        self.column = column
        self.problem = problem

    def at(self, row: int) -> "RowError":
        """The same error, of another row: of the request, where it was found in a batch of several."""
        return RowError(row, self.column, self.problem)


@dataclass(frozen=True)
class InputColumn:
    """One raw column of a model: its name and the kind of its values."""

    name: str
    kind: Kind


def model_columns(schema: Mapping[str, Any], environment: str = "SERVING") -> tuple[InputColumn, ...]:
    """The columns of a model, in the schema's order: name and kind of each of `features_of`."""
    return tuple(
        InputColumn(feature["name"], KINDS[feature["type"]]) for feature in features_of(schema, environment)
    )


def features_of(schema: Mapping[str, Any], environment: str) -> list[Mapping[str, Any]]:
    """The features of a schema that are columns of one environment.

    Args:
        schema: A TensorFlow Metadata schema as JSON (`json_format.MessageToDict` with the proto's own field
            names), as it lies beside a model.
        environment: Features outside of it are left out: the label is not in "SERVING".

    Returns:
        The features in the schema's order; those that are set aside are none.
    """
    defaults = schema.get("default_environment", [])
    return [
        feature
        for feature in schema.get("feature", [])
        if feature.get("lifecycle_stage") != SET_ASIDE
        and environment not in feature.get("not_in_environment", [])
        and (not defaults or environment in [*defaults, *feature.get("in_environment", [])])
    ]


def input_names(columns: Sequence[InputColumn]) -> tuple[str, ...]:
    """What the inputs of the signature `raw_columns` are called, in the order of `columns`.

    TensorFlow takes ASCII identifiers that differ by more than case, and not `self`. A name that is one stays
    as it is; another becomes one, with a number where that is taken: "mean radius" is `mean_radius`, or
    `mean_radius_2`.
    """
    names: dict[int, str] = {}
    taken = {"self"}
    # Those that can stay come first, wherever they stand.
    for stays in (True, False):
        for index, column in enumerate(columns):
            legal = _LEGAL.fullmatch(column.name) and column.name.lower() not in taken
            if index not in names and (legal or not stays):
                names[index] = column.name if legal else _free(_slug(column.name), taken)
                taken.add(names[index].lower())
    return tuple(names[index] for index in range(len(columns)))


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^A-Za-z0-9]+", "_", plain).strip("_")
    return slug if _LEGAL.fullmatch(slug) else f"column_{slug}".rstrip("_")


def _free(slug: str, taken: set[str]) -> str:
    number, name = 1, slug
    while name.lower() in taken:
        number += 1
        name = f"{slug}_{number}"
    return name


def arrays_of_rows(
    rows: Sequence[Mapping[str, object]], columns: Sequence[InputColumn]
) -> list[npt.NDArray[Any]]:
    """Lays rows out as one array a column, in the order of `columns`.

    A null or absent cell becomes the column's sentinel for missing; a cell of another name is not looked at.

    Args:
        rows: JSON-like rows: column name -> int, float, str, bytes or None. Any number fits a float.
        columns: What the model takes.

    Returns:
        Arrays of shape (rows,): int64, float32, or object (UTF-8 bytes).

    Raises:
        RowError: A value is of another kind than its column, or outside what the kind can hold.
    """
    return [_FILL[column.kind](rows, column.name) for column in columns]


def _ints(rows: Sequence[Mapping[str, object]], name: str) -> npt.NDArray[np.int64]:
    values = [row.get(name) for row in rows]
    kinds = set(map(type, values))
    if kinds <= {int, type(None)}:
        filled = values if type(None) not in kinds else [MISSING_INT if v is None else v for v in values]
        with contextlib.suppress(OverflowError):
            return np.array(filled, np.int64)
    raise _first(values, name, _int_problem)


def _floats(rows: Sequence[Mapping[str, object]], name: str) -> npt.NDArray[np.float32]:
    values = [row.get(name) for row in rows]
    if set(map(type, values)) <= {float, int, type(None)}:
        # NumPy reads None as NaN, which is the sentinel.
        with contextlib.suppress(OverflowError):
            filled = np.array(values, np.float64)
            # A NaN passes on purpose: it means missing, as null does.
            if not (np.abs(filled) > FLOAT32_MAX).any():
                return filled.astype(np.float32)
    raise _first(values, name, _float_problem)


def _strings(rows: Sequence[Mapping[str, object]], name: str) -> npt.NDArray[np.object_]:
    values = [row.get(name) for row in rows]
    filled = np.empty(len(values), object)
    with contextlib.suppress(_NotText, UnicodeEncodeError):
        filled[:] = [_bytes(value) for value in values]
        return filled
    raise _first(values, name, _string_problem)


def problem_of(column: InputColumn, value: object) -> str | None:
    """What `arrays_of_rows` would refuse a cell for; None: nothing."""
    return _PROBLEMS[column.kind](value)


class _NotText(ValueError):
    """A value that is no string."""


def _bytes(value: object) -> bytes:
    if type(value) is str:
        return value.encode()
    if value is None:
        return MISSING_STRING
    if type(value) is bytes:
        return value
    # JSON cannot hold bytes that are no text: TF Serving writes them as {"b64": "..."}.
    if type(value) is dict and value.keys() == {"b64"} and type(value["b64"]) is str:
        with contextlib.suppress(ValueError):  # no base64, or not even ASCII
            return base64.b64decode(value["b64"], validate=True)
    raise _NotText


def _first(values: Sequence[object], name: str, problem: Callable[[object], str | None]) -> RowError:
    return next(RowError(row, name, text) for row, value in enumerate(values) if (text := problem(value)))


def _int_problem(value: object) -> str | None:
    if value is None:
        return None
    if type(value) is not int:
        return _wrong_kind("an integer", value)
    if not -(2**63) <= value < 2**63:
        return "expected a 64-bit integer, got one out of range."
    return None


def _float_problem(value: object) -> str | None:
    if value is None:
        return None
    if type(value) is not float and type(value) is not int:
        return _wrong_kind("a number", value)
    if value > FLOAT32_MAX or value < -FLOAT32_MAX:
        return "expected a finite 32-bit number, got one out of range."
    return None


def _string_problem(value: object) -> str | None:
    try:
        _bytes(value)
    except _NotText:
        return _wrong_kind("a string", value)
    except UnicodeEncodeError:
        return "expected valid Unicode text, got half of a surrogate pair."
    return None


_FILL: Final[Mapping[Kind, Callable[..., npt.NDArray[Any]]]] = {
    "int": _ints,
    "float": _floats,
    "string": _strings,
}
_PROBLEMS: Final = {"int": _int_problem, "float": _float_problem, "string": _string_problem}
_NAMES: Final[Mapping[type, str]] = {
    bool: "true or false",
    int: "an integer",
    float: "a number with a fraction",
    str: "a string",
    bytes: "a string",
    list: "a list",
    dict: "an object",
}


def _wrong_kind(expected: str, value: object) -> str:
    actual = _NAMES.get(type(value), f"a value of Python's type {type(value).__name__}")
    return f"expected {expected} or null, got {actual}."
