"""Scores a CSV: its records are kept byte for byte, and the answers are put after each one's last cell."""

import gzip
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from components.arrow_example_gen import chunks, csv_records
from components.arrow_example_gen.chunks import Chunk, Records
from components.arrow_example_gen.read_csv import UTF8_MARK, header_of, read_text, refuse_other_formats
from components.arrow_example_gen.reading import DEFAULT_MAX_BYTES, BadRow, ExportFormat, Fault, place
from components.arrow_example_gen.source_files import chunks as bytes_of
from pipeline.predict.answers import Answers, quoted, texts
from pipeline.predict.part import Part, score_rows
from pipeline.predict.rules import Rules
from pipeline.predict.scorer import Scorer

# A CSV is seldom pressed to less than a twentieth; a bomb, to a thousandth.
MOST_PRESSED: Final = 100
_LEVEL: Final = 1


@dataclass(frozen=True)
class _Scored:
    """The text of a chunk's scored rows.

    Attributes:
        follows: Whether it begins with the chunk's first record, before which stands what the last chunk
            ended in; else with a line end of its own.
        text: Records with their answers, and what stands between them.
        after: The line ends after the chunk's last record.
    """

    follows: bool
    text: Any
    after: bytes


class CsvTable:
    """One CSV that is scored.

    Attributes:
        header: Its columns' names.
    """

    def __init__(self, path: Path, export: ExportFormat, rules: Rules, answers: Answers) -> None:
        """Opens it and reads its header.

        Raises:
            FileRefused: It cannot be read, or lacks a column.
            UsageError: It has a column that would be added.
        """
        self._file = path.name
        self._export = export
        self._rules = rules
        self._answers = answers
        self._quoting = csv_records.Quoting(export.delimiter)
        pieces = bytes_of(path, max(DEFAULT_MAX_BYTES, MOST_PRESSED * path.stat().st_size))
        first = next(pieces)
        refuse_other_formats(path.name, first)
        self._mark = UTF8_MARK if first.startswith(UTF8_MARK) else b""
        pieces = itertools.chain([first.removeprefix(UTF8_MARK)], pieces)
        self._head, self._pieces = chunks.header_of(path.name, pieces, export.delimiter)
        self.header = header_of(path.name, self._head, export)
        place(path.name, self.header, export)
        answers.refuse_taken(path.name, self.header)

    @property
    def opening(self) -> tuple[bytes, bytes]:
        """The text of the header with the answers' names, and the line end after it."""
        text = self._head.rstrip(b"\r\n")
        mark = self._export.delimiter.encode()
        names = [quoted(name, self._export.delimiter) for name in self._answers.names]
        return self._mark + mark.join([text, *names]), self._head[len(text) :]

    def parts(self) -> Iterator[Chunk]:
        """Its rows."""
        line = 1 + chunks.line_ends(self._head)
        return chunks.chunks_of(self._file, self._pieces, self._export.delimiter, line)

    def score(self, chunk: Chunk, scorer: Scorer) -> Part:
        """Reads, checks and scores the rows of a chunk.

        Raises:
            FileRefused: It cannot be read without loss.
            Unservable: The version cannot be scored with.
        """
        found = chunks.records_of(chunk.data, self._export.delimiter)
        if not len(found.starts):
            return Part(0, [], _Scored(False, b"", chunk.data))
        before = chunk.line - 1 - chunks.line_ends(self._head)
        read = read_text(self._file, self._head + chunk.data, self._export, before)
        kept = np.ones(len(found.starts), bool)
        refused = list(read.bad)
        if refused:
            kept = ~np.isin(_lines_of(chunk, found), [row.line for row in refused])
        places = np.flatnonzero(kept)
        if len(places) != read.table.num_rows:
            raise ValueError(f"{len(places)} records of a chunk were expected, and {read.table.num_rows} read")
        scores, wanted, faults = score_rows(read.table, self._rules, scorer)
        if faults:
            kept[places[~wanted]] = False
            refused += self._refused(chunk, found, places, faults)
            refused.sort(key=lambda row: row.line)
        return Part(len(kept), refused, self._scored(chunk.data, found, kept, scores))

    def _refused(
        self, chunk: Chunk, found: Records, places: npt.NDArray[np.int64], faults: list[Fault]
    ) -> Iterator[BadRow]:
        lines = _lines_of(chunk, found)
        for fault in faults:
            place = places[fault.row]
            cells = self._quoting.cells(chunk.data[found.starts[place] : found.ends[place]])
            yield BadRow(int(lines[place]), fault.column, fault.reason, cells)

    def _scored(self, data: bytes, found: Records, kept: npt.NDArray[np.bool_], scores: Any) -> _Scored:
        after = data[int(found.ends[-1]) :]
        if not kept.any():
            return _Scored(False, b"", after)
        # Each record with the line ends before it, so that all of them are one run of bytes and nothing is copied.
        offsets = np.concatenate([[0], found.ends]).astype(np.int32)
        records = pa.Array.from_buffers(
            pa.binary(), len(kept), [None, pa.py_buffer(offsets), pa.py_buffer(data)]
        )
        if not kept.all():
            records = records.filter(pa.array(kept))
        delimiter = self._export.delimiter
        added = texts(self._answers.columns(scores), ".", delimiter)
        joined = pc.binary_join_element_wise(records, *added, delimiter.encode())
        return _Scored(bool(kept[0]), joined.buffers()[2], after)


class CsvOutput:
    """Writes scored parts of CSVs that have one header."""

    def __init__(self, out: IO[bytes]) -> None:
        """Takes where to write."""
        self._out = out
        # What stands before the next record, once there is one.
        self._between: bytes | None = None

    def begin(self, table: CsvTable) -> None:
        """Begins with a table's rows; the header is the first one's."""
        if self._between is None:
            header, self._between = table.opening
            self._out.write(header)
        self._between = self._between or b"\n"  # a file without a line end after its last row

    def write(self, scored: _Scored) -> None:
        """Writes a part of it."""
        if len(scored.text):
            if scored.follows:
                self._out.write(self._between or b"")
            self._out.write(scored.text)
        self._between = scored.after

    def end(self) -> None:
        """Writes what the last table ended in."""
        self._out.write(self._between or b"")


@contextmanager
def csv_output(out: IO[bytes], pressed: bool) -> Iterator[CsvOutput]:
    """Where scored parts go.

    Args:
        out: The file.
        pressed: Whether it is gzip.
    """
    if not pressed:
        output = CsvOutput(out)
        yield output
        output.end()
        return
    # No name and no time in it: the same rows give the same bytes.
    with gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=out, mtime=0) as stream:
        output = CsvOutput(stream)
        yield output
        output.end()


def _lines_of(chunk: Chunk, found: Records) -> npt.NDArray[np.int64]:
    """The physical line of the file on which each record starts."""
    text = np.frombuffer(chunk.data, np.uint8)
    returns = text == ord("\r")
    ends = text == ord("\n")
    # A carriage return and a line feed end one line.
    ends[:-1] |= returns[:-1] & ~ends[1:]
    ends[-1] |= returns[-1]
    return chunk.line + np.searchsorted(np.flatnonzero(ends), found.starts)
