"""Reads a person's table as `run` would: typed, by the same reader, in the format that was found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commands.new.sniffing.sniff import Sniffed
from perennial.errors import UsageError, did_you_mean
from perennial.reading.columns import Column
from perennial.reading.csv_format import CsvFormat
from perennial.reading.read_csv import read_csv
from perennial.reading.read_parquet import read_parquet
from perennial.reading.reading import FOOTER, ExportFormat, Read
from pipeline.config_sections import ExportsSection

_SHOWN = 20
# Unit as pandas calls it -> how many of them a second has, and its name.
_UNITS: Final = {
    "s": (1, "seconds"),
    "ms": (10**3, "milliseconds"),
    "us": (10**6, "microseconds"),
    "ns": (10**9, "nanoseconds"),
}
# 1980 and 2100, in seconds since 1970.
_FIRST_SECOND: Final = 315_532_800
_LAST_SECOND: Final = 4_102_444_800


@dataclass(frozen=True)
class Source:
    """A table in memory, and where it came from.

    Attributes:
        sniffed: How its files are written.
        table: The rows that can be read and have a label and a time, all files' after another; int64,
            float32 or binary, null where missing. Dates are ISO text.
        bad: How many rows cannot be read, or lack the time: they go to quarantine.
        unlabelled: The rows that lack nothing but the label, with the columns of `table`.
    """

    sniffed: Sniffed
    table: pa.Table
    bad: int
    unlabelled: pa.Table


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
            raise _no_time(sniffed, time_column)
    if label in sniffed.dates:
        raise UsageError(
            f"Column `{label}` holds dates; a label must be a class or a number.",
            "Name another column as --label.",
        )
    reads = [_read_one(path, sniffed, label, time_column) for path in sniffed.files]
    table = pa.concat_tables([read.table for read in reads])
    bad = sum(row.reason != FOOTER for read in reads for row in read.bad)
    return Source(sniffed, table, bad, pa.concat_tables([read.unlabelled for read in reads]))


def _no_time(sniffed: Sniffed, column: str) -> UsageError:
    """Why a column cannot be the time of a row."""
    unit = epoch_unit(_read_one(sniffed.files[0], sniffed, "", None).table[column])
    if unit:
        python = f"pandas.to_datetime(table[{column!r}], unit={unit!r}).dt.strftime('%Y-%m-%dT%H:%M:%SZ')"
        return UsageError(
            f"Column `{column}` cannot be --time: expected dates or times, got numbers that look like"
            f" {_UNITS[unit][1]} since 1970.",
            f"Write them as ISO times in UTC, for example with {python}; then run `new` again.",
        )
    return UsageError(
        f"Column `{column}` cannot be --time: not all of its cells are dates or times in one format.",
        "Name another column as --time, write its dates as YYYY-MM-DD, or omit --time.",
    )


def epoch_unit(values: pa.ChunkedArray) -> str:
    """The unit, as pandas calls it, by which all numbers are times of 1980 to 2100; "" where none is."""
    present = values.drop_null()
    if pa.types.is_binary(values.type):
        # Numbers of so many digits are read as text.
        if not pc.all(pc.match_substring_regex(present, pattern=r"\A[0-9]{9,19}\z")).as_py():
            return ""
        present = pc.cast(present.cast(pa.string()), pa.float64())
    if not len(present):
        return ""
    ends = pc.min_max(present).as_py()
    fitting = (unit for unit, (a_second, _) in _UNITS.items() if _is_time(ends, a_second))
    return next(fitting, "")


def _is_time(ends: Mapping[str, float], a_second: int) -> bool:
    return bool(_FIRST_SECOND * a_second <= ends["min"] and ends["max"] <= _LAST_SECOND * a_second)


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
    return ExportsSection(**sniffed.exports).csv_format


def _read_one(path: Path, sniffed: Sniffed, label: str, time_column: str | None) -> Read:
    reader = read_parquet if sniffed.kind == "parquet" else read_csv
    return reader(path, format_of(sniffed, label, time_column))


def days_of(table: pa.Table, time_column: str) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    """The day of each row, `YYYY-MM-DD`."""
    return np.asarray(table[time_column].cast(pa.string()).to_numpy(), dtype="U10")
