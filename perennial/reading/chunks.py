"""Cuts a CSV of any length into pieces of whole records, each of which is read as if it were a file."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from perennial.errors import FileRefused
from perennial.reading import csv_records
from perennial.reading.csv_text import is_blank
from serving.reading.csv_dialect import escaped_ends

# Some 40,000 rows of 17 columns: enough to be quick, and few enough that several at once take little memory.
CHUNK_BYTES = 4 << 20
# A cell whose closing quote is missing would otherwise take in the rest of the file.
MAX_RECORD_BYTES = 32 << 20

Offsets = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Chunk:
    """Whole records of a CSV, without its header.

    Attributes:
        data: Their bytes, line ends and blank lines included.
        line: The physical line of the file on which they begin; the file's first is 1.
    """

    data: bytes
    line: int


@dataclass(frozen=True)
class Records:
    """Where the records of a chunk are: without their line ends, and without the blank lines.

    Attributes:
        starts: Offset of each record's first byte.
        ends: Offset after its last byte.
    """

    starts: Offsets
    ends: Offsets


def header_of(
    file: str, pieces: Iterator[bytes], delimiter: str, skipinitialspace: bool = False
) -> tuple[bytes, Iterator[bytes]]:
    """Takes the header off a CSV.

    Args:
        file: The file's name, for messages.
        pieces: Its bytes, in any lengths, without a byte-order mark.
        delimiter: One ASCII character.
        skipinitialspace: Whether a cell may be quoted after spaces.

    Returns:
        The header's record with its line end and the blank lines before it, and the bytes that follow. Of a
        file without a record, all of it and nothing.

    Raises:
        FileRefused: It is longer than `MAX_RECORD_BYTES`.
    """
    text = b""
    for piece in pieces:
        text += piece
        end = next(
            (
                record.end
                for record, _ in csv_records.records(text, delimiter, skipinitialspace)
                if not is_blank(text[record.start : record.end], delimiter, width=2)
            ),
            len(text),
        )
        # What ends with the text may go on in the next piece.
        if end < len(text):
            return text[:end], itertools.chain([text[end:]], pieces)
        _refuse_long(file, text, 1)
    return text, iter(())


def chunks_of(
    file: str,
    pieces: Iterator[bytes],
    delimiter: str,
    line: int = 1,
    footer: int = 0,
    *,
    skipinitialspace: bool = False,
) -> Iterator[Chunk]:
    """Cuts the rows of a CSV at ends of records.

    Args:
        file: The file's name, for messages.
        pieces: Its bytes after the header, in any lengths.
        delimiter: One ASCII character.
        line: The line on which they begin.
        footer: The last chunk holds at least so many of the file's last lines, if there are as many.
        skipinitialspace: Whether a cell may be quoted after spaces.

    Yields:
        Chunks which together are the bytes that came.

    Raises:
        FileRefused: A record is longer than `MAX_RECORD_BYTES`.
    """
    data = b""
    for piece in pieces:
        data += piece
        if len(data) < CHUNK_BYTES:
            continue
        end = record_end(data[: _before_last_lines(data, footer, delimiter)], delimiter, skipinitialspace)
        if end:
            yield Chunk(data[:end], line)
            line += line_ends(data[:end])
            data = data[end:]
        else:
            _refuse_long(file, data, line)
    if data:
        yield Chunk(data, line)


def record_end(data: bytes, delimiter: str, skipinitialspace: bool = False) -> int:
    """The offset after the last record that is surely whole, whatever follows; 0 where there is none."""
    mark = b"\n" if b"\n" in data else b"\r"
    # After a carriage return at the very end a line feed may follow.
    last = len(data) - (mark == b"\r")
    if b'"' not in data:
        return data.rfind(mark, 0, last) + 1
    text = np.frombuffer(data, np.uint8)
    marks = np.flatnonzero(text[:last] == ord(mark))
    outside = marks[np.searchsorted(np.flatnonzero(text == ord('"')), marks) % 2 == 0]
    if len(outside):
        end = int(outside[-1]) + 1
        if csv_records.quoting_is_regular(data[:end], delimiter):
            return end
    end = before = 0
    for record, _ in csv_records.records(data, delimiter, skipinitialspace):
        before, end = end, record.end
    return before


def records_of(data: bytes, delimiter: str, skipinitialspace: bool = False) -> Records:
    """Finds the records of a chunk."""
    if csv_records.quoting_is_regular(data, delimiter):
        text = np.frombuffer(data, np.uint8)
        marks = np.flatnonzero((text == ord("\n")) | (text == ord("\r")))
        if b'"' in data:
            marks = marks[np.searchsorted(np.flatnonzero(text == ord('"')), marks) % 2 == 0]
        starts = np.concatenate([[0], marks + 1])
        ends = np.concatenate([marks, [len(data)]])
        is_record = ends > starts
        return Records(starts[is_record], ends[is_record])
    parsed = [record for record, _ in csv_records.records(data, delimiter, skipinitialspace)]
    texts = [data[record.start : record.end] for record in parsed]
    # A record that ends in blank within its quotes has its closing quote, or is refused as never closed.
    return Records(
        np.array([record.start for record in parsed], np.int64),
        np.array(
            [record.start + len(text.rstrip(b"\r\n")) for record, text in zip(parsed, texts, strict=True)],
            np.int64,
        ),
    )


def line_ends(data: bytes) -> int:
    """How many lines end in `data`: by a line feed, a carriage return, or both."""
    returns = data.count(b"\r")
    ends = data.count(b"\n") + (returns - data.count(b"\r\n") if returns else 0)
    return ends + escaped_ends(data)


def _before_last_lines(data: bytes, lines: int, delimiter: str) -> int:
    """The offset at which the last lines begin that are not blank."""
    blank = (delimiter + " \t\r\n").encode()
    end = len(data)
    for _ in range(lines):
        end = len(data[:end].rstrip(blank))
        end = max(data.rfind(b"\n", 0, end), data.rfind(b"\r", 0, end)) + 1
    return end


def _refuse_long(file: str, data: bytes, line: int) -> None:
    if len(data) > MAX_RECORD_BYTES:
        raise FileRefused(
            f"{file}: the record on line {line} is longer than {MAX_RECORD_BYTES >> 20} MB.",
            "Check for a missing closing quote there, then export the file again.",
        )
