"""Columns that are not in a file but in the names of its folders, as Hive, Spark and others partition tables.

`station=North/part-0.parquet`: each row of the file has `North` in the column `station`.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perennial.errors import FileRefused
from perennial.reading import row_rules
from perennial.reading.columns import Column
from perennial.reading.partition_folders import name_in_table, partitions_of
from perennial.reading.reading import ARROW_TYPES, ExportFormat, Read
from serving.reading.cells import CellRefused

Reader = Callable[[Path, ExportFormat], Read]


def without_partitions(export: ExportFormat, keys: Mapping[str, str | None]) -> ExportFormat:
    """What the files themselves hold: they may lack the columns of their folders' names."""
    named = {export.name_of(key) for key in keys}
    columns = tuple(
        replace(column, required=False) if column.name in named else column for column in export.columns
    )
    label = "" if export.label in named else export.label
    return replace(
        export,
        columns=columns,
        label=label,
        task=export.task if label else None,
        time_column="" if export.time_column in named else export.time_column,
    )


def partitioned(reader: Reader) -> Reader:
    """A reader of files that gives each row the columns of its file's folders, too."""

    @functools.wraps(reader)
    def read(path: Path, export: ExportFormat) -> Read:
        keys = partitions_of(path)
        if not keys:
            return reader(path, export)
        try:
            return _with_partitions(path, reader(path, without_partitions(export, keys)), export)
        except FileRefused as refusal:
            if not refusal.problem.startswith(path.name):
                raise
            # In each folder there may be a file of this name.
            where = name_in_table(path) + refusal.problem.removeprefix(path.name)
            raise FileRefused(where, refusal.remedy) from None

    return read


class FolderColumns:
    """The columns that the folders of a file give it.

    Attributes:
        names: Those that the file itself does not have.
        texts: Their cells; None: missing.
    """

    def __init__(self, path: Path, header: Sequence[str], export: ExportFormat) -> None:
        """Reads them as the schema says.

        Args:
            path: The file.
            header: Its own columns.
            export: What the schema says of all of them.

        Raises:
            FileRefused: One cannot be read, or it is a time or label that no row may have.
        """
        keys = {export.name_of(key): text for key, text in partitions_of(path).items()}
        header = [export.name_of(name) for name in header]
        self._path = path
        self._values = {
            column.name: _typed(path, column, keys[column.name], export)
            for column in export.columns
            if column.name in keys
        }
        self.names = tuple(key for key in keys if key not in header)
        self.texts = tuple(None if (text := keys[key]) is None else text.encode() for key in self.names)
        _refuse_rows(path, self._values, export)

    def completed(self, table: pa.Table) -> pa.Table:
        """Typed rows, with the values of these columns.

        Raises:
            FileRefused: The file has one of them, and another value in it.
        """
        for name, value in self._values.items():
            if name not in self.names:
                self._refuse_other_values(name, value, table[name])
            else:
                column = pa.array([value.as_py()], value.type).take(
                    pa.array(np.zeros(table.num_rows, np.int64))
                )
                table = table.set_column(table.column_names.index(name), name, column)
        return table

    def is_missing(self, name: str) -> bool:
        """Whether it gives a column, and no value in it."""
        return name in self._values and not self._values[name].is_valid

    def is_in_schema(self, name: str) -> bool:
        """Whether the schema has a column that it gives."""
        return name in self._values

    def _refuse_other_values(self, name: str, value: pa.Scalar, column: pa.ChunkedArray) -> None:
        same = column.null_count == len(column)
        if value.is_valid:
            same = not column.null_count and pc.all(pc.equal(column, value)).as_py() is not False
        if not same:
            raise FileRefused(
                f"{self._path.name}: column `{name}` is in the file and in its folder's name, with different"
                " values.",
                "Remove the column from the file, or move the file to the folder of its values.",
            )


def _with_partitions(path: Path, read: Read, export: ExportFormat) -> Read:
    given = FolderColumns(path, read.header, export)
    table, unlabelled = (given.completed(rows) for rows in (read.table, read.unlabelled))
    if given.is_missing(export.label):
        table, unlabelled = table.slice(0, 0), pa.concat_tables([unlabelled, table])
    return replace(
        read,
        table=table,
        unlabelled=unlabelled,
        bad=[row._replace(cells=(*row.cells, *given.texts)) for row in read.bad],
        header=(*read.header, *given.names),
        ignored_columns=(
            *read.ignored_columns,
            *(name for name in given.names if not given.is_in_schema(name)),
        ),
        absent_columns=tuple(name for name in read.absent_columns if not given.is_in_schema(name)),
    )


def _typed(path: Path, column: Column, text: str | None, export: ExportFormat) -> pa.Scalar:
    try:
        value = export.rule_of(column).read(text)
    except CellRefused as refused:
        raise _unfit(path, column.name, str(refused)) from None
    return pa.scalar(value, ARROW_TYPES[column.kind])


def _refuse_rows(path: Path, values: Mapping[str, pa.Scalar], export: ExportFormat) -> None:
    """Refuses a file whose folders say a time or a label that no row may have."""
    row = pa.table(
        {
            column.name: pa.nulls(1, ARROW_TYPES[column.kind])
            if column.name not in values
            else pa.array([values[column.name].as_py()], ARROW_TYPES[column.kind])
            for column in export.columns
        }
    )
    has_label = export.label in values and values[export.label].is_valid
    time_column = export.time_column if export.time_column in values else ""
    roles = replace(
        export,
        label=export.label if has_label else "",
        task=export.task if has_label else None,
        time_column=time_column,
    )
    for fault in row_rules.row_faults(row, roles, []):
        raise _unfit(path, fault.column, fault.reason)


def _unfit(path: Path, column: str, reason: str) -> FileRefused:
    return FileRefused(
        f"{path.name}: column `{column}`, which its folder's name gives: {reason}.",
        "Rename the folder, or change the column's type in the schema.",
    )
