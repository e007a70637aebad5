"""Profiles a Parquet file, or several with one schema."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from commands.new.sniffing import calendar, evidence
from commands.new.sniffing.calendar import Dates
from commands.new.sniffing.file_profile import (
    FileProfile,
    TextColumn,
    count,
    leave_out_large,
    text_column,
)
from commands.new.sniffing.folders import keys_of
from commands.new.sniffing.guesses import report_guesses
from commands.new.sniffing.markers import find_missing
from commands.new.sniffing.merged_types import MergedType, count_missing, is_of_text, is_text, is_whole
from commands.new.sniffing.number_guesses import report_numbers
from commands.new.sniffing.offsets import add_named_zones, find_zone, note_unzoned
from commands.new.sniffing.placeholders import placeholders_of
from commands.new.sniffing.truth import find_truth
from commands.new.sniffing.unreadable import report_unreadable
from perennial.errors import FileRefused
from perennial.reading.columns import Column
from perennial.reading.parquet_files import columns_of, schema_of
from perennial.reading.partition_folders import name_in_table
from perennial.reading.read_parquet import read_parquet
from perennial.reading.reading import ExportFormat, Read
from pipeline.config_sections import ExportsSection
from serving.reading.rules import ISO

_PANDAS_INDEX = "__index_level_"
# Instants of the years 2 to 9998 are asked for their zone, and so many of a column.
_FIRST_SECOND, _LAST_SECOND = -62_104_000_000, 253_370_000_000
_MOST_SECONDS = 4_000


def sniff_parquet(files: Sequence[Path], label: str = "") -> FileProfile:
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
        _typed_dates(merged, profile)
        for key in keys_of(files, profile):
            profile.kinds.setdefault(key, "string")
        profile.columns = tuple(profile.kinds)
        if not profile.columns:
            profile.problems.append("No column has a type that can be read.")
        _values(files, merged, profile, label)
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
        if column.kind == "float" and _is_int(files, name, column):
            profile.kinds[name] = "int"
        if column.note:
            profile.notes.append(f"Column `{name}` {column.note}")
    return pa.schema(merged)


def _typed_dates(schema: pa.Schema, profile: FileProfile) -> None:
    for field in schema:
        if pa.types.is_date(field.type) or pa.types.is_timestamp(field.type):
            profile.dates[field.name] = "%Y-%m-%d" + " %H:%M:%S" * pa.types.is_timestamp(field.type)
            profile.exports.setdefault("date_format", {})[field.name] = ISO


def _is_int(files: Sequence[Path], name: str, column: MergedType) -> bool:
    """Whether numbers are integers that pandas wrote as doubles, since some are missing or all of a file."""
    parts = [values for path in files for values in columns_of(path, [name])]
    missing = sum(count_missing(values) for values in parts)
    cells = sum(len(values) for values in parts)
    return (column.is_mixed or 0 < missing < cells) and all(map(is_whole, parts))


def _values(files: Sequence[Path], schema: pa.Schema, profile: FileProfile, label: str) -> None:
    if profile.problems:
        return
    try:
        # First, as a row with such a number shows nothing of its other columns.
        reads = _without_large(files, profile)
        table = pa.concat_tables([read.table for read in reads])
        _keys(table, schema, profile)
        _texts(table, _text_parts(files, schema, profile), profile, label)
        _typed_zones(files, profile)
        _note_nans(files, schema, profile)
        reads = _without_large(files, profile)
    except FileRefused as refusal:
        profile.problems.append(f"{refusal.problem} {refusal.remedy}")
        return
    profile.missing = {name: sum(read.table[name].null_count for read in reads) for name in profile.columns}
    table = pa.concat_tables([read.table for read in reads])
    report_numbers(dict(zip(table.column_names, table.columns, strict=True)), profile)
    bad = [(path, row) for path, read in zip(files, reads, strict=True) for row in read.bad]
    report_unreadable(bad, profile, lambda path, row: f"{name_in_table(path)}, row {row.line}")
    if not profile.rows and not bad:
        profile.problems.append("The file has no rows.")


def _without_large(files: Sequence[Path], profile: FileProfile) -> list[Read]:
    """The files, read without the columns that are left out as no model takes their numbers."""
    while True:
        reads = [read_parquet(path, _export(profile)) for path in files]
        profile.rows = sum(read.table.num_rows for read in reads)
        if not leave_out_large([row for read in reads for row in read.bad], profile):
            return reads


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


def _text_parts(files: Sequence[Path], schema: pa.Schema, profile: FileProfile) -> list[TextColumn]:
    """What columns of numbers hold in those files in which they are text."""
    columns = []
    for name in schema.names:
        if profile.kinds.get(name, "string") != "string":  # a column that no model takes has no kind
            parts = [part for path in files for part in columns_of(path, [name]) if is_of_text(part.type)]
            cells = [part.cast(pa.string()).cast(pa.binary()) for part in parts]
            columns += [text_column(name, pa.chunked_array(cells))] if cells else []
    return columns


def _texts(table: pa.Table, parts: Sequence[TextColumn], profile: FileProfile, label: str) -> None:
    """What the columns of text hold, and parts of others: truth values, dates, markers for missing."""
    columns = [
        text_column(name, table[name])
        for name, kind in profile.kinds.items()
        if kind == "string" and name not in profile.dates
    ]
    find_truth(columns, profile, label)
    dates = {
        column.name: (column, written)
        for column in columns
        if profile.kinds[column.name] == "string"
        and (written := calendar.dates_of(column.cells, column.trimmed)) is not None
    }
    for column, written in dates.values():
        _add_dates(column, written, profile)
    typed = [text_column(name, table[name]) for name in profile.dates if name not in dates]
    placeholders = {column.name: placeholders_of(column.values) for column in typed}
    placeholders |= {name: list(written.placeholders) for name, (_, written) in dates.items()}
    find_missing([*columns, *parts, *typed], profile, placeholders)
    find_zone([column for column, _ in dates.values()], profile)
    report_guesses(columns, profile)


def _add_dates(column: TextColumn, dates: Dates, profile: FileProfile) -> None:
    name, chosen = column.name, dates.sorted_by or dates.written
    profile.dates[name] = chosen
    if dates.open_to:
        profile.problems.append(f"Column `{name}` has dates in several formats: use one format.")
        return
    ways = [chosen if way == dates.written else way for way in dates.formats]
    profile.exports.setdefault("date_format", {})[name] = ways[0] if len(ways) == 1 else ways
    if not dates.is_iso:
        open_ = (
            " (a guess: day and month cannot be distinguished)" if dates.rival and not dates.sorted_by else ""
        )
        listed = " and ".join(map(calendar.in_words, ways))
        profile.notes.append(f"Column `{name}` is written {listed}{open_}.")


def _typed_zones(files: Sequence[Path], profile: FileProfile) -> None:
    """The zone of typed times, of whichever file and column."""
    fields = [
        (path, field)
        for path in files
        for field in schema_of(path)
        if field.name in profile.dates and pa.types.is_timestamp(field.type)
    ]
    zoned = [(path, field) for path, field in fields if field.type.tz is not None]
    unzoned = list(dict.fromkeys(field.name for _, field in fields if field.type.tz is None))

    def instants() -> Iterator[int]:
        for path, field in zoned:
            for column in columns_of(path, [field.name]):
                seconds = column.cast(pa.timestamp("s"), safe=False).cast(pa.int64())
                distinct = pc.unique(seconds).drop_null().to_numpy()
                distinct = distinct[(distinct > _FIRST_SECOND) & (distinct < _LAST_SECOND)]
                yield from distinct[:: max(1, len(distinct) // _MOST_SECONDS)].tolist()

    add_named_zones([field.type.tz for _, field in zoned], profile, instants)
    if unzoned:
        note_unzoned(unzoned, profile)


def _note_nans(files: Sequence[Path], schema: pa.Schema, profile: FileProfile) -> None:
    """Says that NaN is missing, which needs no setting."""
    floats = [name for name in schema.names if pa.types.is_floating(schema.field(name).type)]
    nans = sum(
        pc.sum(pc.is_nan(column)).as_py() or 0
        for path in files
        for column in columns_of(path, floats)
        if pa.types.is_floating(column.type)
    )
    if nans:
        profile.notes.append(f"`NaN` ({count(nans, 'cell')}) counts as missing.")
