"""Raw rows of a CSV as a client sends them as JSON, by the server's own reader of CSV."""

from collections.abc import Sequence
from typing import Any

from benchmarks.harness.resume import StepFailed
from serving.model.columns import InputColumn, RowError
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
    rows: list[Row] = []
    for row in rows_of_csv(body, columns, MOST_LINES):
        if isinstance(row, RowError):
            raise StepFailed(f"{row}.")
        rows.append({column.name: row[column.name] for column in columns})
    return rows
