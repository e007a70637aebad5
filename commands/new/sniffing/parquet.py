"""Profiles a Parquet file, or several with one schema."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from commands.new.sniffing import calendar, evidence
from commands.new.sniffing.file_profile import MOST_BAD, FileProfile, count, leave_out_large, text_column
from commands.new.sniffing.folders import keys_of
from commands.new.sniffing.merged_types import MergedType, is_text, is_whole
from perennial.errors import FileRefused
from perennial.reading.columns import Column
from perennial.reading.parquet_files import columns_of, schema_of
from perennial.reading.partition_folders import name_in_table
from perennial.reading.read_parquet import read_parquet
from perennial.reading.reading import ExportFormat
from pipeline.config_sections import ExportsSection

_PANDAS_INDEX = "__index_level_"


def sniff_parquet(files: Sequence[Path]) -> FileProfile:
    """Looks at all of the files: what their types do not say is missing markers and dates in text."""
    profile = FileProfile()
    try:
        schemas = [schema_of(path) for path in files]
    except FileRefused as refusal:
        profile.problems.append(f"{refusal.problem} {refusal.remedy}")
        return profile
    first = schemas[0]
    for path, schema in zip(files, schemas, strict=True):
        if set(schema.names) != set(first.names):
            other = sorted(set(schema.names) ^ set(first.names))[0]
            profile.problems.append(
                f"{name_in_table(path)} and {name_in_table(files[0])} have different columns (`{other}` is in"
                " one only): use the same for all."
            )
    if twice := [name for name, times in Counter(first.names).items() if times > 1]:
        profile.problems.append(f"The file has the column `{twice[0]}` twice: rename all but one.")
    if not profile.problems:
        merged = _columns(files, schemas, profile)
        for key in keys_of(files, profile):
            profile.kinds.setdefault(key, "string")
        profile.columns = tuple(profile.kinds)
        if not profile.columns:
            profile.problems.append("No column has a type that can be read.")
        _values(files, merged, profile)
    return profile


def _columns(files: Sequence[Path], schemas: Sequence[pa.Schema], profile: FileProfile) -> pa.Schema:
    """What each column is over all files; the types by which it is."""
    merged = []
    for name in schemas[0].names:
        types = [schema.field(name).type for schema in schemas]
        if name.startswith(_PANDAS_INDEX):
            profile.notes.append("The index that pandas wrote is left out.")
            continue
        try:
            column = MergedType.of(types)
        except ValueError as error:
            one, other = error.args
            profile.problems.append(
                f"Column `{name}` is {types[one]} in {name_in_table(files[one])}, but {types[other]} in"
                f" {name_in_table(files[other])}: use one type for all."
            )
            continue
        if column.kind is None:
            profile.notes.append(f"Column `{name}` is left out: models cannot use its type, {column.type}.")
            continue
        if _is_binary(column.type) and not all(
            is_text(values) for path in files for values in columns_of(path, [name])
        ):
            profile.notes.append(f"Column `{name}` is left out: it holds bytes that are not text.")
            continue
        merged.append(pa.field(name, column.type))
        profile.kinds[name] = column.kind
        if column.is_mixed and all(is_whole(values) for path in files for values in columns_of(path, [name])):
            profile.kinds[name] = "int"
        if column.note:
            profile.notes.append(f"Column `{name}` {column.note}")
        if pa.types.is_date(column.type):
            profile.dates[name] = "%Y-%m-%d"
        elif pa.types.is_timestamp(column.type):
            profile.dates[name] = "%Y-%m-%d %H:%M:%S"
    return pa.schema(merged)


def _values(files: Sequence[Path], schema: pa.Schema, profile: FileProfile) -> None:
    if profile.problems:
        return
    try:
        reads = [read_parquet(path, _export(profile)) for path in files]
        table = pa.concat_tables([read.table for read in reads])
        _keys(table, schema, profile)
        _markers(files, schema, table, profile)
        _dates(table, schema, profile)
        reads = [read_parquet(path, _export(profile)) for path in files]
        while leave_out_large([row for read in reads for row in read.bad], profile):
            reads = [read_parquet(path, _export(profile)) for path in files]
    except FileRefused as refusal:
        profile.problems.append(f"{refusal.problem} {refusal.remedy}")
        return
    profile.rows = sum(read.table.num_rows for read in reads)
    profile.missing = {name: sum(read.table[name].null_count for read in reads) for name in profile.columns}
    bad = [(path, row) for path, read in zip(files, reads, strict=True) for row in read.bad]
    if bad:
        path, row = bad[0]
        where = f"{name_in_table(path)}, row {row.line}, column `{row.column}`"
        unreadable = f"{count(len(bad), 'row')} (first: {where}: {row.reason})."
        if len(bad) <= MOST_BAD * (profile.rows + len(bad)):
            profile.notes.append(f"Unreadable, sent to quarantine: {unreadable}")
        else:
            profile.problems.append(f"Unreadable: {unreadable} Fix these rows, or remove them.")
    if not profile.rows and not bad:
        profile.problems.append("The file has no rows.")


def _is_binary(arrow_type: pa.DataType) -> bool:
    return any(
        is_one(arrow_type)
        for is_one in (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)
    )


def _keys(table: pa.Table, schema: pa.Schema, profile: FileProfile) -> None:
    """What the folders' names hold: integers, numbers, or text."""
    for name in profile.columns:
        if name not in schema.names:
            column = text_column(name, table[name])
            profile.kinds[name] = evidence.kind_of(column.values, column.numbers, (".", None))


def _export(profile: FileProfile) -> ExportFormat:
    columns = tuple(Column(name, kind, required=False) for name, kind in profile.kinds.items())
    return ExportFormat(columns, written=ExportsSection(**profile.exports).csv_format)


def _markers(files: Sequence[Path], schema: pa.Schema, table: pa.Table, profile: FileProfile) -> None:
    words: Counter[str] = Counter()
    for name, kind in profile.kinds.items():
        if kind == "string":
            values = evidence.values_of(table[name])
            words.update(evidence.markers_in(values, is_text=not evidence.looks_dated(values)))
    floats = [name for name in schema.names if pa.types.is_floating(schema.field(name).type)]
    for path in files:
        for column in columns_of(path, floats):
            if pa.types.is_floating(column.type) and (nans := pc.sum(pc.is_nan(column)).as_py()):
                words["NaN"] += nans
    for word, cells in words.items():
        profile.notes.append(f"`{word}` ({count(cells, 'cell')}) counts as missing.")
    if words:
        profile.exports["na_values"] = list(words)


def _dates(table: pa.Table, schema: pa.Schema, profile: FileProfile) -> None:
    for name, kind in profile.kinds.items():
        is_text = name not in schema.names or not pa.types.is_boolean(schema.field(name).type)
        if kind != "string" or name in profile.dates or not is_text:
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
