"""Scores a Parquet file: its columns and their types are kept, and the answers are columns after the last."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from commands.predict.answers import AnswerColumns
from commands.predict.csv_table import MOST_PRESSED
from commands.predict.rules import Rules
from commands.predict.scored_part import ScoredPart, score_rows
from commands.predict.scoring_process import RowScorer
from perennial.reading import arrow_cells
from perennial.reading.partition_folders import name_in_table, partitions_of
from perennial.reading.partitions import FolderColumns, without_partitions
from perennial.reading.read_parquet import stream_parquet, typed_rows
from perennial.reading.reading import DEFAULT_MAX_BYTES, ExportFormat, bad_rows_of, good_rows

_BATCH_BYTES: Final = 16 << 20


@dataclass(frozen=True)
class Batch:
    """Rows of a file, and how many are before them."""

    before: int
    rows: pa.RecordBatch


class ParquetTable:
    """One Parquet file that is scored.

    Attributes:
        header: Its columns' names, with those that its folders give.
        shape: Their names and types, which files that are scored into one share.
        schema: Its columns, then the answers.
        codec: What it is compressed by.
    """

    def __init__(self, path: Path, export: ExportFormat, rules: Rules, answers: AnswerColumns) -> None:
        """Opens it.

        Raises:
            FileRefused: It cannot be read, or lacks a column.
            UsageError: It has a column that would be added.
        """
        most = max(DEFAULT_MAX_BYTES, MOST_PRESSED * path.stat().st_size)
        self._file = name_in_table(path)
        self._export = replace(without_partitions(export, partitions_of(path)), max_bytes=most)
        self._stream = stream_parquet(path, self._export, _BATCH_BYTES)
        self._rules = rules
        self._answers = answers
        self._given = FolderColumns(path, self._stream.schema.names, export)
        self.schema = self._stream.schema
        for name in self._given.names:
            self.schema = self.schema.append(pa.field(name, pa.string()))
        self.header = tuple(self.schema.names)
        self.shape = tuple(f"{field.name}: {field.type}" for field in self.schema)
        answers.refuse_taken(path.name, self.header)
        self.codec = self._stream.codec
        empty = np.empty((0, *rules.answers.width), np.float32)
        for name, column in zip(answers.names, answers.columns(empty), strict=True):
            self.schema = self.schema.append(pa.field(name, column.type))

    def parts(self) -> Iterator[Batch]:
        """Its rows."""
        before = 0
        for batch in self._stream.batches:
            yield Batch(before, batch)
            before += batch.num_rows

    def score(self, batch: Batch, scorer: RowScorer) -> ScoredPart:
        """Checks and scores the rows of a batch.

        Raises:
            Unservable: The version cannot be scored with.
        """
        raw = pa.Table.from_batches([batch.rows])
        read = typed_rows(self._file, raw, self._stream.placement, self._export)
        faults = read.faults
        kept = np.ones(raw.num_rows, bool)
        kept[[fault.row for fault in faults]] = False
        places = np.flatnonzero(kept)
        good = self._given.completed(good_rows(read.table, (fault.row for fault in faults)))
        scores, wanted, refused_by_rules = score_rows(good, self._rules, scorer)
        kept[places[~wanted]] = False
        faults += [fault._replace(row=int(places[fault.row])) for fault in refused_by_rules]
        cells = _cells(raw, np.flatnonzero(~kept), self._given.texts)
        refused = bad_rows_of(faults, self.header, lambda row: batch.before + row + 1, cells.__getitem__)
        return ScoredPart(raw.num_rows, refused, self._scored(raw, kept, self._answers.columns(scores)))

    def _scored(self, raw: pa.Table, kept: npt.NDArray[np.bool_], answers: list[pa.Array]) -> pa.Table:
        if not kept.all():
            raw = raw.filter(pa.array(kept))
        # Texts were read as dictionaries, whatever they are in the file.
        columns = [
            column if column.type == field.type else column.cast(field.type)
            for column, field in zip(raw.columns, self._stream.schema, strict=True)
        ]
        given = [
            pa.array([text], pa.string()).take(pa.array(np.zeros(raw.num_rows, np.int64)))
            for text in self._given.texts
        ]
        return pa.table([*columns, *given, *answers], schema=self.schema)


class ParquetOutput:
    """Writes scored batches of Parquet files that have one schema."""

    def __init__(self, out: IO[bytes]) -> None:
        """Takes where to write."""
        self._out = out
        self._writer: pq.ParquetWriter | None = None

    def begin(self, table: ParquetTable) -> None:
        """Begins with a table's rows; the codec is the first one's."""
        if self._writer is None:
            # 2.6: the first version that keeps nanoseconds.
            self._writer = pq.ParquetWriter(self._out, table.schema, compression=table.codec, version="2.6")

    def write(self, scored: pa.Table) -> None:
        """Writes a batch as a row group."""
        if self._writer and scored.num_rows:
            self._writer.write_table(scored)

    def end(self) -> None:
        """Writes the footer."""
        if self._writer:
            self._writer.close()


@contextmanager
def parquet_output(out: IO[bytes]) -> Iterator[ParquetOutput]:
    """Where scored batches go."""
    output = ParquetOutput(out)
    try:
        yield output
    finally:
        # Whatever came between: it would be closed later, when the file is closed already.
        output.end()


def _cells(
    raw: pa.Table, rows: npt.NDArray[np.int64], given: Sequence[bytes | None]
) -> dict[int, tuple[bytes | None, ...]]:
    """The cells of these rows as text, and those that the file's folders give."""
    taken = raw.take(pa.array(rows))
    columns = [
        *(arrow_cells.rendered(column) for column in taken.columns),
        *([text] * taken.num_rows for text in given),
    ]
    return dict(zip(rows.tolist(), zip(*columns, strict=True), strict=True))
