"""Reads an export: one file of any format, what of it goes to which split, and all its files in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from components.arrow_example_gen import convert
from components.arrow_example_gen.summary import (
    SplitReport,
    last_day_of,
    refuse_if_bad,
    report_of,
    summary_of,
)
from perennial.errors import SpanRefused
from perennial.progress import report
from perennial.reading import labels, row_rules
from perennial.reading.quarantine import BadFile
from perennial.reading.read_csv import read_csv
from perennial.reading.read_parquet import read_parquet
from perennial.reading.reading import ExportFormat, Read
from perennial.reading.source_files import format_of


@dataclass(frozen=True)
class Cutting:
    """How a span is refused and cut.

    Attributes:
        max_bad_share: The share of bad rows that is let through.
        anchor_share: The share of rows, by hash, that is never trained on.
        tail_days: How many of the span's last days are its tail.
    """

    max_bad_share: float = 0.01
    anchor_share: float = 0.02
    tail_days: int = 7


@dataclass(frozen=True)
class Export:
    """A whole export in memory.

    Attributes:
        table: All good rows, in the order of the files.
        splits: For each row an index into `convert.SPLITS`.
        summary: As summary.json.
        bad_files: What goes to quarantine.
    """

    table: pa.Table
    splits: npt.NDArray[np.int8]
    summary: dict[str, Any]
    bad_files: list[BadFile]


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
    """
    refuse_no_files(paths)
    tables, reports, bad_files = [], [], []
    for number, path in enumerate(paths, start=1):
        read = read_file(path, export)
        tables.append(read.table)
        reports.append(report_of(path.name, read, last_day(read.table, export)))
        bad_files.append(BadFile(path.name, read.header, read.bad))
        report(number, len(paths), "files")
    refuse_if_bad(reports, cutting.max_bad_share)
    end = last_day_of(reports)
    splits = [assigned(table, export, cutting, end) for table in tables]
    split_reports = [split_reports_of(*pair, export) for pair in zip(tables, splits, strict=True)]
    summary = summary_of(identity, reports, split_reports)
    return Export(pa.concat_tables(tables), np.concatenate(splits), summary, bad_files)


def refuse_no_files(files: Sequence[Any]) -> None:
    """Refuses an export without files."""
    if not files:
        raise SpanRefused("The export has no files.", "Export it again.")


def last_day(table: pa.Table, export: ExportFormat) -> str:
    """The last day of a table's rows; "" without a time column or rows."""
    if not export.time_column or not table.num_rows:
        return ""
    return max(row_rules.distinct_days(table[export.time_column]))


def assigned(table: pa.Table, export: ExportFormat, cutting: Cutting, end: str) -> npt.NDArray[np.int8]:
    """The split of each row, given the span's last day over all files."""
    is_tail = convert.in_tail(table[export.time_column], end, cutting.tail_days) if end else None
    return convert.splits_of(convert.row_hashes(table, export.label), is_tail, cutting.anchor_share)


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
