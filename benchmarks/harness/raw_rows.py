"""Raw rows of a CSV as a client sends them as JSON, by the server's own reader of CSV."""

from collections.abc import Sequence
from typing import Any

from benchmarks.harness.resume import StepFailed
from serving.model.columns import InputColumn, RowError
from serving.model.row_arrays import RowReader
from serving.reading.cells import Refused
from serving.reading.rules import plain_rules
from serving.reading.version_rules import CsvDialect
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
    cells = RowReader(columns, plain_rules()).cells
    rows: list[Row] = []
    for row in rows_of_csv(body, columns, MOST_LINES, CsvDialect()):
        if isinstance(row, RowError):
            raise StepFailed(f"{row}.")
        try:
            read = [
                (column.name, cell.read(row[column.name]))
                for column, cell in zip(columns, cells, strict=True)
            ]
        except Refused as refused:
            raise StepFailed(f"A row cannot be read: {refused}.") from refused
        rows.append({name: value.decode() if isinstance(value, bytes) else value for name, value in read})
    return rows
