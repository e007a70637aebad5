"""Reads an export: one file of any format, what of it goes to which split, and all its files in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from components.arrow_example_gen import convert
from components.arrow_example_gen.refused_rows import refuse_if_bad
from components.arrow_example_gen.summary import (
    FileReport,
    SpanFacts,
    SplitReport,
    facts_of,
    report_of,
    summary_of,
)
from perennial.errors import SpanRefused
from perennial.progress import report
from perennial.reading import labels, row_rules
from perennial.reading.partition_folders import name_in_table
from perennial.reading.quarantine import BadFile
from perennial.reading.read_csv import read_csv
from perennial.reading.read_parquet import read_parquet
from perennial.reading.reading import ExportFormat, Read
from perennial.reading.source_files import format_of
from perennial.row_sketch import RowSketch, columns_digest, merged, sketch_of


@dataclass(frozen=True, kw_only=True)
class Cutting:
    """How a span is refused and cut.

    Attributes:
        max_bad_share: The share of bad rows that is let through.
        max_unlabelled_share: The share of rows without a label that is left out and let through.
        anchor_share: The share of rows, by hash, that is never trained on.
        tail_days: How many of the span's last days are its tail.
    """

    max_bad_share: float = 0.01
    max_unlabelled_share: float = 0.5
    anchor_share: float = 0.02
    tail_days: int = 7


@dataclass(frozen=True)
class Export:
    """A whole export in memory.

    Attributes:
        table: All good rows, in the order of the files; of a file that is there twice, once.
        splits: For each row an index into `convert.SPLITS`.
        summary: As summary.json.
        bad_files: What goes to quarantine.
        sketch: Of the rows of `table`.
    """

    table: pa.Table
    splits: npt.NDArray[np.int8]
    summary: dict[str, Any]
    bad_files: list[BadFile]
    sketch: RowSketch


class HashedRows(NamedTuple):
    """A file's rows, the hash by which each is put into a split, and the sketch of them."""

    table: pa.Table
    hashes: npt.NDArray[np.uint64]
    sketch: RowSketch


def read_file(path: Path, export: ExportFormat) -> Read:
    """Reads one file of any known format.

    Raises:
        FileRefused: it cannot be read without loss.
    """
    match format_of(path):
        case "csv":
            return read_csv(path, export)
        case "parquet":
            return read_parquet(path, export)
        case "tfrecord":
            # Here, as it takes TensorFlow seconds to import, and `check` of a CSV needs none.
            from perennial.reading.read_tfrecord import read_tfrecord

            return read_tfrecord(path, export)


def read_export(
    paths: Sequence[Path],
    export: ExportFormat,
    cutting: Cutting,
    identity: Mapping[str, str | int],
) -> Export:
    """Reads all files of an export into memory and writes nothing.

    Args:
        paths: The files, in the order in which their rows are wanted.
        export: What they hold.
        cutting: How the span is refused and cut.
        identity: span, version and digest, for the summary.

    Raises:
        FileRefused: a file cannot be read without loss.
        SpanRefused: there is no row, or too many of them are bad.
        LabelsMissing: too many of them have no label.
    """
    refuse_no_files(paths)
    hashed, reports, bad_files = [], [], []
    for number, path in enumerate(paths, start=1):
        read = read_file(path, export)
        rows = hashed_rows(read.table, export)
        hashed.append(rows)
        reports.append(file_report(name_in_table(path), read, rows.sketch, export))
        bad_files.append(BadFile(name_in_table(path), read.header, read.bad))
        report(number, len(paths), "files")
    refuse_if_bad(reports, cutting.max_bad_share, cutting.max_unlabelled_share, str(identity["span"]))
    facts = facts_of(str(identity["span"]), reports)
    used = [rows for number, rows in enumerate(hashed) if number not in facts.repeated]
    splits = [assigned(rows.table, rows.hashes, export, cutting, facts) for rows in used]
    split_reports = [
        split_reports_of(rows.table, each, export) for rows, each in zip(used, splits, strict=True)
    ]
    summary = summary_of(identity, reports, split_reports, facts)
    return Export(
        pa.concat_tables([rows.table for rows in used]),
        np.concatenate(splits),
        summary,
        bad_files,
        merged([rows.sketch for rows in used]),
    )


def refuse_no_files(files: Sequence[Any]) -> None:
    """Refuses an export without files."""
    if not files:
        raise SpanRefused("The export has no files.", "Export it again.")


def hashed_rows(table: pa.Table, export: ExportFormat) -> HashedRows:
    """Hashes a file's rows once, for its splits and its sketch."""
    hashes = convert.row_hashes(table, export.label)
    labels = table[export.label] if export.label else None
    sketch = sketch_of(convert.content_hashes(hashes, labels), columns_digest(table))
    return HashedRows(table, hashes, sketch)


def file_report(file: str, read: Read, sketch: RowSketch, export: ExportFormat) -> FileReport:
    """The report of a file that was read."""
    name = export.time_column
    hours = [row_rules.rows_by_hour(rows[name]) if name else {} for rows in (read.table, read.unlabelled)]
    return report_of(file, read, export, (sketch.rows, sketch.total), *hours)


def assigned(
    table: pa.Table,
    hashes: npt.NDArray[np.uint64],
    export: ExportFormat,
    cutting: Cutting,
    facts: SpanFacts,
) -> npt.NDArray[np.int8]:
    """The split of each row, given what is known of the span over all files."""
    times = table[export.time_column] if export.time_column else None
    usual = facts.usual
    days = convert.span_days(usual, facts.bounding_period, cutting.tail_days) if usual else convert.SpanDays()
    return convert.splits_of(hashes, times, days, cutting.anchor_share)


def split_reports_of(
    table: pa.Table, splits: npt.NDArray[np.int8], export: ExportFormat
) -> dict[str, SplitReport]:
    """What a table gives to each split."""
    reports = {}
    for index, name in enumerate(convert.SPLITS):
        rows = table.filter(pa.array(splits == index))
        days = row_rules.distinct_days(rows[export.time_column]) if export.time_column else []
        reports[name] = SplitReport(rows.num_rows, days, *_label_facts(rows, export))
    return reports


def _label_facts(rows: pa.Table, export: ExportFormat) -> tuple[float | None, list[int]]:
    """The label's sum, and how many rows there are of each class."""
    if not export.label:
        return None, []
    values = rows[export.label]
    return labels.sum_of(values), labels.counts_of(values, export.task)
