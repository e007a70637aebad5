"""Cuts a person's files into spans, row by row as they are written, and writes these aside."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow_hotfix  # noqa: F401  (before parquet)

import pyarrow.parquet as pq  # isort: skip

from commands.cutting.spans import SpanRule
from perennial.files import folder_digest, path_aside
from perennial.reading import arrow_cells, csv_records
from perennial.reading.compression import without_packing
from perennial.reading.csv_format import CsvFormat
from perennial.reading.csv_text import Footer, cut_footer, is_blank, text_of
from perennial.reading.dates import days_of
from perennial.reading.parquet_files import table_of
from perennial.reading.partition_folders import name_in_table, partitions_of
from perennial.reading.partitions import without_partitions
from perennial.reading.read_csv import header_of
from perennial.reading.reading import ExportFormat, place
from perennial.reading.source_files import format_of

_BLANK: Final = b" \r\n"
# No span's name.
UNDATED: Final = ""


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


def pieces_of(files: Sequence[Path], export: ExportFormat, rule: SpanRule) -> Mapping[str, Sequence[Pieces]]:
    """Span -> what each file gives to it, by the days of the rows.

    A row whose time cannot be read goes to the span of the row before it, whose quarantine will have it.
    Where no row's time can be read, all go to `UNDATED`.

    Args:
        files: CSV or Parquet.
        export: How they are read, with the time column.
        rule: How days go to spans.

    Raises:
        FileRefused: A file cannot be split into rows, or has no time column.
    """
    pieces: dict[str, dict[Path, Pieces]] = {}
    for path in files:
        given = partitions_of(path)
        own = without_partitions(export, given)
        keys = {export.name_of(key): text for key, text in given.items()}
        if export.time_column in keys:
            day = (keys[export.time_column] or "").encode()
            days = _days_of(pa.array([day], pa.binary()), export)
            pieces.setdefault(_named(days, rule)[0], {})[path] = whole_files([path])[0]
        elif format_of(path) == "parquet":
            _cut_parquet(path, rule, own, pieces)
        else:
            _cut_csv(path, rule, own, pieces)
    return {span: list(by_file.values()) for span, by_file in pieces.items()}


def _cut_csv(path: Path, rule: SpanRule, export: ExportFormat, pieces: dict[str, dict[Path, Pieces]]) -> None:
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
    days = _days_of(pa.array(times, pa.binary()), export)
    for span, line in zip(_named(days, rule), rows, strict=True):
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


def _named(days: Sequence[str], rule: SpanRule) -> list[str]:
    """The span of each day; that of the day before it (of the first ones: after it) where there is none."""
    by_day = {day: rule.span_of(day) if _is_day(day) else "" for day in set(days)}
    spans: list[str] = []
    for day in days:
        spans.append(by_day[day] or (spans[-1] if spans else ""))
    first = next((span for span in spans if span), UNDATED)
    return [span or first for span in spans]


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _whole_line(raw: bytes) -> bytes:
    return raw if raw.endswith((b"\n", b"\r")) else raw + b"\n"


def _days_of(cells: pa.Array | pa.ChunkedArray, export: ExportFormat) -> list[str]:
    """The day of each cell of the time column, `YYYY-MM-DD`; "" where it is no date."""
    column = next(column for column in export.columns if column.name == export.time_column)
    values = cells if isinstance(cells, pa.ChunkedArray) else pa.chunked_array([cells])
    read = arrow_cells.from_arrow(column.name, export.rule_of(column), values)
    return pc.fill_null(days_of(read.values), "").to_pylist()


def _cut_parquet(
    path: Path, rule: SpanRule, export: ExportFormat, pieces: dict[str, dict[Path, Pieces]]
) -> None:
    table = table_of(path)
    at = place(path.name, table.column_names, export).positions[export.time_column]
    spans = _named(_days_of(table.column(at), export), rule)
    names = np.array(spans)
    for name in dict.fromkeys(spans):
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
