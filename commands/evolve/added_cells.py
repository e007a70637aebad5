"""How the cells of an export's added columns are read: as what, and by which settings of `exports`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from commands.new.sniffing.sniff import Sniffed
from commands.new.source import written_as
from components.arrow_example_gen.ingest import read_file
from perennial.errors import FileRefused
from perennial.reading.columns import Column
from perennial.reading.csv_format import CsvFormat
from perennial.reading.partition_folders import partitions_of
from perennial.reading.reading import ExportFormat
from pipeline.cell_settings import missing_words
from serving.reading.rules import ReadingRules
from serving.reading.values import Kind


def settings_of(rules: ReadingRules, sniffed: Sniffed, names: Collection[str]) -> dict[str, dict[str, Any]]:
    """The settings of `exports` that the cells of added columns need: section -> column -> value.

    Args:
        rules: Of the use case.
        sniffed: How the export is written.
        names: The columns that will be read.
    """
    needed: dict[str, dict[str, Any]] = {}
    formats = sniffed.exports.get("date_format", {})
    for name in (each for each in names if each in formats):
        needed.setdefault("date_format", {})[name] = formats[name]
    words = missing_words(sniffed.exports.get("na_values", ()), rules.decimal)
    for name in names:
        more = [word for word in words.get(name, words.get("*", ())) if word not in rules.missing_texts(name)]
        if more and sniffed.missing.get(name):
            needed.setdefault("na_values", {})[name] = [*sorted(rules.missing_texts(name)), *more]
    return needed


def only_text(sniffed: Sniffed, written: CsvFormat, added: Sequence[str]) -> tuple[str, ...]:
    """The added columns of numbers or truth values that `run` could read as text alone.

    Their cells need a setting that holds for all columns (`decimal`, `thousands`, `true_values`,
    `false_values`), which an edit for one column does not change.
    """
    numbers: dict[str, Kind] = {
        name: sniffed.kinds[name] for name in added if sniffed.kinds[name] != "string"
    }
    missing = settings_of(written.rules, sniffed, numbers).get("na_values", {})
    words = {**written.rules.na_values, **{name: tuple(texts) for name, texts in missing.items()}}
    after = replace(written, rules=replace(written.rules, na_values=words))
    rows = rows_of_added(sniffed, numbers, written_as(sniffed)).num_rows
    if _count(sniffed, numbers, after) == rows:
        return ()
    return tuple(
        name
        for name, kind in numbers.items()
        if _count(sniffed, {name: kind}, after)
        < rows_of_added(sniffed, {name: kind}, written_as(sniffed)).num_rows
    )


def _count(sniffed: Sniffed, kinds: Mapping[str, Kind], written: CsvFormat) -> int:
    """How many rows can be read; 0 where the file cannot be."""
    try:
        return rows_of_added(sniffed, kinds, written).num_rows
    except FileRefused:
        return 0


def rows_of_added(sniffed: Sniffed, kinds: Mapping[str, Kind], written: CsvFormat) -> pa.Table:
    """The rows of added columns. A file whose folders name all of them is read with a column of its own."""
    if not kinds:
        return pa.table({})
    own = next(name for name in sniffed.columns if name not in partitions_of(sniffed.files[0]))
    own_kind: Kind = "string" if sniffed.kind == "csv" else sniffed.kinds[own]
    both = {written.rules.rename.get(own, own): own_kind, **kinds}
    columns = [Column(name, kind, False) for name, kind in both.items()]
    return rows_of(sniffed.files, columns, written).select(list(kinds))


def rows_of(files: Sequence[Path], columns: Sequence[Column], written: CsvFormat) -> pa.Table:
    """The rows of files that can be read.

    Raises:
        FileRefused: A file cannot be read, or a column is of another type.
    """
    if not columns:
        return pa.table({})
    names = {column.name for column in columns}
    dates = {name: formats for name, formats in written.rules.date_format.items() if name in names}
    export = ExportFormat(
        tuple(columns), written=replace(written, rules=replace(written.rules, date_format=dates))
    )
    return pa.concat_tables([read_file(file, export).table for file in files])
