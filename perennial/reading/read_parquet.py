"""Reads one Parquet file as the schema says: its types fit or it is refused, and no value is dropped."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow_hotfix  # noqa: F401  (before parquet: without it pyarrow 10 runs code from hostile files)

import pyarrow.parquet as pq  # isort: skip

from perennial.errors import FileRefused
from perennial.reading import arrow_cells, row_rules
from perennial.reading.parquet_files import (
    ParquetSource,
    open_source,
    opened,
    refusing_damage,
    schema_of,
)
from perennial.reading.partitions import partitioned
from perennial.reading.reading import (
    ExportFormat,
    Placed,
    Placement,
    Read,
    ReadTable,
    bad_rows_of,
    place,
    read_columns,
    read_of,
)

_BATCH_ROWS = 65_536
_OFFSET_BYTES = 8
_TEXTS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)


@partitioned
def read_parquet(path: Path, export: ExportFormat) -> Read:
    """Reads a Parquet file; a bad row's line is its number in the file, from 1.

    Args:
        path: The file.
        export: Its columns, label, time column, and cap.

    Returns:
        The typed good rows and the bad ones.

    Raises:
        FileRefused: the file cannot be read, or a column is of a type that does not fit the schema's.
    """
    with opened(path) as source:
        _refuse_large(path.name, source.file, export.max_bytes)
        header = tuple(source.schema.names)
        placement = place(path.name, header, export)
        places = set(placement.positions.values())
        names = [name for index, name in enumerate(header) if index in places]
        with refusing_damage(path):
            batches = _batches(path.name, source, names, export.max_bytes)
            raw = _table_of(batches, source.schema, names)
        read = typed_rows(path.name, raw, placement, export)
        bad_rows = sorted({fault.row for fault in read.faults})
        with refusing_damage(path):
            rest = [name for name in source.newer_encodings(None) if name not in names] if bad_rows else []
            batches = _batches(
                path.name, source, [name for name in header if name not in rest], export.max_bytes
            )
            cells_by_row = dict(zip(bad_rows, _cells_of(batches, bad_rows, header), strict=True))
    bad = bad_rows_of(read.faults, header, line_of=lambda row: row + 1, cells_of=cells_by_row.__getitem__)
    return read_of(read, bad, export, Placed(header, placement.ignored, placement.absent))


def _refuse_large(file: str, parquet: pq.ParquetFile, max_bytes: int) -> None:
    """Refuses by what the footer says, before a page is decompressed."""
    groups = range(parquet.metadata.num_row_groups)
    if sum(parquet.metadata.row_group(group).total_byte_size for group in groups) > max_bytes:
        raise _too_large(file, max_bytes)


def _too_large(file: str, max_bytes: int) -> FileRefused:
    return FileRefused(
        f"{file}: the file holds more than {max_bytes} bytes when decompressed.",
        "Export it in smaller files.",
    )


def _decoded_bytes(column: pa.Array) -> int:
    """What a column takes once each of its rows has a value of its own."""
    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    texts = column.dictionary
    if not any(is_one(texts.type) for is_one in _TEXTS):
        return len(column) * max(1, texts.nbytes)
    lengths = pc.binary_length(texts)
    return len(column) * _OFFSET_BYTES + int(pc.sum(pc.take(lengths, column.indices)).as_py() or 0)


def _refuse_unfit(file: str, raw: pa.Table, placement: Placement, export: ExportFormat) -> None:
    """Refuses a column whose type does not fit, unless all of it is missing: such a one may have any type."""
    for column in export.columns:
        if column.name not in placement.positions:
            continue
        rule, values = export.rule_of(column), raw[column.name]
        if not arrow_cells.fits(rule, values.type) and not arrow_cells.is_missing(values):
            raise FileRefused(
                f"{file}: column `{column.name}`: expected {arrow_cells.expected(rule)}, got"
                f" {values.type.value_type if pa.types.is_dictionary(values.type) else values.type}.",
                "Export the column with such a type, or change its type in the schema.",
            )


def _batches(
    file: str, source: ParquetSource, names: list[str] | None, max_bytes: int, rows: int = _BATCH_ROWS
) -> Iterator[pa.RecordBatch]:
    """Reads batch by batch (None: all columns), so that a file that grows past the cap is stopped in time."""
    done = 0
    for batch in source.batches(names, rows):
        done += sum(_decoded_bytes(column) for column in batch.columns)
        if done > max_bytes:
            raise _too_large(file, max_bytes)
        yield batch


def _table_of(batches: Iterator[pa.RecordBatch], schema: pa.Schema, names: list[str]) -> pa.Table:
    whole = list(batches)
    return pa.Table.from_batches(whole, None if whole else pa.schema([schema.field(name) for name in names]))


def _cells_of(
    batches: Iterator[pa.RecordBatch], rows: Sequence[int], header: Sequence[str]
) -> list[tuple[bytes | None, ...]]:
    """All the cells of these rows as text, those of unknown columns too; None of one that cannot be read."""
    if not rows:
        return []
    cells: list[tuple[bytes | None, ...]] = []
    start, at = 0, 0
    for batch in batches:
        upto = at
        while upto < len(rows) and rows[upto] < start + batch.num_rows:
            upto += 1
        if upto > at:
            taken = pa.Table.from_batches([batch]).take([row - start for row in rows[at:upto]])
            read = {
                name: arrow_cells.rendered(column)
                for name, column in zip(taken.column_names, taken.columns, strict=True)
            }
            columns = [read.get(name, [None] * taken.num_rows) for name in header]
            cells += list(zip(*columns, strict=True))
        start, at = start + batch.num_rows, upto
    return cells


@dataclass(frozen=True)
class ParquetStream:
    """A Parquet file that is read batch by batch.

    Attributes:
        schema: Its columns, as they are written.
        codec: What it is compressed by, as pyarrow calls it.
        placement: Where the export's columns are in it.
        batches: All columns of so many rows as take little memory; texts may be dictionaries.
    """

    schema: pa.Schema
    codec: str
    placement: Placement
    batches: Iterator[pa.RecordBatch]


def stream_parquet(path: Path, export: ExportFormat, max_batch_bytes: int) -> ParquetStream:
    """Opens a Parquet file of any length.

    Args:
        path: The file.
        export: Its columns, and how many bytes all batches together may take, decoded.
        max_batch_bytes: How many bytes a batch should take; a single row may take more.

    Raises:
        FileRefused: Here or while it is read, as `read_parquet`.
    """
    source = open_source(path)
    # Texts are read as dictionaries, whatever they are in the file.
    schema = schema_of(path)
    placement = place(path.name, schema.names, export)
    metadata = source.file.metadata
    groups = [metadata.row_group(group) for group in range(metadata.num_row_groups)]
    codec = groups[0].column(0).compression if groups and metadata.num_columns else "SNAPPY"
    a_row = sum(group.total_byte_size for group in groups) // max(metadata.num_rows, 1) + 1
    rows = min(max(max_batch_bytes // a_row, 1), _BATCH_ROWS)
    return ParquetStream(
        schema,
        "none" if codec == "UNCOMPRESSED" else codec.lower(),
        placement,
        _refusing_damage_in(path, source, _batches(path.name, source, None, export.max_bytes, rows)),
    )


def typed_rows(file: str, raw: pa.Table, placement: Placement, export: ExportFormat) -> ReadTable:
    """Reads rows as the schema says.

    Args:
        file: The file's name, for messages.
        raw: Its columns, or those of the schema among them.
        placement: Where these are.
        export: What they are.

    Raises:
        FileRefused: A column is of a type that does not fit the schema's.
    """
    raw = raw.rename_columns([export.name_of(name) for name in raw.column_names])
    _refuse_unfit(file, raw, placement, export)
    read = read_columns(
        export,
        raw.num_rows,
        lambda column, rule: (
            arrow_cells.from_arrow(column.name, rule, raw[column.name])
            if column.name in placement.positions
            else None
        ),
    )
    faults = read.faults + row_rules.row_faults(read.table, export, read.faults)
    return read._replace(faults=faults)


def _refusing_damage_in(
    path: Path, source: ParquetSource, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    with contextlib.closing(source):
        while True:
            with refusing_damage(path):
                batch = next(batches, None)
            if batch is None:
                return
            yield batch
