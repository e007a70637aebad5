"""Writes scored CSVs as one: plain or gzip, in the encoding that they came in."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Final

from commands.predict.csv_table import CsvTable, ScoredText
from perennial.reading.csv_format import CsvFormat
from perennial.reading.csv_stream import ByteStream, Encoded, Raw

# The lowest: the highest takes ten times as long, for a file four fifths as large.
_LEVEL: Final = 1


class CsvOutput:
    """Writes scored parts of CSVs that have one header."""

    def __init__(self, out: ByteStream) -> None:
        """Takes where to write."""
        self._out = out
        # What stands before the next record, once there is one; None before the header.
        self._between: bytes | None = None
        self._line_end = b"\n"

    def begin(self, table: CsvTable) -> None:
        """Begins with a table's rows; the header is the first one's."""
        if self._between is None:
            self._out.write(table.opening)
            self._line_end = self._between = table.after_header or self._line_end
        # The last row of a file may have no line end, where another file's follows.
        self._between = self._between or self._line_end

    def write(self, scored: ScoredText | None) -> None:
        """Writes a part of it; None: there is nothing."""
        if scored is None:
            return
        if len(scored.text):
            if scored.follows:
                self._out.write(self._between or b"")
            self._out.write(scored.text)
            self._between = scored.after
        elif scored.after:
            self._between = scored.after

    def end(self) -> None:
        """Writes what the last table ended in."""
        self._out.write(self._between or b"")


@contextmanager
def csv_output(out: IO[bytes], written: CsvFormat, is_pressed: bool) -> Iterator[CsvOutput]:
    """Where scored parts go.

    Args:
        out: The file.
        written: How it is written.
        is_pressed: Whether it is gzip.
    """
    if is_pressed:
        # No name and no time in it: the same rows give the same bytes.
        with gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=out, mtime=0) as pressed:
            yield from _ended(pressed, written)
    else:
        yield from _ended(out, written)


def _ended(out: ByteStream, written: CsvFormat) -> Iterator[CsvOutput]:
    text = out if written.is_utf8 else Encoded(out, written.encoding)
    output = CsvOutput(text if written.dialect.is_plain else Raw(text, written.dialect))
    yield output
    output.end()
