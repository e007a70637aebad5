"""Profiles a Parquet file, or several with one schema."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow_hotfix  # noqa: F401  (before parquet: without it pyarrow 10 runs code from hostile files)

import pyarrow.parquet as pq  # isort: skip

from commands.new.sniffing import calendar, evidence
from commands.new.sniffing.file_profile import MOST_BAD, FileProfile, count
from perennial.errors import FileRefused
from perennial.reading.arrow_cells import fits
from perennial.reading.columns import Column
from perennial.reading.read_parquet import read_parquet
from perennial.reading.reading import ExportFormat
from pipeline.config_sections import ExportsSection
from serving.reading.cells import Column as CellRule
from serving.reading.rules import plain_rules
from serving.reading.values import Kind

_PANDAS_INDEX = "__index_level_"


def sniff_parquet(files: Sequence[Path]) -> FileProfile:
    """Looks at all of the files: what their types do not say is missing markers and dates in text."""
    profile = FileProfile()
    schemas = []
    for path in files:
        try:
            schemas.append(pq.read_schema(path))
        except (pa.ArrowException, OSError):
            profile.problems.append(
                f"{path.name} is damaged or truncated, or is not Parquet: export it again."
            )
            return profile
    first = schemas[0].remove_metadata()
    for path, schema in zip(files, schemas, strict=True):
        if not schema.remove_metadata().equals(first):
            profile.problems.append(
                f"{path.name} and {files[0].name} have different columns or types: use the same for all."
            )
    if twice := [name for name, times in Counter(first.names).items() if times > 1]:
        profile.problems.append(f"The file has the column `{twice[0]}` twice: rename all but one.")
    if not profile.problems:
        _columns(first, profile)
        _values(files, first, profile)
    return profile


def _columns(schema: pa.Schema, profile: FileProfile) -> None:
    for column in schema:
        kind = _kind(column.type)
        if column.name.startswith(_PANDAS_INDEX):
            profile.notes.append("The index that pandas wrote is left out.")
        elif kind is None:
            profile.notes.append(
                f"Column `{column.name}` is left out: models cannot use its type, {column.type}."
            )
        else:
            profile.kinds[column.name] = kind
            if pa.types.is_date(column.type):
                profile.dates[column.name] = "%Y-%m-%d"
            elif pa.types.is_timestamp(column.type):
                profile.dates[column.name] = "%Y-%m-%d %H:%M:%S"
    profile.columns = tuple(profile.kinds)
    if not profile.columns:
        profile.problems.append("No column has a type that can be read.")


def _kind(arrow_type: pa.DataType) -> Kind | None:
    if pa.types.is_dictionary(arrow_type):
        arrow_type = arrow_type.value_type
    if pa.types.is_integer(arrow_type) or (pa.types.is_decimal(arrow_type) and arrow_type.scale == 0):
        return "int"
    if pa.types.is_floating(arrow_type) or pa.types.is_decimal(arrow_type):
        return "float"
    text = CellRule.of("", "string", plain_rules())
    return "string" if fits(text, arrow_type) else None


def _values(files: Sequence[Path], schema: pa.Schema, profile: FileProfile) -> None:
    if profile.problems:
        return
    try:
        reads = [read_parquet(path, _export(profile)) for path in files]
        table = pa.concat_tables([read.table for read in reads])
        _markers(files, schema, table, profile)
        _dates(table, schema, profile)
        reads = [read_parquet(path, _export(profile)) for path in files]
    except FileRefused as refusal:
        profile.problems.append(f"{refusal.problem} {refusal.remedy}")
        return
    profile.rows = sum(read.table.num_rows for read in reads)
    profile.missing = {name: sum(read.table[name].null_count for read in reads) for name in profile.columns}
    bad = [(path, row) for path, read in zip(files, reads, strict=True) for row in read.bad]
    if bad:
        path, row = bad[0]
        where = f"{path.name}, row {row.line}, column `{row.column}`"
        unreadable = f"{count(len(bad), 'row')} (first: {where}: {row.reason})."
        if len(bad) <= MOST_BAD * (profile.rows + len(bad)):
            profile.notes.append(f"Unreadable, sent to quarantine: {unreadable}")
        else:
            profile.problems.append(f"Unreadable: {unreadable} Fix these rows, or remove them.")
    if not profile.rows and not bad:
        profile.problems.append("The file has no rows.")


def _export(profile: FileProfile) -> ExportFormat:
    columns = tuple(Column(name, kind, required=False) for name, kind in profile.kinds.items())
    return ExportFormat(columns, written=ExportsSection(**profile.exports).csv_format)


def _markers(files: Sequence[Path], schema: pa.Schema, table: pa.Table, profile: FileProfile) -> None:
    words: Counter[str] = Counter()
    for name, kind in profile.kinds.items():
        if kind == "string":
            values = evidence.values_of(table[name])
            words.update(evidence.markers_in(values, is_text=not evidence.looks_dated(values)))
    floats = [name for name in profile.columns if pa.types.is_floating(schema.field(name).type)]
    for path in files:
        for batch in pq.ParquetFile(path).iter_batches(columns=floats) if floats else ():
            nans = sum(int(pc.sum(pc.is_nan(column)).as_py() or 0) for column in batch.columns)
            if nans:
                words["NaN"] += nans
    for word, cells in words.items():
        profile.notes.append(f"`{word}` ({count(cells, 'cell')}) counts as missing.")
    if words:
        profile.exports["na_values"] = list(words)


def _dates(table: pa.Table, schema: pa.Schema, profile: FileProfile) -> None:
    for name, kind in profile.kinds.items():
        if kind != "string" or name in profile.dates or pa.types.is_boolean(schema.field(name).type):
            continue
        dates = calendar.dates_of(table[name], evidence.values_of(table[name]))
        if dates is None:
            continue
        profile.dates[name] = dates.sorted_by or dates.written
        if dates.fitting < evidence.MOSTLY * dates.cells:
            profile.problems.append(f"Column `{name}` has dates in several formats: use one format.")
        elif not dates.is_iso:
            profile.exports.setdefault("date_format", {})[name] = profile.dates[name]
            open_ = (
                " (a guess: day and month cannot be distinguished)"
                if dates.rival and not dates.sorted_by
                else ""
            )
            profile.notes.append(
                f"Column `{name}` is written {calendar.in_words(profile.dates[name])}{open_}."
            )
