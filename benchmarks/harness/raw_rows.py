"""Raw rows of a CSV as a client sends them as JSON, by the server's own reader of CSV."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.harness.resume import StepFailed
from serving.model.columns import InputColumn, RowError
from serving.model.row_arrays import RowReader
from serving.reading.cells import Cell, CellRefused
from serving.reading.rules import plain_rules
from serving.reading.version_rules import VersionRules
from serving.requests.csv_rows import MOST_LINES, rows_of_csv

Row = dict[str, Any]


def raw_rows(body: bytes, columns: Sequence[InputColumn]) -> list[Row]:
    """The rows of a CSV with a header: the model's columns, each of its kind; an empty cell is None.

    Args:
        body: UTF-8; other columns, such as the label, are left out.
        columns: The model's.

    Raises:
        StepFailed: A row cannot be read.
    """
    reader = RowReader(columns, plain_rules())
    rows: list[Row] = []
    for index, row in enumerate(rows_of_csv(body, columns, MOST_LINES, VersionRules())):
        if isinstance(row, RowError):
            raise StepFailed(f"{row}.")
        read: Row = {}
        for position, column in enumerate(columns):
            try:
                read[column.name] = _as_json(reader.cell(position, row[column.name]))
            except CellRefused as refused:
                raise StepFailed(f"{RowError(index, column.name, str(refused))}.") from refused
        rows.append(read)
    return rows


def _as_json(cell: Cell | None) -> int | float | str | None:
    """A cell with the digits that a person writes: the fewest that give its float32."""
    if isinstance(cell, float):
        return float(str(np.float32(cell)))
    return cell.decode() if isinstance(cell, bytes) else cell
