"""The text of a CSV before it is split: its encoding, its marks, its blank lines and its footer."""

import csv
import functools
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from perennial.errors import FileRefused
from perennial.reading.csv_format import CsvFormat
from perennial.reading.csv_masks import masked
from perennial.reading.csv_records import Quoting
from perennial.reading.reading import FOOTER, BadRow, ExportFormat
from perennial.reading.source_files import content
from serving.reading.csv_dialect import escaped_ends

# What stands in _extra of a footer's line, so that it comes out again where a quarantine is put back.
FOOTER_MARK = b"(a line of the footer)"

_UTF8_MARK = b"\xef\xbb\xbf"
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_OTHER_FORMATS = {
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"PAR1": "a Parquet file",
    b"ORC": "an ORC file",
    b"\x04\x22\x4d\x18": "lz4",
    b"\xff\x06\x00\x00sNaPpY": "snappy",
}
_TAIL_BYTES = 1 << 16
_LINE_END = re.compile("\r\n|\r|\n")
# Excel's own hint of the delimiter, before the header.
_HINT_BYTES = 8
_HINT = re.compile(rb"\Asep=(.)(?=\r|\n)", re.IGNORECASE | re.DOTALL)


class _Line(NamedTuple):
    number: int
    raw: bytes


@dataclass(frozen=True)
class Footer:
    """The lines at the end of a file that are no rows."""

    lines: tuple[_Line, ...] = ()

    def rows(self, width: int, delimiter: str) -> list[BadRow]:
        """The lines as rows for the quarantine, cut into as many cells as the header has."""
        quoting = Quoting(delimiter)
        rows = []
        for line in self.lines:
            cells = (
                quoting.cells(line.raw) if quoting.is_well_formed(line.raw) else _loosely(line.raw, delimiter)
            )
            extra = delimiter.encode().join([FOOTER_MARK, *(cell or b"" for cell in cells[width:])])
            rows.append(BadRow(line.number, "", FOOTER, (*cells, *(None,) * width)[:width], extra))
        return rows


def text_of(path: Path, export: ExportFormat) -> bytes:
    """The file's text as UTF-8, without marks; its lines are where they were.

    Raises:
        FileRefused: it is no text, or not in the encoding that it should be in.
    """
    data = content(path, export.max_bytes)
    written = export.written
    refuse_other_formats(path.name, data, written)
    if not written.is_utf8:
        data = _decoded(path.name, data, written)
    data = masked(path.name, data[marks_end(data, written) :], written)
    return without_initial_spaces(data, written.delimiter) if written.skipinitialspace else data


def refuse_other_formats(file: str, data: bytes, written: CsvFormat) -> None:
    """Refuses what begins as a text in this encoding does not.

    Raises:
        FileRefused: says what it is instead.
    """
    for magic, what in _OTHER_FORMATS.items():
        if data.startswith(magic):
            raise FileRefused(
                f"{file}: expected CSV, got {what}.",
                "Give the file the ending of its format, or export it as CSV.",
            )
    if data.startswith(_WIDE_MARKS) and not written.is_wide:
        name = "UTF-8" if written.is_utf8 else f"`encoding: {written.encoding}`"
        raise FileRefused(
            f"{file}: expected {name}, but its byte-order mark is that of UTF-16 or UTF-32.",
            "Export it as UTF-8, or set `encoding: utf-16` in the use case.",
        )


def marks_end(data: bytes, written: CsvFormat) -> int:
    """The offset after the byte-order mark and the hint of the delimiter, where UTF-8 text has them."""
    start = len(_UTF8_MARK) if data.startswith(_UTF8_MARK) else 0
    hint = _HINT.match(data[start : start + _HINT_BYTES])
    return start + hint.end() if hint and hint[1] == written.delimiter.encode() else start


def _decoded(file: str, data: bytes, written: CsvFormat) -> bytes:
    # In UTF-16 a delimiter has a zero beside it; without one, any text is some text in UTF-16.
    if written.is_wide and b"\0" not in data:
        raise not_in_encoding(file, written)
    try:
        return data.decode(written.encoding).encode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(written.encoding, "ignore")
        raise not_in_encoding(file, written, 1 + len(_LINE_END.findall(before))) from None
    except UnicodeError:
        raise not_in_encoding(file, written) from None


def not_in_encoding(file: str, written: CsvFormat, line: int = 0) -> FileRefused:
    """What is said of a file that is not in its encoding; the line is 0 where it is not known."""
    place = f"line {line}" if line else "the file"
    return FileRefused(
        f"{file}: {place} is not text in `encoding: {written.encoding}`.",
        "Set `encoding` in the use case to that of the export.",
    )


def without_initial_spaces(data: bytes, delimiter: str) -> bytes:
    """The text without the spaces that cells begin with; inside of quotes all stays.

    A quote opens a cell only as its first character that is no space, as in Python's `csv`.
    """
    return _initial_spaces(delimiter).sub(lambda match: match[0].lstrip(b" "), data)


@functools.cache
def _initial_spaces(delimiter: str) -> re.Pattern[bytes]:
    """The spaces that a cell begins with, and its quoted text, which is read over."""
    start = rb"(?:(?<=[\r\n" + re.escape(delimiter.encode()) + rb"])|\A)"
    quoted = rb'"[^"]*(?:""[^"]*)*(?:"|\Z)'
    return re.compile(start + rb"(?: +(?:" + quoted + rb")?|" + quoted + rb")")


def is_blank(raw: bytes, delimiter: str, width: int) -> bool:
    """Whether a record holds nothing: it is of delimiters alone, or has no cells."""
    return not raw.strip(b"\r\n" + delimiter.encode()) or _has_no_cells(raw, width)


def is_no_row(raw: bytes, width: int, export: ExportFormat, *, is_header: bool = False) -> bool:
    """Whether a record is no row: it has no cells, or they are all empty.

    A spreadsheet leaves such lines behind its table. Where empty rows are kept each is a row, as for the
    server: its cells are missing. A header of such a line is none.
    """
    if export.keeps_empty_rows and not is_header:
        return _has_no_cells(raw, width)
    return is_blank(raw, export.written.delimiter, width)


def _has_no_cells(raw: bytes, width: int) -> bool:
    """Whether a record is empty, or of spaces alone where rows have several cells."""
    text = raw.strip(b"\r\n")
    return not text or (width > 1 and not text.strip())


def cut_footer(file: str, data: bytes, written: CsvFormat) -> tuple[bytes, Footer]:
    """Cuts off the last `skipfooter` lines that are not blank.

    A quoted cell that is cut in two by this is never closed, which the reader refuses.

    Raises:
        FileRefused: there are not as many lines below a header.
    """
    blank = (written.delimiter + " \t\r\n").encode()
    size = _TAIL_BYTES
    while True:
        start = max(len(data) - size, 0)
        # The first of these may be the end of a line only.
        lines = data[start:].splitlines(keepends=True)[1 if start else 0 :]
        full = [index for index, line in enumerate(lines) if line.strip(blank)]
        if len(full) > written.skipfooter or not start:
            break
        size *= 16
    if len(full) <= written.skipfooter:
        raise FileRefused(
            f"{file}: the file has fewer lines than a header and {written.skipfooter} to skip at the end.",
            "Set `skipfooter` in the use case to the number of lines at the end that are not rows.",
        )
    tail = lines[full[-written.skipfooter] :]
    cut = len(data) - sum(map(len, tail))
    first = _lines_before(data, cut) + 1
    skipped = [_Line(number, line) for number, line in enumerate(tail, first) if line.strip(blank)]
    return data[:cut], Footer(tuple(skipped))


def _lines_before(data: bytes, end: int) -> int:
    ends = data.count(b"\n", 0, end) + data.count(b"\r", 0, end) - data.count(b"\r\n", 0, end)
    return ends + escaped_ends(data[:end])


def _loosely(raw: bytes, delimiter: str) -> tuple[bytes | None, ...]:
    """The cells of a line whose quoting is amiss, as Python's csv has them."""
    text = raw.decode("latin-1").replace("\0", "")
    cells = next(csv.reader(io.StringIO(text), delimiter=delimiter), [])
    return tuple(cell.encode("latin-1") or None for cell in cells)
