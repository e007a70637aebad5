"""Reads one Parquet file as the schema says: its types fit or it is refused, and no value is dropped."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow_hotfix  # noqa: F401  (before parquet: without it pyarrow 10 runs code from hostile files)

import pyarrow.parquet as pq  # isort: skip

from components.arrow_example_gen import arrow_cells, row_rules
from components.arrow_example_gen.reading import (
    ExportFormat,
    Fault,
    Placement,
    Read,
    bad_rows_of,
    good_rows,
    missing_values,
    place,
)
from pipeline.errors import FileRefused

_EXPORT_AGAIN = "Export the file again, and copy it whole."
_BATCH_ROWS = 65_536


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
    try:
        with path.open("rb") as source:
            return _read(path.name, pq.ParquetFile(source), export)
    except pa.ArrowException:
        raise FileRefused(f"{path.name}: {_DAMAGED}", _EXPORT_AGAIN) from None
    except OSError as error:
        problem = f"the file cannot be read ({error.strerror})." if error.strerror else _DAMAGED
        raise FileRefused(f"{path.name}: {problem}", _EXPORT_AGAIN) from None


_DAMAGED = "a whole Parquet file was expected, and it is damaged or cut short."


def _read(file: str, parquet: pq.ParquetFile, export: ExportFormat) -> Read:
    schema = parquet.schema_arrow
    header = tuple(schema.names)
    placement = place(file, header, export)
    for column in export.columns:
        if column.name not in placement.positions:
            continue
        came = schema.field(column.name).type
        if not arrow_cells.fits(column.kind, came, column.name == export.time_column):
            raise FileRefused(
                f"{file}: {column.name!r} was expected as {arrow_cells.EXPECTED[column.kind]},"
                f" and came as {came}.",
                "Export the column with a type that fits, or change its type in the schema.",
            )
    raw = _within_cap(
        file, parquet, [name for name in header if name in placement.positions], export.max_bytes
    )
    table, faults = _typed(raw, placement, export)
    faults += row_rules.row_faults(table, export, faults)
    bad_rows = sorted({fault.row for fault in faults})
    came_as = dict(zip(bad_rows, _cells_of(parquet, bad_rows), strict=True))
    bad = bad_rows_of(faults, header, line_of=lambda row: row + 1, cells_of=came_as.__getitem__)
    return Read(good_rows(table, bad_rows), bad, header, placement.ignored, placement.absent)


def _within_cap(file: str, parquet: pq.ParquetFile, names: list[str], max_bytes: int) -> pa.Table:
    """Reads batch by batch, so that a file that grows past the cap is stopped while it grows."""
    batches, done = [], 0
    for batch in parquet.iter_batches(batch_size=_BATCH_ROWS, columns=names):
        done += batch.nbytes
        if done > max_bytes:
            raise FileRefused(
                f"{file}: at most {max_bytes} bytes were expected, and it holds more when decompressed.",
                "Export it in smaller parts.",
            )
        batches.append(batch)
    fields = [parquet.schema_arrow.field(name) for name in names]
    return pa.Table.from_batches(batches, schema=None if batches else pa.schema(fields))


def _typed(raw: pa.Table, placement: Placement, export: ExportFormat) -> tuple[pa.Table, list[Fault]]:
    columns, faults = [], []
    for column in export.columns:
        if column.name in placement.positions:
            values, found = arrow_cells.from_arrow(column.kind, column.name, raw[column.name])
            faults += found
        else:
            values = missing_values(column.kind, raw.num_rows)
        columns.append(values)
    return pa.table(columns, names=[column.name for column in export.columns]), faults


def _cells_of(parquet: pq.ParquetFile, rows: Sequence[int]) -> list[tuple[bytes | None, ...]]:
    """All the cells of these rows as text, those of unknown columns too; reads the file once more."""
    if not rows:
        return []
    found: list[tuple[bytes | None, ...]] = []
    start, at = 0, 0
    for batch in parquet.iter_batches(batch_size=_BATCH_ROWS):
        upto = at
        while upto < len(rows) and rows[upto] < start + batch.num_rows:
            upto += 1
        if upto > at:
            taken = pa.Table.from_batches([batch]).take([row - start for row in rows[at:upto]])
            columns = [arrow_cells.rendered(column) for column in taken.columns]
            found += list(zip(*columns, strict=True))
        start, at = start + batch.num_rows, upto
    return found
