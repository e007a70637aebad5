"""Real rows of July as JSON has them, and the bodies that carry them."""

import csv
import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from commands.replay.replay import replay
from serving.model.checks import RowChecks
from serving.model.columns import InputColumn
from serving.model.folder import schema_in

USE_CASE: Final = "flights"
MONTH: Final = "2013-07"
_KINDS: Final[Mapping[str, Callable[[str], Any]]] = {"int": int, "float": float, "string": str}

Row = dict[str, Any]
Wrap = Callable[[Sequence[Row]], Any]


def july(root: Path, model: Path, count: int) -> list[Row]:
    """So many rows, evenly spread over the month; an empty cell is null.

    Args:
        root: The exports are written below it, once.
        model: A version's folder, which says what its columns are.
        count: How many.
    """
    replay(USE_CASE, root / "exports", MONTH)
    columns = RowChecks(schema_in(model)).columns
    rows = []
    for part in sorted((root / "exports" / MONTH).glob("*.csv.gz")):
        with gzip.open(part, "rt", newline="", encoding="utf-8") as file:
            rows += list(csv.DictReader(file))
    return [row_of(rows[index * len(rows) // count], columns) for index in range(count)]


def row_of(cells: Mapping[str, str], columns: Sequence[InputColumn]) -> Row:
    """A line of an export as a person sends it: the model's columns, each of its kind; empty is null."""
    return {
        column.name: _KINDS[column.kind](cells[column.name]) if cells[column.name] else None
        for column in columns
    }


def bodies(rows: Sequence[Row], size: int, wrap: Wrap) -> list[bytes]:
    """Bodies of so many rows each, as compact JSON."""
    return [
        json.dumps(wrap(rows[start : start + size]), separators=(",", ":")).encode()
        for start in range(0, len(rows), size)
    ]
