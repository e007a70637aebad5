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
    Fault,
    Placed,
    Placement,
    Read,
    bad_rows_of,
    missing_values,
    place,
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
        _refuse_unfit(path.name, source.schema, placement, export)
        names = [name for name in header if name in placement.positions]
        with refusing_damage(path):
            batches = _batches(path.name, source, names, export.max_bytes)
            raw = _table_of(batches, source.schema, names)
        table, faults = _typed(raw, placement, export)
        faults += row_rules.row_faults(table, export, faults)
        bad_rows = sorted({fault.row for fault in faults})
        with refusing_damage(path):
            rest = [name for name in source.newer_encodings(None) if name not in names] if bad_rows else []
            batches = _batches(
                path.name, source, [name for name in header if name not in rest], export.max_bytes
            )
            cells_by_row = dict(zip(bad_rows, _cells_of(batches, bad_rows, header), strict=True))
    bad = bad_rows_of(faults, header, line_of=lambda row: row + 1, cells_of=cells_by_row.__getitem__)
    return read_of(table, bad_rows, bad, export, Placed(header, placement.ignored, placement.absent))


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


def _refuse_unfit(file: str, schema: pa.Schema, placement: Placement, export: ExportFormat) -> None:
    for column in export.columns:
        if column.name not in placement.positions:
            continue
        arrow_type = schema.field(column.name).type
        if not arrow_cells.fits(column.kind, arrow_type):
            raise FileRefused(
                f"{file}: column `{column.name}`: expected {arrow_cells.EXPECTED[column.kind]}, got"
                f" {arrow_type.value_type if pa.types.is_dictionary(arrow_type) else arrow_type}.",
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


def _typed(raw: pa.Table, placement: Placement, export: ExportFormat) -> tuple[pa.Table, list[Fault]]:
    columns, faults = [], []
    for column in export.columns:
        if column.name in placement.positions:
            values, column_faults = arrow_cells.from_arrow(
                column.kind, column.name, raw[column.name], export.written
            )
            faults += column_faults
        else:
            values = missing_values(column.kind, raw.num_rows)
        columns.append(values)
    return pa.table(columns, names=[column.name for column in export.columns]), faults


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
    _refuse_unfit(path.name, schema, placement, export)
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


def typed_rows(raw: pa.Table, placement: Placement, export: ExportFormat) -> tuple[pa.Table, list[Fault]]:
    """Reads rows as the schema says: the typed columns, null where missing or at fault, and the faults."""
    table, faults = _typed(raw, placement, export)
    return table, faults + row_rules.row_faults(table, export, faults)


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
