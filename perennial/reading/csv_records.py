"""Finds the records of a CSV that has something wrong: their lines, raw text, width, and quoting.

A good file never comes here but for `quoting_is_regular`, which is vectorised. What follows Python's
csv.reader is slow and tells what pyarrow does not: physical lines and the text of the rows it cannot split.
"""

import csv
import io
import re
import sys
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from serving.reading.csv_dialect import escaped_ends

_QUOTE = ord('"')
# csv.reader of Python 3.10 stops at NUL; this stands in for it (Latin-1 has no such character).
_NUL_STAND_IN = "\ue000"


class Record(NamedTuple):
    """One record of a CSV: its first line (from 1), its bytes from start to end, how many cells it has."""

    line: int
    start: int
    end: int
    width: int


class Quoting:
    """The grammar of a record: each cell is quoted whole, or does not start with a quote."""

    def __init__(self, delimiter: str) -> None:
        """Compiles the grammar."""
        mark = re.escape(delimiter.encode())
        cell = rb'(?:"[^"]*(?:""[^"]*)*"|(?!")[^' + mark + rb"\r\n]*)"
        self._mark = delimiter.encode()
        self._cell = re.compile(cell)
        self._record = re.compile(cell + rb"(?:" + mark + cell + rb")*(?:\r\n|\r|\n)?")
        self._open = re.compile(rb"(?:" + cell + mark + rb')*"[^"]*(?:""[^"]*)*')

    def is_well_formed(self, raw: bytes) -> bool:
        """Whether each quoted cell of the record ends with its closing quote."""
        return self._record.fullmatch(raw) is not None

    def is_open(self, raw: bytes) -> bool:
        """Whether the record ends inside a quoted cell."""
        return not self.is_well_formed(raw) and self._open.fullmatch(raw) is not None

    def cells(self, raw: bytes) -> tuple[bytes | None, ...]:
        """The cells of a well-formed record; None for an unquoted empty cell, b"" for a quoted one."""
        cells: list[bytes | None] = []
        position = 0
        while match := self._cell.match(raw, position):
            text = match.group()
            quoted = text.startswith(b'"')
            cells.append(text[1:-1].replace(b'""', b'"') if quoted else text or None)
            position = match.end()
            if raw[position : position + 1] != self._mark:
                break
            position += 1
        return tuple(cells)


def quoting_is_regular(data: bytes, delimiter: str) -> bool:
    """Whether quotes only enclose whole cells, escape one another within these, and are all closed.

    Then every CSV reader splits the data alike. Every second quote must then follow the start of a cell, or
    the quote before it (an escaped one); every other one must come before the end of a cell, or the quote
    after it.
    """
    if b'"' not in data:
        return True
    text = np.frombuffer(data, dtype=np.uint8)
    quotes = np.flatnonzero(text == _QUOTE)
    if len(quotes) % 2:
        return False
    edges = np.zeros(256, dtype=bool)
    edges[[ord("\r"), ord("\n"), ord(delimiter)]] = True
    opening, closing = quotes[0::2], quotes[1::2]
    escaped = opening[1:] == closing[:-1] + 1
    starts_cell = (opening == 0) | edges[text[np.maximum(opening, 1) - 1]]
    last = len(text) - 1
    ends_cell = (closing == last) | edges[text[np.minimum(closing, last - 1) + 1]]
    starts_cell[1:] |= escaped
    ends_cell[:-1] |= escaped
    return bool(starts_cell.all() and ends_cell.all())


def records(
    data: bytes, delimiter: str, skipinitialspace: bool = False
) -> Iterator[tuple[Record, list[str]]]:
    """The records of a CSV (header included, blank lines left out) with their cells as Latin-1 text.

    Args:
        data: The whole file, without a byte-order mark.
        delimiter: One ASCII character.
        skipinitialspace: Whether a cell may be quoted after spaces, which are no part of it.
    """
    # The limit is the process's own; lowering it again would race with another thread that reads.
    csv.field_size_limit(sys.maxsize)
    lines = _Lines(data)
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=skipinitialspace)
    line, start = 1, 0
    for cells in reader:
        if cells:
            yield Record(line, start, lines.position, len(cells)), cells
        line, start = reader.line_num + lines.escaped_ends + 1, lines.position


def as_bytes(cells: list[str]) -> tuple[bytes | None, ...]:
    """The cells that `records` gives, as they are in the file; an empty one, quoted or not, is None."""
    return tuple(cell.replace(_NUL_STAND_IN, "\0").encode("latin-1") or None for cell in cells)


class _Lines:
    """The physical lines of the data, counting the bytes handed out."""

    def __init__(self, data: bytes) -> None:
        text = data.decode("latin-1")
        # newline="": lines end at \n, \r and \r\n, and keep their ends.
        self._lines = io.StringIO(text.replace("\0", _NUL_STAND_IN), newline="")
        self._has_escaped_ends = escaped_ends(data) > 0
        self.escaped_ends = 0
        self.position = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        if self._has_escaped_ends:
            self.escaped_ends += escaped_ends(line.replace(_NUL_STAND_IN, "\0").encode("latin-1"))
        self.position += len(line)
        return line
