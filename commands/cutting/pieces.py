"""Cuts a person's files into spans, row by row as they are written, and writes these aside."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow_hotfix  # noqa: F401  (before parquet)

import pyarrow.parquet as pq  # isort: skip

from commands.cutting.spans_of_times import SpansOfTimes
from perennial.files import folder_digest, path_aside
from perennial.reading import csv_records
from perennial.reading.compression import without_packing
from perennial.reading.csv_format import CsvFormat
from perennial.reading.csv_text import Footer, cut_footer, is_blank, text_of
from perennial.reading.parquet_files import table_of
from perennial.reading.partition_folders import name_in_table, partitions_of
from perennial.reading.partitions import without_partitions
from perennial.reading.read_csv import header_of
from perennial.reading.reading import ExportFormat, place
from perennial.reading.source_files import format_of

_BLANK: Final = b" \r\n"


@dataclass
class Pieces:
    """One file's part of a span: all of it, or its header, rows and footer as written, or rows of Parquet."""

    file: str
    rows: int
    whole: Path | None = None
    slices: list[bytes] = field(default_factory=list)
    table: pa.Table | None = None


def whole_files(files: Sequence[Path], rows: int = 0) -> list[Pieces]:
    """The pieces of a span that holds all rows of some files, `rows` of them."""
    return [Pieces(_file_name(path), rows, whole=path) for path in files]


def pieces_of(
    files: Sequence[Path], export: ExportFormat, spans: SpansOfTimes
) -> Mapping[str, Sequence[Pieces]]:
    """Span -> what each file gives to it, by the days of the rows.

    A row whose time cannot be read goes to the span of the row before it, whose quarantine will have it.
    Where no row's time can be read, all go to `UNDATED`.

    Args:
        files: CSV or Parquet.
        export: How they are split, with the time column.
        spans: How times go to spans.

    Raises:
        FileRefused: A file cannot be split into rows, has no time column, or times that may be of several
            spans.
    """
    pieces: dict[str, dict[Path, Pieces]] = {}
    for path in files:
        given = partitions_of(path)
        own = without_partitions(export, given)
        keys = {export.name_of(key): text for key, text in given.items()}
        if export.time_column in keys:
            time = (keys[export.time_column] or "").encode()
            (span,) = spans.named(name_in_table(path), pa.array([time], pa.binary()))
            pieces.setdefault(span, {})[path] = whole_files([path])[0]
        elif format_of(path) == "parquet":
            _cut_parquet(path, spans, own, pieces)
        else:
            _cut_csv(path, spans, own, pieces)
    return {span: list(by_file.values()) for span, by_file in pieces.items()}


def _cut_csv(
    path: Path, spans: SpansOfTimes, export: ExportFormat, pieces: dict[str, dict[Path, Pieces]]
) -> None:
    written = export.written
    data, footer = text_of(path, export), Footer()
    names = header_of(path.name, data, export)
    at = place(path.name, names, export).positions[export.time_column]
    if written.skipfooter:
        data, footer = cut_footer(path.name, data, written)
    lines = _lines_of(data, written, len(names))
    header, _ = next(lines)
    rows: list[bytes] = []
    times: list[bytes | None] = []
    for line, texts in lines:
        rows.append(line)
        times.append(written.dialect.value(texts[at]) if at < len(texts) else None)
    by_span: dict[str, list[bytes]] = {}
    named = spans.named(path.name, pa.array(times, pa.binary()))
    for span, line in zip(named, rows, strict=True):
        by_span.setdefault(span, []).append(line)
    bottom = [_whole_line(line.raw) for line in footer.lines]
    for name, body in by_span.items():
        slices = [header, *body, *bottom]
        if not written.dialect.is_plain:
            slices = [written.dialect.raw(b"".join(slices))]
        if not written.is_utf8:
            slices = [b"".join(slices).decode().encode(written.encoding)]
        file = without_packing(_file_name(path))
        pieces.setdefault(name, {})[path] = Pieces(file, len(body), slices=slices)


def _lines_of(data: bytes, written: CsvFormat, width: int) -> Iterator[tuple[bytes, Sequence[bytes | None]]]:
    """Each record as it is written, with a line's end, and its cells; blank lines are left out."""
    if b'"' in data:
        for record, cells in csv_records.records(data, written.delimiter, written.skipinitialspace):
            raw = data[record.start : record.end]
            if not is_blank(raw, written.delimiter, width):
                yield _whole_line(raw), csv_records.as_bytes(cells)
        return
    mark = written.delimiter.encode()
    for line in data.splitlines(keepends=True):
        if line.strip(_BLANK + mark):
            yield _whole_line(line), line.rstrip(b"\r\n").split(mark)


def _whole_line(raw: bytes) -> bytes:
    return raw if raw.endswith((b"\n", b"\r")) else raw + b"\n"


def _cut_parquet(
    path: Path, spans: SpansOfTimes, export: ExportFormat, pieces: dict[str, dict[Path, Pieces]]
) -> None:
    table = table_of(path)
    at = place(path.name, table.column_names, export).positions[export.time_column]
    named = spans.named(path.name, table.column(at))
    names = np.array(named)
    for name in dict.fromkeys(named):
        rows = _own_rows(table, pa.array(names == name))
        pieces.setdefault(name, {})[path] = Pieces(_file_name(path), rows.num_rows, table=rows)


def _own_rows(table: pa.Table, chosen: pa.Array) -> pa.Table:
    """These rows, and nothing that the file's other rows change, so that a grown file gives the same bytes.

    The file's metadata has the end of pandas' index, chunks follow its row groups, and a dictionary holds the
    values of all rows.
    """
    plain = [
        pa.field(field.name, field.type.value_type if pa.types.is_dictionary(field.type) else field.type)
        for field in table.schema
    ]
    return table.filter(chosen).cast(pa.schema(plain)).combine_chunks()


def _file_name(path: Path) -> str:
    """The name of a file in a span's folder, with its key=value folders: `run` knows its format by it."""
    return name_in_table(path)[: -len(path.name)] + _format_name(path)


def _format_name(path: Path) -> str:
    plain = without_packing(path.name)
    if plain.lower().endswith((".parquet", ".csv")):
        return path.name
    return f"{Path(plain).stem}.csv{path.name[len(plain) :]}"


def stage_span(folder: Path, parts: Sequence[Pieces]) -> Path:
    """Writes beside a span's folder what it is to hold, `_SUCCESS` excepted; gives where."""
    aside = path_aside(folder)
    aside.mkdir(parents=True)
    for number, part in enumerate(parts):
        target = aside / part.file
        if target.exists():
            target = target.with_name(f"{number}-{target.name}")
        target.parent.mkdir(parents=True, exist_ok=True)
        if part.whole is not None:
            shutil.copyfile(part.whole, target)
        elif part.table is not None:
            pq.write_table(part.table, target)
        else:
            with target.open("wb") as file:
                file.writelines(part.slices)
    return aside


def span_digest(folder: Path) -> str:
    """Digest of a span's folder; "" where there is none."""
    return folder_digest(folder) if folder.is_dir() else ""
