"""Reads what `evolve` compares: an export, whose columns have changed, and the rows of the spans in use."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pyarrow as pa
from tensorflow_metadata.proto.v0 import schema_pb2

from commands.evolve.added_cells import only_text, rows_of, rows_of_added
from commands.new.sniffing.sniff import Sniffed, sniff
from commands.new.source import written_as
from perennial.errors import FileRefused, UsageError
from perennial.examples import batches, value_columns
from perennial.reading.columns import Column, export_columns
from perennial.reading.csv_format import CsvFormat
from perennial.reading.parquet_files import schema_of
from perennial.store.ledger import Ledger
from perennial.store.span_version import SpanVersion
from pipeline.config import UseCase
from pipeline.run.in_use import former_of
from serving.model.columns import InputColumn

_BATCH_ROWS: Final = 8_192
# As many rows of a span say what its columns hold.
_MOST_ROWS: Final = 100_000


@dataclass(frozen=True)
class ExportRows:
    """An export, as its files and as the schema say.

    Attributes:
        sniffed: How its files are written.
        columns: The schema's columns.
        present: Those of them that it has, whatever its files call them.
        added: Its columns that the schema has not, in the header's order.
        rows: Its rows of `present`, read by the schema, without those that cannot be; None where none can be.
        typed: Its rows of `added`, each column as its cells are.
        texts: Its rows of `added` as text; of Parquet only those that are text.
        only_text: Those of `added` that look like numbers or truth values and are read as text.
        unreadable: Its other columns that the schema has not: of a type that no model can use, such as lists.
    """

    sniffed: Sniffed
    columns: tuple[Column, ...]
    present: tuple[str, ...]
    added: tuple[str, ...]
    rows: pa.Table | None
    typed: pa.Table
    texts: pa.Table
    only_text: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()

    @property
    def missing(self) -> list[str]:
        """The schema's columns that it lacks, in the schema's order."""
        return [column.name for column in self.columns if column.name not in self.present]


def export_rows(use_case: UseCase, schema: schema_pb2.Schema, path: Path) -> ExportRows:
    """Reads an export: CSV or Parquet, a file or a folder.

    Raises:
        UsageError: It does not exist, is of another format, or has to be fixed first.
        FileRefused: A file cannot be read without loss.
    """
    sniffed = sniff(path, use_case.label)
    if sniffed.problems:
        problem = " ".join([f"{path.name} cannot be read.", *sniffed.problems])
        raise UsageError(problem, "Fix the file, then run `evolve` again.")
    columns = export_columns(schema)
    written = use_case.exports.csv_format
    schema_names = [written.rules.rename.get(name, name) for name in sniffed.columns]
    known = {feature.name for feature in schema.feature}
    pairs = zip(sniffed.columns, schema_names, strict=True)
    added = tuple(name for name, old in pairs if old not in known and not name.startswith("_"))
    present = tuple(column.name for column in columns if column.name in schema_names)
    as_text = only_text(sniffed, written, added)
    sniffed = replace(sniffed, kinds={**sniffed.kinds, **dict.fromkeys(as_text, "string")})
    is_csv = sniffed.kind == "csv"
    texts = [name for name in added if is_csv or sniffed.kinds[name] == "string"]
    return ExportRows(
        sniffed,
        columns,
        present,
        added,
        _rows_by_schema(sniffed.files, [column for column in columns if column.name in present], written),
        rows_of_added(sniffed, {name: sniffed.kinds[name] for name in added}, written_as(sniffed)),
        rows_of_added(sniffed, dict.fromkeys(texts, "string"), _undated(written)),
        as_text,
        _unreadable(sniffed, {*known, *added}, written),
    )


def _unreadable(sniffed: Sniffed, others: Collection[str], written: CsvFormat) -> tuple[str, ...]:
    if sniffed.kind == "csv":
        return ()
    in_file = [name for name in schema_of(sniffed.files[0]).names if name not in sniffed.columns]
    names = (name for name in in_file if not name.startswith("_"))
    return tuple(name for name in names if written.rules.rename.get(name, name) not in others)


def former_rows(use_case: UseCase, ledger: Ledger, columns: Sequence[Column], spans: int) -> list[pa.Table]:
    """The rows of the newest spans in use, oldest first: int64, float32 or binary; missing is null."""
    versions = former_of(
        ledger, use_case.exports.span, None, lambda each: not each.pruned and Path(each.examples).is_dir()
    )
    return [_rows_of(version, columns) for version in versions[:spans]][::-1]


def _rows_of(version: SpanVersion, columns: Sequence[Column]) -> pa.Table:
    inputs = [InputColumn(column.name, column.kind) for column in columns]
    tables, rows = [], 0
    for batch in batches(sorted(Path(version.examples).glob("Split-*/*.gz")), _BATCH_ROWS):
        tables.append(value_columns(batch, inputs))
        rows += tables[-1].num_rows
        if rows >= _MOST_ROWS:
            break
    return pa.concat_tables(tables)


def _rows_by_schema(files: Sequence[Path], columns: Sequence[Column], written: CsvFormat) -> pa.Table | None:
    try:
        return rows_of(files, [replace(column, required=False) for column in columns], written)
    except FileRefused:
        # A column is of another type: the judgement of the export says so, with the remedy.
        return None


def _undated(written: CsvFormat) -> CsvFormat:
    return replace(written, rules=replace(written.rules, date_format={}))
