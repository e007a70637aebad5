"""Scores a CSV: its records are kept byte for byte, and the answers are put after each one's last cell."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from commands.predict.answers import AnswerColumns, texts
from commands.predict.rules import Rules
from commands.predict.scored_part import ScoredPart, score_rows
from commands.predict.scoring_process import RowScorer
from perennial.errors import UsageError
from perennial.reading import chunks, csv_records
from perennial.reading.chunks import Chunk, Records
from perennial.reading.csv_masks import unmasked
from perennial.reading.csv_stream import CsvStream
from perennial.reading.csv_text import cut_footer, is_no_row, without_initial_spaces
from perennial.reading.partition_folders import partitions_of
from perennial.reading.partitions import FolderColumns, without_partitions
from perennial.reading.quarantine import BEFORE
from perennial.reading.read_csv import header_of, read_text
from perennial.reading.reading import DEFAULT_MAX_BYTES, FOOTER, BadRow, ExportFormat, Fault, Read, place
from serving.reading.csv_dialect import ESCAPE, LINE_FEED, RETURN

# A CSV is seldom pressed to less than a twentieth; a bomb, to a thousandth.
MOST_PRESSED: Final = 100


@dataclass(frozen=True)
class ScoredText:
    """The text of a chunk's scored rows.

    Attributes:
        follows: Whether it begins with the chunk's first record, before which stands what the last chunk
            ended in; else it has a line end of its own there.
        text: Records with their answers, and what stands between them.
        after: The line ends after the chunk's last record.
    """

    follows: bool
    text: bytes | memoryview
    after: bytes


class CsvTable:
    """One CSV that is scored.

    Attributes:
        header: Its columns' names, with those that its folders give.
        shape: What files that are scored into one share: these names.
        opening: The text of its header, with the names of the answers.
        after_header: The line ends after that.
    """

    def __init__(self, path: Path, export: ExportFormat, rules: Rules, answers: AnswerColumns) -> None:
        """Opens it and reads its header.

        Raises:
            FileRefused: It cannot be read, or lacks a column.
            UsageError: It has a column that would be added, or its encoding lacks what would be.
        """
        self._file = path.name
        self._written = export.written
        # The footer is cut off by `parts`, which alone knows where the file ends.
        own = without_partitions(export, partitions_of(path))
        self._export = replace(own, written=replace(export.written, skipfooter=0))
        self._rules = rules
        self._answers = answers
        self._quoting = csv_records.Quoting(self._delimiter)
        most = max(DEFAULT_MAX_BYTES, MOST_PRESSED * path.stat().st_size)
        stream = CsvStream.of(path, export.written, most)
        self._head, self._pieces = chunks.header_of(
            path.name, stream.pieces, self._delimiter, self._written.skipinitialspace
        )
        names = header_of(path.name, self._head, export)
        place(path.name, names, own)
        self._width = len(names)
        self._given = FolderColumns(path, names, export)
        self.header = self.shape = (*names, *self._given.names)
        answers.refuse_taken(path.name, self.header)
        self._refuse_encoding()
        text = self._head.rstrip(b"\r\n")
        mark = self._delimiter.encode()
        cells = map(self._cell, map(str.encode, (*self._given.names, *answers.names)))
        self.opening = stream.marks + mark.join([text, *cells])
        self.after_header = self._head[len(text) :]

    def parts(self) -> Iterator[Chunk | int]:
        """Its rows; last, where it has a footer, how many lines that has."""
        line = 1 + chunks.line_ends(self._head)
        # A quarantine that is scored has no footer, whatever the files have that its rows come from.
        footer = 0 if self.header[: len(BEFORE)] == BEFORE else self._written.skipfooter
        cut = chunks.chunks_of(
            self._file,
            self._pieces,
            self._delimiter,
            line,
            footer,
            skipinitialspace=self._written.skipinitialspace,
        )
        if not footer:
            yield from cut
            return
        last = Chunk(b"", line)
        for chunk in cut:
            if last.data:
                yield last
            last = chunk
        text, removed = cut_footer(self._file, self._head + last.data, self._written)
        yield Chunk(text[len(self._head) :], last.line)
        yield len(removed.lines)

    def score(self, chunk: Chunk | int, scorer: RowScorer) -> ScoredPart:
        """Reads, checks and scores the rows of a chunk.

        Raises:
            FileRefused: It cannot be read without loss.
            Unservable: The version cannot be scored with.
        """
        if isinstance(chunk, int):
            return ScoredPart(0, [], None, skipped=chunk)
        records = chunks.records_of(chunk.data, self._delimiter, self._written.skipinitialspace)
        if not len(records.starts):
            return ScoredPart(0, [], ScoredText(False, b"", chunk.data))
        before = chunk.line - 1 - chunks.line_ends(self._head)
        read = read_text(self._file, self._head + chunk.data, self._export, before)
        kept = self._kept(chunk, records, read)
        places = np.flatnonzero(kept)
        table = self._given.completed(read.table)
        scores, wanted, faults = score_rows(table, self._rules, scorer)
        refused = [self._with_given(row) for row in read.bad if row.reason != FOOTER]
        rows = len(places) + len(refused)
        if faults:
            kept[places[~wanted]] = False
            refused += self._refused(chunk, records, places, faults)
            refused.sort(key=lambda row: row.line)
        scored = self._scored(chunk.data, records, kept, scores)
        return ScoredPart(rows, refused, scored, skipped=len(places) + len(read.bad) - rows)

    def _cell(self, text: bytes | None) -> bytes:
        return b"" if text is None else self._written.dialect.masked_cell(text)

    def _with_given(self, row: BadRow) -> BadRow:
        return row._replace(cells=(*row.cells, *self._given.texts))

    @property
    def _delimiter(self) -> str:
        return self._written.delimiter

    def _refuse_encoding(self) -> None:
        encoding = self._written.encoding
        try:
            for text in (*self._answers.names, *map(str, self._answers.classes)):
                text.encode(encoding)
        except UnicodeEncodeError:
            raise UsageError(
                f"{self._file}: the encoding {encoding} cannot write the names of all classes.",
                "Set `exports.encoding` of the use case to utf-8, and write the table in UTF-8.",
            ) from None

    def _kept(self, chunk: Chunk, records: Records, read: Read) -> npt.NDArray[np.bool_]:
        """Which of the records are the rows that were read."""
        kept = np.ones(len(records.starts), bool)
        if read.bad:
            kept = ~np.isin(_lines_of(chunk, records), [row.line for row in read.bad])
        if kept.sum() != read.table.num_rows:
            # Some are no rows, which the reader leaves out; to look for them takes long.
            for place in np.flatnonzero(kept):
                raw = chunk.data[records.starts[place] : records.ends[place]]
                kept[place] = not is_no_row(raw, self._width, self._export)
        if kept.sum() != read.table.num_rows:
            raise ValueError(f"{kept.sum()} records of a chunk are rows, and {read.table.num_rows} were read")
        return kept

    def _refused(
        self, chunk: Chunk, records: Records, places: npt.NDArray[np.int64], faults: list[Fault]
    ) -> Iterator[BadRow]:
        lines = _lines_of(chunk, records)
        for fault in faults:
            place = places[fault.row]
            raw = chunk.data[records.starts[place] : records.ends[place]]
            if self._written.skipinitialspace:
                raw = without_initial_spaces(raw, self._delimiter)
            cells = self._quoting.cells(raw)
            row = BadRow(int(lines[place]), fault.column, fault.reason, cells)
            yield self._with_given(unmasked(row, self._written.dialect))

    def _scored(self, data: bytes, records: Records, kept: npt.NDArray[np.bool_], scores: Any) -> ScoredText:
        after = data[int(records.ends[-1]) :]
        if not kept.any():
            return ScoredText(False, b"", after)
        # Each record with the line ends before it: then all of them are one run of bytes, and none is copied.
        offsets = np.concatenate([[0], records.ends]).astype(np.int32)
        lines = pa.Array.from_buffers(
            pa.binary(), len(kept), [None, pa.py_buffer(offsets), pa.py_buffer(data)]
        )
        if not kept.all():
            lines = lines.filter(pa.array(kept))
        added = texts(self._answers.columns(scores), self._written.rules.decimal, self._written.dialect)
        given = [pa.scalar(self._cell(text), pa.binary()) for text in self._given.texts]
        joined = pc.binary_join_element_wise(lines, *given, *added, self._delimiter.encode())
        return ScoredText(bool(kept[0]), memoryview(joined.buffers()[2]), after)


def _lines_of(chunk: Chunk, records: Records) -> npt.NDArray[np.int64]:
    """The physical line of the file on which each record starts."""
    text = np.frombuffer(chunk.data, np.uint8)
    returns = text == ord("\r")
    ends = text == ord("\n")
    # A carriage return and a line feed end one line.
    ends[:-1] |= returns[:-1] & ~ends[1:]
    ends[-1] |= returns[-1]
    # Escaped ends of lines, in masked text.
    ends[1:] |= (text[:-1] == ESCAPE) & ((text[1:] == LINE_FEED) | (text[1:] == RETURN))
    return chunk.line + np.searchsorted(np.flatnonzero(ends), records.starts)
