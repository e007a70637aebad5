"""Writes the rows that could not be read to one CSV, from which they can be repaired and handed in again."""

import codecs
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from perennial.files import written_aside
from perennial.reading.csv_format import CsvFormat
from perennial.reading.reading import BadRow
from serving.reading.csv_dialect import CsvDialect

BEFORE = ("_file", "_line", "_column", "_reason")
EXTRA = "_extra"
AFTER = (EXTRA,)


class BadFile(NamedTuple):
    """The bad rows of one file, and the header that their cells belong to."""

    file: str
    header: tuple[str, ...]
    rows: Sequence[BadRow]


def write_quarantine(path: Path, bad_files: Sequence[BadFile], written: CsvFormat) -> None:
    """Writes the quarantine of a span, by renaming; nothing where no file has a bad row.

    Its columns are file, line, column and reason, then all the exports' own, then `_extra` with what a row
    had after its last column. The cells are as they came, a missing one empty and an empty string quoted, so
    that the file, once repaired, can be laid into the export as one more part: the columns that begin with
    "_" are ignored as unknown, but for `_extra`, which must be cleared (the reader takes no row without).

    Args:
        path: The file to write.
        bad_files: In the order of the span's files.
        written: How the export is written; so is this file.
    """
    with_rows = [bad_file for bad_file in bad_files if bad_file.rows]
    if not with_rows:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_aside(path) as aside, aside.open("wb") as out:
        lines = (csv_line(row, written.dialect) for row in _rows(with_rows))
        out.writelines(lines if written.is_utf8 else _encoded(lines, written.encoding))


def _rows(bad_files: Sequence[BadFile]) -> Iterator[list[bytes | None]]:
    own = {*BEFORE, *AFTER}
    keys: dict[tuple[str, int], None] = {}
    for bad_file in bad_files:
        keys.update(dict.fromkeys(_keys(bad_file.header)))
    names = [key for key in keys if key[0] not in own]
    yield [name.encode() for name in (*BEFORE, *(name for name, _ in names), *AFTER)]
    for bad_file in bad_files:
        header = _keys(bad_file.header)
        for row in bad_file.rows:
            cells = dict(zip(header, row.cells, strict=True))
            leading = (bad_file.file, str(row.line), row.column, row.reason)
            yield [*(text.encode() for text in leading), *(cells.get(name) for name in names), row.extra]


def _encoded(lines: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Lines of UTF-8 in another encoding; what it does not have can only be in the columns before."""
    encoder = codecs.getincrementalencoder(encoding)("backslashreplace")
    for line in lines:
        yield encoder.encode(line.decode("utf-8", "backslashreplace"))
    yield encoder.encode("", final=True)


def _keys(header: Iterable[str]) -> list[tuple[str, int]]:
    """Each name with the count of its namesakes before it: unknown columns may share a name."""
    seen: dict[str, int] = {}
    keys = []
    for name in header:
        keys.append((name, seen.get(name, 0)))
        seen[name] = seen.get(name, 0) + 1
    return keys


def csv_line(cells: Sequence[bytes | None], dialect: CsvDialect) -> bytes:
    """One line of a quarantine; None for a missing cell, which an empty one, quoted, is not."""
    return (
        dialect.delimiter.encode().join(b"" if cell is None else dialect.cell(cell) for cell in cells) + b"\n"
    )
