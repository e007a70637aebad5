"""The two steps of an ingestion on a cluster, one file per task; between them rows are on the shared disk.

The first step reads a file's rows and parks them. The last day of the span is known when all files are
parked. The second step cuts them into splits and writes the shards. A worker reports a refused file in a
JSON file, because an error raised on a cluster loses its type.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from components.arrow_example_gen import convert, ingest
from components.arrow_example_gen.shards import shard_path, write_shard
from components.arrow_example_gen.summary import FileReport, SpanFacts, SplitReport
from perennial.errors import FileRefused, SpanChanged
from perennial.files import file_digest, read_json, write_json, written_aside
from perennial.progress import report
from perennial.reading.partition_folders import name_in_table
from perennial.reading.quarantine import BadFile
from perennial.reading.reading import BadRow, ExportFormat, Read
from perennial.reading.zones import ZoneCount
from perennial.row_sketch import FILE as SKETCH
from perennial.row_sketch import RowSketch, merged, read_sketch


class InputFile(NamedTuple):
    """One file of the export, its number, and its checksum when the span arrived."""

    number: int
    total: int
    path: str
    sha256: str


def park(source: InputFile, folder: Path, export: ExportFormat) -> None:
    """Reads a file, and writes its good rows, its bad rows and its report to `folder`."""
    path = Path(source.path)
    try:
        read = _unchanged(source, lambda: ingest.read_file(path, export))
    except (FileRefused, SpanChanged) as refusal:
        refused = {"kind": type(refusal).__name__, "problem": refusal.problem, "remedy": refusal.remedy}
        write_json(folder / f"{source.number}.read.json", refused)
        return
    rows = ingest.hashed_rows(read.table, export)
    _write_table(folder / f"{source.number}.arrow", read.table)
    np.save(folder / f"{source.number}.hashes.npy", rows.hashes)
    rows.sketch.write(folder / f"{source.number}.{SKETCH}")
    file_report = ingest.file_report(name_in_table(path), read, rows.sketch, export)
    bad = [[row.line, row.column, row.reason, *_cells_to_json(row)] for row in read.bad]
    parked = {"report": asdict(file_report), "header": read.header, "bad": bad}
    write_json(folder / f"{source.number}.read.json", parked)
    report(source.number + 1, source.total, "files read")


def _unchanged(source: InputFile, reading: Callable[[], Read]) -> Read:
    """Reads a file, if it is unchanged since its span arrived.

    Its times show that it was not written to during reading, and its checksum shows what was read.

    Raises:
        SpanChanged: It has changed.
        FileRefused: It has not changed, and cannot be read.
    """
    path = Path(source.path)
    changed = SpanChanged(f"{path.name} changed while it was read.", "The next run reads it again.")
    read, refusal = None, None
    try:
        before = path.stat()
        try:
            read = reading()
        except FileRefused as error:
            refusal = error
        same = _times(before) == _times(path.stat()) and file_digest(path) == source.sha256
    except OSError:
        raise changed from None
    if not same:
        raise changed
    if refusal or read is None:
        raise refusal or changed
    return read


def _times(stat: os.stat_result) -> tuple[int, ...]:
    return stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def reports_in(folder: Path, total: int) -> tuple[list[FileReport], list[BadFile]]:
    """Reports and bad rows of all files.

    Raises:
        SpanChanged: One of them has changed since the span arrived.
        FileRefused: One or more cannot be read; names the first and counts the others.
    """
    outcomes = [read_json(folder / f"{index}.read.json") for index in range(total)]
    changed = [one for one in outcomes if one.get("kind") == SpanChanged.__name__]
    if changed:
        raise SpanChanged(changed[0]["problem"], changed[0]["remedy"])
    refusals = [one for one in outcomes if "problem" in one]
    if refusals:
        count = len(refusals) - 1
        more = f" {count} more {'file is' if count == 1 else 'files are'} unreadable too." if count else ""
        raise FileRefused(refusals[0]["problem"] + more, refusals[0]["remedy"])
    reports = [_report(one["report"]) for one in outcomes]
    bad_files = [
        BadFile(file_report.file, tuple(one["header"]), [_bad_row(row) for row in one["bad"]])
        for file_report, one in zip(reports, outcomes, strict=True)
    ]
    return reports, bad_files


def _report(fields: dict[str, Any]) -> FileReport:
    zones = {name: ZoneCount(**count) for name, count in fields["zones"].items()}
    return FileReport(**{**fields, "zones": zones})


def write_splits(
    source: InputFile,
    folder: Path,
    root: Path,
    export: ExportFormat,
    cutting: ingest.Cutting,
    facts: SpanFacts,
) -> None:
    """Cuts a parked file's rows into splits and writes one shard for each that has rows.

    Args:
        source: The file.
        folder: Folder of the parked rows.
        root: The Examples artifact.
        export: The columns and format of the file.
        cutting: How the span is cut.
        facts: What is known of the span over all its files.
    """
    with pa.memory_map(str(folder / f"{source.number}.arrow")) as parked:
        table = pa.ipc.open_file(parked).read_all()
        hashes = np.load(folder / f"{source.number}.hashes.npy")
        splits = ingest.assigned(table, hashes, export, cutting, facts)
        for index, name in enumerate(convert.SPLITS):
            rows = table.filter(pa.array(splits == index))
            if rows.num_rows:
                shard = shard_path(root, name, source.number, source.total)
                write_shard(shard, convert.examples_of(rows), aside_in=folder)
        split_reports = ingest.split_reports_of(table, splits, export)
    write_json(
        folder / f"{source.number}.split.json", {name: asdict(one) for name, one in split_reports.items()}
    )
    report(source.number + 1, source.total, "files written")


def sketch_in(folder: Path, sources: Sequence[InputFile]) -> RowSketch:
    """The sketch of the rows of all these files."""
    sketches = [read_sketch(folder / f"{source.number}.{SKETCH}") for source in sources]
    return merged([sketch for sketch in sketches if sketch])


def split_reports_in(folder: Path, sources: Sequence[InputFile]) -> list[dict[str, SplitReport]]:
    """What each of these files added to each split."""
    per_file = [read_json(folder / f"{source.number}.split.json") for source in sources]
    return [{name: SplitReport(**one) for name, one in splits.items()} for splits in per_file]


def _cells_to_json(row: BadRow) -> tuple[list[str | None], str | None]:
    # Latin-1 gives each byte one character, whatever the bytes are.
    cells = [None if cell is None else cell.decode("latin-1") for cell in row.cells]
    return cells, None if row.extra is None else row.extra.decode("latin-1")


def _bad_row(fields: Sequence[Any]) -> BadRow:
    line, column, reason, cells, extra = fields
    as_bytes = tuple(None if cell is None else cell.encode("latin-1") for cell in cells)
    return BadRow(line, column, reason, as_bytes, None if extra is None else extra.encode("latin-1"))


def _write_table(path: Path, table: pa.Table) -> None:
    with (
        written_aside(path) as aside,
        pa.OSFile(str(aside), "wb") as sink,
        pa.ipc.new_file(sink, table.schema) as writer,
    ):
        writer.write_table(table)
