"""Finds the raw rows in a gRPC Predict request, in any of their forms."""

from collections.abc import Callable, Mapping
from typing import Any

from serving.errors import invalid
from serving.model.columns import RowError
from serving.model.engine import RAW_COLUMNS, Engine
from serving.reading.values import MISSING_INT
from serving.requests.csv_rows import rows_of_lines
from serving.requests.example_rows import rows_of_examples
from serving.requests.json_tensor import DEFAULT_SIGNATURE
from serving.requests.raw_rows import EXAMPLES, LINES, refuse_more
from serving.requests.renames import schema_names

Row = dict[str, object]
RowsOf = Callable[[Mapping[str, Any], Engine], list[Row | RowError]]


def raw_form(engine: Engine, signature: str, keys: set[str]) -> RowsOf | None:
    """How rows are read from inputs of these keys; None: they are no raw rows."""
    if signature in ("", DEFAULT_SIGNATURE) and keys == {EXAMPLES}:
        return _rows_of_examples
    if signature == "csv_lines" and keys == {LINES}:
        return _rows_of_lines
    if signature in ("", RAW_COLUMNS) and keys and keys <= _names(engine).keys():
        return rows_of_columns
    return None


def _rows_of_examples(inputs: Mapping[str, Any], engine: Engine) -> list[Row | RowError]:
    return rows_of_examples(
        _values(EXAMPLES, inputs[EXAMPLES]), engine.columns, engine.checks.rules.cells.rename
    )


def _rows_of_lines(inputs: Mapping[str, Any], engine: Engine) -> list[Row | RowError]:
    try:
        lines = [line.decode() for line in _values(LINES, inputs[LINES])]
    except (UnicodeDecodeError, AttributeError):
        raise invalid("The CSV lines are not valid UTF-8.") from None
    return rows_of_lines(lines, engine.columns, engine.checks.rules)


def rows_of_columns(inputs: Mapping[str, Any], engine: Engine) -> list[Row | RowError]:
    """Rows of raw columns, by their own names, the inputs' or those renamed; some may be left out.

    A tensor cannot hold null: `MISSING_INT`, NaN and "" are missing.
    """
    names = _names(engine)
    columns = [_values(name, array) for name, array in inputs.items()]
    if len({len(column) for column in columns}) > 1:
        raise invalid("All columns must have the same length.")
    keys = schema_names([*inputs], names)
    return [dict(zip(keys, cells, strict=True)) for cells in zip(*columns, strict=True)]


def _names(engine: Engine) -> dict[str, str]:
    """What a column may be called -> its name; where one's input is called as another column, its name is."""
    named = {column.name: column.name for column in engine.columns}
    renamed = {name: own for name, own in engine.checks.rules.cells.rename.items() if own in named}
    inputs = {key: column.name for key, column in zip(engine.inputs, engine.columns, strict=True)}
    return {**inputs, **renamed, **named}


def _values(name: str, array: Any) -> list[Any]:
    if array.ndim != 1:
        raise invalid(f"Input {name[:100]!r}: expected shape [rows], got {list(array.shape)}.")
    refuse_more(len(array))
    values: list[Any] = array.tolist()
    if array.dtype.kind == "i" and MISSING_INT in values:
        return [None if value == MISSING_INT else value for value in values]
    return values
