"""The file of day summaries: Arrow's IPC format, one row of two tables and their checksum.

The table of the summaries has a row for each day and column. Its own columns do not depend on the summarised
ones, so that a year of files is taken apart as one. The other table is the sample.
"""

import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from perennial.drift.day_columns import LEVELS, Counts, NumberDays, Places, TextDays, ValueCounts, text_days
from perennial.drift.day_summaries import ColumnDays, DayTable, concatenated_samples, empty_days, first_rows
from perennial.drift.text_values import SHAPES
from perennial.errors import DaysDamaged
from perennial.files import written_aside

FILE: Final = "days.arrow"
_FILE_SCHEMA: Final = pa.schema(
    [("checksum", pa.uint32()), ("summaries", pa.large_binary()), ("sample", pa.large_binary())],
    {b"perennial.days": b"1"},
)
_NUMBER, _TEXT, _ROWS = range(3)
# A file is small: to share it between threads takes ten times as long as to read it.
_OPTIONS: Final = pa.ipc.IpcReadOptions(use_threads=False)
_SCHEMA: Final = pa.schema(
    [
        ("kind", pa.int8()),
        ("column", pa.string()),
        ("day", pa.int32()),
        ("present", pa.int64()),  # of the day itself: its rows
        ("distinct", pa.int64()),
        ("mean", pa.float64()),
        ("quantiles", pa.list_(pa.float64())),
        ("values", pa.list_(pa.binary())),
        ("counts", pa.list_(pa.int64())),
        ("beyond", pa.int64()),
        ("shapes", pa.list_(pa.int64())),
    ]
)


class _Stored(NamedTuple):
    """What one file holds: the tables of its summaries and of its sample."""

    summaries: pa.Table
    sample: pa.Table


def write_days(path: Path, table: DayTable) -> None:
    """Writes the summaries of days, by renaming."""
    blocks = [_block(_ROWS, "", table, present=table.rows)]
    blocks += [_of_column(name, column, table) for name, column in table.columns.items()]
    parts = [_packed(pa.concat_tables(blocks)), _packed(table.sample)]
    checksum = pa.array([_checksum(parts)], pa.uint32())
    row = pa.record_batch(
        [checksum, *(pa.array([part], pa.large_binary()) for part in parts)], schema=_FILE_SCHEMA
    )
    with written_aside(path) as aside, pa.ipc.new_file(str(aside), _FILE_SCHEMA) as writer:
        writer.write_batch(row)


def read_days(path: Path) -> DayTable:
    """Reads what `write_days` wrote.

    Raises:
        DaysDamaged: There is no such file, or it is not what was written.
    """
    return read_all_days([path])


def read_all_days(paths: Iterable[Path]) -> DayTable:
    """Reads several files as `DayTable.merged` of each; the same errors as `read_days`."""
    layers: list[tuple[set[int], list[_Stored]]] = []
    for path in paths:
        stored = _stored(path)
        days = set(stored.summaries["day"].unique().to_pylist())
        for known, others in layers:
            if known.isdisjoint(days):
                known |= days
                others.append(stored)
                break
        else:
            layers.append((days, [stored]))
    # Files that share no day are taken apart as one, which takes a fifth of the time.
    return DayTable.merged(_days_in(layer) for _, layer in layers)


def _block(kind: int, name: str, table: DayTable, **columns: pa.Array | npt.NDArray[np.generic]) -> pa.Table:
    days = len(table.days)
    columns["kind"] = np.full(days, kind, np.int8)
    columns["column"] = pa.array([name] * days, pa.string())
    columns["day"] = table.days.astype(np.int32)
    arrays = [
        _array(columns[field.name]) if field.name in columns else pa.nulls(days, field.type)
        for field in _SCHEMA
    ]
    return pa.Table.from_arrays(arrays, schema=_SCHEMA)


def _array(values: pa.Array | npt.NDArray[np.generic]) -> pa.Array:
    return values if isinstance(values, pa.Array) else pa.array(values)


def _of_column(name: str, column: ColumnDays, table: DayTable) -> pa.Table:
    if isinstance(column, NumberDays):
        return _block(
            _NUMBER,
            name,
            table,
            present=column.present,
            distinct=column.distinct,
            mean=column.mean,
            quantiles=_lists(column.quantiles.ravel(), np.full(len(table.days), len(LEVELS))),
        )
    day, place = np.nonzero(column.counts)
    lengths = np.bincount(day, minlength=len(table.days))
    return _block(
        _TEXT,
        name,
        table,
        present=column.present,
        distinct=column.distinct,
        values=_lists(pa.array(column.values, pa.binary()).take(pa.array(place)), lengths),
        counts=_lists(column.counts[day, place], lengths),
        beyond=column.beyond,
        shapes=_lists(column.shapes.ravel(), np.full(len(table.days), len(SHAPES))),
    )


def _lists(values: pa.Array | npt.NDArray[np.generic], lengths: Counts) -> pa.Array:
    return pa.ListArray.from_arrays(pa.array(np.cumsum([0, *lengths]).astype(np.int32)), _array(values))


def _packed(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table.combine_chunks())
    return bytes(sink.getvalue())


def _checksum(parts: Iterable[bytes | pa.Buffer]) -> int:
    checksum = 0
    for part in parts:
        checksum = zlib.crc32(part, checksum)
    return checksum


def _stored(path: Path) -> _Stored:
    try:
        row = pa.ipc.open_file(path.read_bytes(), options=_OPTIONS).read_all()
        row.validate(full=True)
        if row.schema.equals(_FILE_SCHEMA, check_metadata=True) and row.num_rows == 1:
            parts = [row[name][0].as_buffer() for name in ("summaries", "sample")]
            if row["checksum"][0].as_py() == _checksum(parts):
                return _Stored(*(pa.ipc.open_stream(part, options=_OPTIONS).read_all() for part in parts))
    except (OSError, pa.ArrowException) as error:
        raise _damaged(path) from error
    raise _damaged(path)


def _damaged(path: Path) -> DaysDamaged:
    return DaysDamaged(
        f"{path} is not a file of day summaries, or is damaged.", "Run again: it rebuilds damaged outputs."
    )


def _days_in(files: Sequence[_Stored]) -> DayTable:
    """Takes apart files that share no day."""
    stored = pa.concat_tables([file.summaries for file in files])
    if not stored.num_rows:
        return empty_days()
    stored = stored.combine_chunks()
    kind, day = stored["kind"].to_numpy(), stored["day"].to_numpy()
    column = stored["column"].chunk(0).dictionary_encode()
    code, names = column.indices.to_numpy(), column.dictionary.to_pylist()
    own = np.flatnonzero(kind == _ROWS)
    own = own[np.argsort(day[own])]
    days = day[own]
    columns = {}
    for number, name in enumerate(names):
        rows = np.flatnonzero((code == number) & (kind != _ROWS))
        if len(rows):
            rows = rows[kind[rows] == kind[rows[-1]]]
            of_column = stored.take(pa.array(rows))
            make = _numbers if kind[rows[-1]] == _NUMBER else _texts
            columns[name] = make(of_column, np.searchsorted(days, day[rows]), len(days))
    rows_of_days = stored["present"].to_numpy()[own]
    sample = first_rows(concatenated_samples([file.sample for file in files]))
    return DayTable(days.astype("datetime64[D]"), rows_of_days, columns, sample)


def _placed(values: pa.ChunkedArray, places: Places, days: int) -> Counts:
    placed = np.zeros(days, np.int64)
    placed[places] = values.to_numpy()
    return placed


def _numbers(stored: pa.Table, places: Places, days: int) -> NumberDays:
    mean = np.full(days, np.nan)
    mean[places] = stored["mean"].to_numpy()
    quantiles = np.full((days, len(LEVELS)), np.nan)
    quantiles[places] = stored["quantiles"].chunk(0).flatten().to_numpy().reshape(-1, len(LEVELS))
    present, distinct = (_placed(stored[name], places, days) for name in ("present", "distinct"))
    return NumberDays(present, mean, quantiles, distinct)


def _texts(stored: pa.Table, places: Places, days: int) -> TextDays:
    shapes = np.zeros((days, len(SHAPES)), np.int64)
    shapes[places] = stored["shapes"].chunk(0).flatten().to_numpy().reshape(-1, len(SHAPES))
    present, distinct, beyond = (
        _placed(stored[name], places, days) for name in ("present", "distinct", "beyond")
    )
    counts = stored["counts"].chunk(0)
    top = ValueCounts(
        np.repeat(places, pc.list_value_length(counts).to_numpy()),
        stored["values"].chunk(0).flatten(),
        counts.flatten().to_numpy(),
    )
    return text_days(present, distinct, beyond, shapes, top)
