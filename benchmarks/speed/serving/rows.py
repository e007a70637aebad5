"""Real rows of July as JSON has them, and the bodies that carry them."""

import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.harness.raw_rows import Row, raw_rows
from commands.replay.replay import replay
from serving.model.checks import RowChecks
from serving.model.folder import schema_in

USE_CASE: Final = "flights"
MONTH: Final = "2013-07"

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
    rows: list[Row] = []
    for part in sorted((root / "exports" / MONTH).glob("*.csv.gz")):
        rows += raw_rows(gzip.decompress(part.read_bytes()), columns)
    return [rows[index * len(rows) // count] for index in range(count)]


def bodies(rows: Sequence[Row], size: int, wrap: Wrap) -> list[bytes]:
    """Bodies of so many rows each, as compact JSON."""
    return [
        json.dumps(wrap(rows[start : start + size]), separators=(",", ":")).encode()
        for start in range(0, len(rows), size)
    ]
