"""What a Parquet file, or several of one schema, turned out to be."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow_hotfix  # noqa: F401  (before parquet: without it pyarrow 10 runs code from hostile files)

import pyarrow.parquet as pq  # isort: skip

from commands.new.sniffing import calendar, evidence
from commands.new.sniffing.found import MOST_BAD, Found
from perennial.errors import FileRefused
from perennial.reading.arrow_cells import fits
from perennial.reading.columns import Column
from perennial.reading.read_parquet import read_parquet
from perennial.reading.reading import ExportFormat
from pipeline.config_sections import ExportsSection
from serving.model.columns import Kind

_KINDS: tuple[Kind, ...] = ("int", "float", "string")
_PANDAS_INDEX = "__index_level_"


def sniff_parquet(files: Sequence[Path]) -> Found:
    """Looks at all of the files: what their types do not say is missing markers and dates in text."""
    found = Found()
    try:
        schemas = [pq.read_schema(path) for path in files]
    except (pa.ArrowException, OSError):
        found.problems.append("A file is damaged or cut short, or is no Parquet file: export it again.")
        return found
    first = schemas[0].remove_metadata()
    for path, schema in zip(files, schemas, strict=True):
        if not schema.remove_metadata().equals(first):
            found.problems.append(
                f"{path.name} and {files[0].name} have other columns or types: give all the same."
            )
    if twice := [name for name, count in Counter(first.names).items() if count > 1]:
        found.problems.append(f"The column `{twice[0]}` is there twice: rename all but one.")
    if not found.problems:
        _columns(first, found)
        _values(files, first, found)
    return found


def _columns(schema: pa.Schema, found: Found) -> None:
    for column in schema:
        kind = _kind(column.type)
        if column.name.startswith(_PANDAS_INDEX):
            found.said.append("The index that pandas wrote is no column: it is left out.")
        elif kind is None:
            found.said.append(
                f"Column `{column.name}` is of type {column.type}, which no model takes: it is left out."
            )
        else:
            found.kinds[column.name] = kind
            if pa.types.is_date(column.type):
                found.dates[column.name] = "%Y-%m-%d"
            elif pa.types.is_timestamp(column.type):
                found.dates[column.name] = "%Y-%m-%d %H:%M:%S"
    found.columns = tuple(found.kinds)
    if not found.columns:
        found.problems.append("None of its columns is of a type that can be read.")


def _kind(came: pa.DataType) -> Kind | None:
    if pa.types.is_boolean(came) or pa.types.is_null(came):
        return "string"
    return next((kind for kind in _KINDS if fits(kind, came)), None)


def _values(files: Sequence[Path], schema: pa.Schema, found: Found) -> None:
    if found.problems:
        return
    try:
        reads = [read_parquet(path, _export(found)) for path in files]
        table = pa.concat_tables([read.table for read in reads])
        _markers(files, schema, table, found)
        _dates(table, schema, found)
        reads = [read_parquet(path, _export(found)) for path in files]
    except FileRefused as refusal:
        found.problems.append(f"{refusal.problem} {refusal.remedy}")
        return
    found.rows = sum(read.table.num_rows for read in reads)
    found.missing = {name: sum(read.table[name].null_count for read in reads) for name in found.columns}
    bad = [(path, row) for path, read in zip(files, reads, strict=True) for row in read.bad]
    if bad:
        path, row = bad[0]
        where = f"{path.name}, row {row.line}, column `{row.column}`"
        told = f"{len(bad):,} rows cannot be read (the first: {where}: {row.reason})"
        if len(bad) <= MOST_BAD * (found.rows + len(bad)):
            found.said.append(f"{told}: they will go to quarantine.")
        else:
            found.problems.append(f"{told}: mend them.")
    if not found.rows and not bad:
        found.problems.append("There are columns and no rows.")


def _export(found: Found) -> ExportFormat:
    columns = tuple(Column(name, kind, required=False) for name, kind in found.kinds.items())
    return ExportFormat(columns, written=ExportsSection(**found.exports).csv_format)


def _markers(files: Sequence[Path], schema: pa.Schema, table: pa.Table, found: Found) -> None:
    words: Counter[str] = Counter()
    for name, kind in found.kinds.items():
        if kind == "string":
            values = evidence.values_of(table[name])
            words.update(evidence.markers_in(values, is_text=not evidence.looks_dated(values)))
    floats = [name for name in found.columns if pa.types.is_floating(schema.field(name).type)]
    for path in files:
        for batch in pq.ParquetFile(path).iter_batches(columns=floats) if floats else ():
            nans = sum(int(pc.sum(pc.is_nan(column)).as_py() or 0) for column in batch.columns)
            if nans:
                words["NaN"] += nans
    for word, count in words.items():
        found.said.append(f"`{word}` ({count:,} cells) counts as missing.")
    if words:
        found.exports["na_values"] = list(words)


def _dates(table: pa.Table, schema: pa.Schema, found: Found) -> None:
    for name, kind in found.kinds.items():
        if kind != "string" or name in found.dates or pa.types.is_boolean(schema.field(name).type):
            continue
        dates = calendar.dates_of(table[name], evidence.values_of(table[name]))
        if dates is None:
            continue
        found.dates[name] = dates.sorted_by or dates.written
        if dates.fitting < evidence.MOSTLY * dates.cells:
            found.problems.append(
                f"Column `{name}` has dates written in several ways: write all of them in one way."
            )
        elif not dates.is_iso:
            found.exports.setdefault("date_format", {})[name] = found.dates[name]
            open_ = "; which is the day is a choice" if dates.rival and not dates.sorted_by else ""
            found.said.append(f"Column `{name}` is written {calendar.in_words(found.dates[name])}{open_}.")
