"""The rules for a row of any format: a label that is one of the classes, a time in the time column.

A row that lacks only its label is at no fault: `reading.read_of` sets it apart.
"""

import functools

import pyarrow as pa
import pyarrow.compute as pc

from perennial.reading import labels
from perennial.reading.cells import rows_where
from perennial.reading.dates import days_of, hours_of
from perennial.reading.reading import ExportFormat, Fault

NO_VALUE = "no label, and no other value"
NO_CLASS = "a label that is not one of the classes"
NO_TIME = "no date or time"


def row_faults(table: pa.Table, export: ExportFormat, known: list[Fault]) -> list[Fault]:
    """What a typed table's rows lack.

    Args:
        table: One column for each of the schema, null where missing or already at fault.
        export: Names the label and the time column.
        known: Faults already found, so that no cell is told twice.
    """
    faults = []
    reported = {(fault.row, fault.column) for fault in known}
    if export.label:
        faults += _label_faults(table, export)
    if name := export.time_column:
        faults += [Fault(row, name, NO_TIME) for row in rows_where(pc.is_null(table[name]))]
    return [fault for fault in faults if (fault.row, fault.column) not in reported]


def _label_faults(table: pa.Table, export: ExportFormat) -> list[Fault]:
    values = table[export.label]
    faults = []
    if values.null_count:
        empty = functools.reduce(pc.and_, [pc.is_null(column) for column in table.columns])
        faults = [Fault(row, export.label, NO_VALUE) for row in rows_where(empty)]
    if export.task and export.task.classes:
        wrong = rows_where(pc.invert(labels.is_class(values, export.task)))
        faults += [Fault(row, export.label, NO_CLASS) for row in wrong]
    return faults


def distinct_days(times: pa.ChunkedArray) -> list[str]:
    """The days there are among ISO dates or times (binary, none missing), in order."""
    return sorted(pc.unique(days_of(times)).to_pylist())


def rows_by_hour(times: pa.ChunkedArray) -> dict[str, int]:
    """How many rows there are of each hour, `YYYY-MM-DD HH`, in order; a date without a time is as it is.

    Args:
        times: ISO dates or times, binary, none missing.
    """
    counts = pc.value_counts(hours_of(times))
    pairs = zip(counts.field("values").to_pylist(), counts.field("counts").to_pylist(), strict=True)
    return dict(sorted(pairs))
