"""Cuts a person's files into spans, row by row as they are written, and lays these down as exports."""

import datetime
import re
import shutil
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow_hotfix  # noqa: F401  (before parquet)

import pyarrow.parquet as pq  # isort: skip

from components.arrow_example_gen import csv_records
from components.arrow_example_gen.reading import DEFAULT_MAX_BYTES
from components.arrow_example_gen.source_files import content
from pipeline.files import folder_digest, sync_tree
from pipeline.new.source import Source
from pipeline.new.spans import ONE, Cut
from pipeline.spans import SUCCESS

_UTF8_MARK: Final = b"\xef\xbb\xbf"
_ASIDE: Final = re.compile(r"\..+\.[0-9a-f]{32}")
# Encodings in which a comma, a quote and a line's end are not the bytes that they are in ASCII.
_WIDE: Final = ("utf-16", "utf-32", "utf_16", "utf_32")


@dataclass
class Pieces:
    """One file's part of a span: all of it, or its header, rows and footer as written, or rows of Parquet."""

    file: str
    rows: int
    whole: Path | None = None
    slices: list[bytes] = field(default_factory=list)
    table: pa.Table | None = None


def pieces_of(source: Source, cut: Cut, time_column: str | None) -> Mapping[str, Sequence[Pieces]]:
    """Span -> what each file gives to it.

    A row whose time cannot be read goes to the span of the row before it, whose quarantine will have it.
    """
    if time_column is None or cut == Cut("number"):
        rows = source.table.num_rows + source.bad
        return {ONE: [Pieces(_file_name(path), rows, whole=path) for path in source.sniffed.files]}
    found: dict[str, dict[Path, Pieces]] = {}
    for path in source.sniffed.files:
        if source.sniffed.kind == "parquet":
            _cut_parquet(path, cut, time_column, found)
        else:
            _cut_csv(path, source, cut, time_column, found)
    return {span: list(by_file.values()) for span, by_file in found.items()}


def _cut_csv(
    path: Path,
    source: Source,
    cut: Cut,
    time_column: str,
    found: dict[str, dict[Path, Pieces]],
) -> None:
    exports = source.sniffed.exports
    data = content(path, DEFAULT_MAX_BYTES)
    encoding = str(exports.get("encoding", "utf-8")).lower()
    wide = encoding.startswith(_WIDE)
    if wide:
        data = data.decode(encoding).encode()
    data = data.removeprefix(_UTF8_MARK)
    delimiter = exports.get("delimiter", ",")
    records = list(csv_records.records(data, delimiter))
    footer = len(records) - exports.get("skipfooter", 0)
    header, rows, last = records[0], records[1:footer], records[footer:]
    place = header[1].index(_cell_name(time_column, encoding, wide))
    days = _Days(source.sniffed.dates.get(time_column, ""))
    spans = _named([days.of(cells[place] if place < len(cells) else "") for _, cells in rows], cut)
    by_span: dict[str, list[bytes]] = {}
    for span, (record, _) in zip(spans, rows, strict=True):
        by_span.setdefault(span, []).append(_whole_line(data[record.start : record.end]))
    top = _whole_line(data[header[0].start : header[0].end])
    bottom = [_whole_line(data[record.start : record.end]) for record, _ in last]
    for name, lines in by_span.items():
        slices = [top, *lines, *bottom]
        if wide:
            slices = [b"".join(slices).decode().encode(encoding)]
        file = _file_name(path).removesuffix(".gz")
        found.setdefault(name, {})[path] = Pieces(file, len(lines), slices=slices)


def _named(days: Sequence[str], cut: Cut) -> list[str]:
    """The span of each day; that of the day before it (of the first ones: after it) where there is none."""
    spans: list[str] = []
    for day in days:
        spans.append(cut.span_of(day) if day else (spans[-1] if spans else ""))
    first = next((span for span in spans if span), ONE)
    return [span or first for span in spans]


def _cell_name(name: str, encoding: str, wide: bool) -> str:
    """A column's name as `csv_records` gives a header's cells: each byte a letter."""
    return name.encode("utf-8" if wide else encoding).decode("latin-1")


def _whole_line(raw: bytes) -> bytes:
    return raw if raw.endswith((b"\n", b"\r")) else raw + b"\n"


class _Days:
    """The day of a cell of the time column, each different text read once."""

    def __init__(self, written: str) -> None:
        self._written = written
        self._known: dict[str, str] = {}

    def of(self, cell: str) -> str:
        """`YYYY-MM-DD`; "" where the cell is no date."""
        if cell not in self._known:
            self._known[cell] = self._read(cell.strip())
        return self._known[cell]

    def _read(self, cell: str) -> str:
        for read in (self._as_written, _as_iso):
            try:
                return read(cell).isoformat()
            except ValueError:
                continue
        return ""

    def _as_written(self, cell: str) -> datetime.date:
        return datetime.datetime.strptime(cell, self._written).date()


def _as_iso(cell: str) -> datetime.date:
    return datetime.date.fromisoformat(cell[:10])


def _cut_parquet(path: Path, cut: Cut, time_column: str, found: dict[str, dict[Path, Pieces]]) -> None:
    table = pq.ParquetFile(path).read()
    days = _Days("")
    cells = table[time_column].cast(pa.string()).to_pylist()
    spans = _named([days.of(cell or "") for cell in cells], cut)
    names = np.array(spans)
    for name in dict.fromkeys(spans):
        rows = table.filter(pa.array(names == name))
        found.setdefault(name, {})[path] = Pieces(_file_name(path), rows.num_rows, table=rows)


def _file_name(path: Path) -> str:
    """The name of a file in a span's folder: one that `run` knows the format by."""
    name = path.name.lower()
    if name.endswith((".parquet", ".csv")):
        return path.name
    packed = name.endswith(".gz")
    stem = Path(path.name[:-3] if packed else path.name).stem
    return f"{stem}.csv{'.gz' * packed}"


def stage_span(folder: Path, parts: Sequence[Pieces]) -> Path:
    """Writes what a span's folder is to hold, with `_SUCCESS`, beside it; gives where."""
    aside = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}")
    aside.mkdir(parents=True)
    for number, part in enumerate(parts):
        target = aside / part.file
        if target.exists():
            target = aside / f"{number}-{part.file}"
        if part.whole is not None:
            shutil.copyfile(part.whole, target)
        elif part.table is not None:
            pq.write_table(part.table, target)
        else:
            with target.open("wb") as file:
                file.writelines(part.slices)
    (aside / SUCCESS).touch()
    sync_tree(aside)
    return aside


def put_span(aside: Path, folder: Path) -> None:
    """Renames a staged span to its folder; one that is there is replaced."""
    if folder.exists():
        former = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}")
        folder.rename(former)
        aside.rename(folder)
        shutil.rmtree(former)
    else:
        aside.rename(folder)


def sweep_spans(exports: Path) -> None:
    """Removes what a `new` that was killed left beside the spans; for when nothing runs."""
    for path in exports.glob(".*"):
        if _ASIDE.fullmatch(path.name) and path.is_dir():
            shutil.rmtree(path)


def span_digest(folder: Path) -> str:
    """Digest of a span's folder; "" where there is none."""
    return folder_digest(folder) if folder.is_dir() else ""
