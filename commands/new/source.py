"""Reads a person's table as `run` would: typed, by the same reader, in the format that was found."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from commands.new.sniffing.sniff import Sniffed
from perennial.errors import UsageError, did_you_mean
from perennial.reading.columns import Column
from perennial.reading.csv_format import CsvFormat
from perennial.reading.read_csv import read_csv
from perennial.reading.read_parquet import read_parquet
from perennial.reading.reading import FOOTER, ExportFormat, Read

_SHOWN = 20


@dataclass(frozen=True)
class Source:
    """A table in memory, and where it came from.

    Attributes:
        sniffed: How its files are written.
        table: The rows that can be read and have a label and a time, all files' after another; int64,
            float32 or binary, null where missing. Dates are ISO text.
        bad: How many rows cannot be read, or lack the label or the time.
    """

    sniffed: Sniffed
    table: pa.Table
    bad: int


def read(sniffed: Sniffed, label: str, time_column: str | None) -> Source:
    """Reads all files of a table.

    Raises:
        UsageError: The label's or the time's column is not there, or is not what it must be.
        FileRefused: A file cannot be read without loss.
    """
    _refuse_absent(label, "--label", sniffed.columns)
    if time_column is not None:
        _refuse_absent(time_column, "--time", sniffed.columns)
        if time_column == label:
            raise UsageError(
                f"--label and --time must differ; both are {label!r}.", "Name another column for one of them."
            )
        if time_column not in sniffed.dates:
            raise UsageError(
                f"Column `{time_column}` cannot be --time: not all of its cells are dates or times in one"
                " format.",
                "Name another column as --time, write its dates as YYYY-MM-DD, or omit --time.",
            )
    if label in sniffed.dates:
        raise UsageError(
            f"Column `{label}` holds dates; a label must be a class or a number.",
            "Name another column as --label.",
        )
    reads = [_read_one(path, sniffed, label, time_column) for path in sniffed.files]
    table = pa.concat_tables([read.table for read in reads])
    bad = sum(row.reason != FOOTER for read in reads for row in read.bad)
    unlabelled = sum(read.unlabelled.num_rows for read in reads)
    return Source(sniffed, table, bad + unlabelled)


def _refuse_absent(name: str, option: str, columns: Sequence[str]) -> None:
    if name in columns:
        return
    near = did_you_mean(name, columns)
    if not near:
        same = [column for column in columns if column.strip().lower() == name.strip().lower()]
        near = f" (did you mean `{same[0]}`?)" if same else ""
    listed = ", ".join(columns[:_SHOWN]) + (f" and {len(columns) - _SHOWN} more" * (len(columns) > _SHOWN))
    raise UsageError(
        f"{option}: the table has no column `{name}`{near}.",
        f"Name one of its columns: {listed}.",
    )


def format_of(sniffed: Sniffed, label: str, time_column: str | None) -> ExportFormat:
    """How the table's files are read: every column as what its cells are, none of them needed but two."""
    columns = tuple(
        Column(name, sniffed.kinds[name], name in (label, time_column)) for name in sniffed.columns
    )
    return ExportFormat(columns, label, time_column or "", written_as(sniffed))


def written_as(sniffed: Sniffed) -> CsvFormat:
    """How the cells of its files are written."""
    exports = dict(sniffed.exports)
    return CsvFormat(**exports | {"na_values": tuple(exports.get("na_values", ()))})


def _read_one(path: Path, sniffed: Sniffed, label: str, time_column: str | None) -> Read:
    reader = read_parquet if sniffed.kind == "parquet" else read_csv
    return reader(path, format_of(sniffed, label, time_column))


def days_of(table: pa.Table, time_column: str) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    """The day of each row, `YYYY-MM-DD`."""
    return np.asarray(table[time_column].cast(pa.string()).to_numpy(), dtype="U10")
