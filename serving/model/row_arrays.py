"""Reads the cells of raw rows by the reading rules, and lays them out as one array a column."""

import base64
import contextlib
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from serving.model.columns import InputColumn, RowError
from serving.reading.cells import Cell, CellRefused, CellRule
from serving.reading.numbers import half_way, is_zero, may_be_half_way
from serving.reading.rules import ReadingRules, plain_rules
from serving.reading.times import are_canonical
from serving.reading.values import MISSING, MISSING_INT, MISSING_STRING, MOST_EXACT, Kind

# Index of a row -> why its cell is refused.
Problems = Mapping[int, str]
Array = npt.NDArray[Any]
_FLOAT32_MAX: Final = float(np.finfo(np.float32).max)
_FLOAT32_LEAST: Final = 2.0**-149
_NONE: Final = type(None)
_INTS: Final = frozenset({int, _NONE})
_NUMBERS: Final = frozenset({float, int, _NONE})
_TEXTS: Final = frozenset({str, _NONE})
_UTF8: Final = frozenset({bytes, _NONE})
_NO_PROBLEMS: Final[Problems] = {}
# Of a few numbers it takes a tenth of the time to look at each than at their array.
_FEW: Final = 16
# A number of so few characters is within int64.
_SHORT: Final = 18


class RowReader:
    """Reads the cells of a model's columns.

    What is plain in a column is laid out at once: integers, numbers that a float32 holds, text. All else is
    read cell by cell by `cells.CellRule`, which has the rules; a test compares the two.

    Attributes:
        columns: What the model takes.
        cells: How the cells of each are read.
    """

    def __init__(self, columns: Sequence[InputColumn], rules: ReadingRules) -> None:
        """Prepares the columns.

        Raises:
            ValueError: A format of dates is none, or is that of a column of numbers.
        """
        self.columns = tuple(columns)
        self.cells = tuple(CellRule.of(column.name, column.kind, rules) for column in columns)
        if wrong := [c.name for c in columns if c.kind != "string" and c.name in rules.date_format]:
            raise ValueError(f"expected date formats of text columns, got one of column {wrong[0]!r}")

    def column(self, position: int, values: list[Any]) -> tuple[Array, Problems]:
        """Lays out one column.

        Args:
            position: Of the column.
            values: Its cells: JSON values, or bytes; bytes in JSON are {"b64": "..."}.

        Returns:
            Shape (rows,), int64, float32 or object (UTF-8 bytes), with the kind's sentinel where a cell is
            missing or refused; and why the refused ones are.
        """
        cells = self.cells[position]
        plain = _PLAIN[cells.kind](cells, values)
        if plain is not None:
            for number in cells.missing_numbers:
                plain[plain == number] = MISSING[cells.kind]
            return plain, _NO_PROBLEMS
        read, problems = _read(cells, values)
        return _TYPED[cells.kind](read), problems

    def cell(self, position: int, value: object) -> Cell | None:
        """Reads one cell, as `cells.CellRule.read`.

        Raises:
            CellRefused: It cannot be read.
        """
        return self.cells[position].read(_unwrapped(value))

    def arrays(self, rows: Sequence[Mapping[str, object]]) -> list[Array]:
        """Lays rows out: one array a column, in the order of `columns`.

        Args:
            rows: Column name -> value; a cell of another name is not looked at.

        Raises:
            RowError: A cell is refused; of several, of the first column the first row.
        """
        arrays = []
        for position, column in enumerate(self.columns):
            array, problems = self.column(position, [row.get(column.name) for row in rows])
            if problems:
                row, problem = next(iter(problems.items()))
                raise RowError(row, column.name, problem)
            arrays.append(array)
        return arrays


def arrays_of_rows(rows: Sequence[Mapping[str, object]], columns: Sequence[InputColumn]) -> list[Array]:
    """Lays out rows that are read already: typed, missing cells null or absent, dates as ISO text.

    Args:
        rows: Column name -> int, float, str, bytes or None.
        columns: What the model takes.

    Returns:
        As `RowReader.arrays`.

    Raises:
        RowError: A value is none of its column.
    """
    return RowReader(columns, plain_rules()).arrays(rows)


def _plain_ints(column: CellRule, values: list[Any]) -> Array | None:
    kinds = set(map(type, values))
    if str in kinds:
        return _plain_ints(column, numbers) if (numbers := _of_texts(column, values, kinds)) else None
    if kinds <= _INTS and MISSING_INT not in values:
        with contextlib.suppress(OverflowError):
            return np.array(_filled(values, MISSING_INT) if _NONE in kinds else values, np.int64)
    return None


def _plain_floats(column: CellRule, values: list[Any]) -> Array | None:
    kinds = set(map(type, values))
    if str in kinds:
        return _plain_floats(column, numbers) if (numbers := _of_texts(column, values, kinds)) else None
    if not kinds <= _NUMBERS:
        return None
    if len(values) <= _FEW:
        # NumPy reads None as NaN, which is the sentinel.
        return np.array(values, np.float32) if all(map(_fits_float32, values)) else None
    with contextlib.suppress(OverflowError):
        wide = np.array(values, np.float64)
        # An integer beyond 2^53 would be rounded twice.
        most = MOST_EXACT if int in kinds else _FLOAT32_MAX
        if not (np.abs(wide) > most).any():
            narrow = wide.astype(np.float32)
            if np.count_nonzero(narrow) == np.count_nonzero(wide):  # none is rounded to 0
                return narrow
    return None


def _fits_float32(value: float | None) -> bool:
    if value is None or value != value:
        return True
    most = MOST_EXACT if type(value) is int else _FLOAT32_MAX
    return value == 0 or _FLOAT32_LEAST <= abs(value) <= most


def _of_texts(column: CellRule, values: list[Any], kinds: set[type]) -> list[int | float | None] | None:
    """The numbers of texts that are plain ones; None where any is not."""
    words = column.missing or column.true or column.false
    if not kinds <= _TEXTS or (words and _has_words(column, values)):
        return None
    texts = [text for text in values if text is not None]
    whole, plain = column.kind == "int", column.numbers.plain
    matches = (column.numbers.integer if whole else column.numbers.number).match
    if max(map(len, texts)) > _SHORT or not all(map(matches, texts)):
        return None
    if (column.numbers.point, column.numbers.thousands) != (".", None):
        values = [text and plain(text) for text in values]
    convert = int if whole else float
    numbers = [None if text is None else convert(text) for text in values]
    if 0 in numbers and any(n == 0 and not is_zero(t) for t, n in zip(values, numbers, strict=True)):
        return None  # too small for a double
    return numbers if whole or not _any_half_way([number for number in numbers if number]) else None


def _any_half_way(doubles: list[Any]) -> bool:
    """Whether a double that is rounded already may lie half-way between two float32s."""
    if len(doubles) <= _FEW:
        return any(map(may_be_half_way, doubles))
    return bool(half_way(np.array(doubles, np.float64)).any())


def _has_words(column: CellRule, values: list[Any]) -> bool:
    return not all(words.isdisjoint(values) for words in (column.missing, column.true, column.false))


def _plain_dates(column: CellRule, values: list[Any]) -> Array | None:
    texts = [text for text in values if text is not None]
    if not set(map(type, texts)) <= _TEXTS or not column.missing.isdisjoint(texts):
        return None
    if not column.missing_dates.isdisjoint(texts):
        return None
    if not are_canonical(texts, column.formats):
        return None
    return _objects([MISSING_STRING if text is None else text.encode() for text in values])


def _plain_texts(column: CellRule, values: list[Any]) -> Array | None:
    if column.formats:
        return _plain_dates(column, values)
    kinds = set(map(type, values))
    texts = values
    try:
        if kinds <= _TEXTS:
            encoded = [MISSING_STRING if text is None else text.encode() for text in texts]
        elif kinds <= _UTF8:
            encoded = _filled(values, MISSING_STRING)
            texts = [text.decode() for text in encoded]
        else:
            return None
    except UnicodeError:
        return None
    if (column.missing and not column.missing.isdisjoint(texts)) or b"\0" in b"".join(encoded):
        return None
    return _objects(encoded)


def _read(column: CellRule, values: list[Any]) -> tuple[list[Cell | None], Problems]:
    """Cell by cell; each distinct text once."""
    known: dict[object, Cell | None] = {None: None}
    problems: dict[int, str] = {}
    cells: list[Cell | None] = []
    for index, value in enumerate(values):
        cell = None
        try:
            if type(value) is str or type(value) is bytes or value is None:
                if value not in known:
                    known[value] = column.read(value)
                cell = known[value]
            else:
                cell = column.read(_unwrapped(value))
        except CellRefused as refused:
            problems[index] = f"{refused}."
        cells.append(cell)
    return cells, problems


def _unwrapped(value: object) -> object:
    """The bytes of `{"b64": "..."}`, TF Serving's way to write them in JSON; any other value as it is."""
    if type(value) is dict and value.keys() == {"b64"} and type(value["b64"]) is str:
        with contextlib.suppress(ValueError):  # no base64, or not even ASCII
            return base64.b64decode(value["b64"], validate=True)
    return value


def _filled(values: Sequence[Any], missing: Any) -> list[Any]:
    return [missing if value is None else value for value in values]


def _objects(texts: list[bytes]) -> Array:
    array = np.empty(len(texts), object)
    array[:] = texts
    return array


_PLAIN: Final[Mapping[Kind, Callable[[CellRule, list[Any]], Array | None]]] = {
    "int": _plain_ints,
    "float": _plain_floats,
    "string": _plain_texts,
}
_TYPED: Final[Mapping[Kind, Callable[[list[Cell | None]], Array]]] = {
    "int": lambda cells: np.array(_filled(cells, MISSING_INT), np.int64),
    "float": lambda cells: np.array(_filled(cells, math.nan), np.float32),
    "string": lambda cells: _objects(_filled(cells, MISSING_STRING)),
}
