"""Keeps a sampled share of the raw rows that were scored, as an export that the pipeline can read."""

import math
import random
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from serving.model.answers import Answers
from serving.model.checks import ROW_ID
from serving.model.columns import InputColumn, RowError
from serving.model.row_arrays import RowReader
from serving.observe import log_cells, log_parts
from serving.observe.log_parts import LogPart
from serving.reading.cells import CellRefused

if TYPE_CHECKING:
    from serving.model.models import LoadedVersion

PERIOD: Final = 1.0
MAX_AGE: Final = 300.0
MAX_ROWS: Final = 100_000
# What may wait in memory; more is dropped and counted.
MAX_WAITING_ROWS: Final = 20_000
MAX_WAITING_BYTES: Final = 16 << 20
_MAX_ROW_BYTES: Final = 64 << 10
# Rows that are written between two breaths, so that requests never wait long for Python's lock.
_CHUNK: Final = 32


class _SampledRow(NamedTuple):
    """One row that was sampled: its cells in the order of columns, and its score, a number or several."""

    time: float
    reader: RowReader
    cells: list[Any]
    row_id: Any
    score: Any
    version: int
    answers: Answers


class RequestLog:
    """The log of one model in one worker. `offer` costs a subtraction for rows that are not sampled.

    Rows are drawn at random, each for itself: a hash of the content would take all or none of equal rows, and
    the share of what comes often would be wrong in the sample.

    Attributes:
        written: Rows in parts.
        dropped: Rows that were sampled and not written: too many waited, or the disk was full.
    """

    def __init__(
        self,
        folder: Path,
        share: float,
        *,
        max_bytes: int,
        max_days: int,
        private: Mapping[str, str] | None = None,
        max_age: float = MAX_AGE,
        max_rows: int = MAX_ROWS,
        period: float = PERIOD,
    ) -> None:
        """Finishes what a worker that was killed left, and starts the thread.

        Args:
            folder: Of the days' folders.
            share: Of all rows, 0 to 1.
            max_bytes: Of all parts; the oldest are removed first.
            max_days: That parts are kept, today included.
            private: Column -> "omit" or "hash".
            max_age: Seconds after which a part is let be seen.
            max_rows: Of a part.
            period: Seconds between two writes.

        Raises:
            OSError: The folder or its key cannot be made or read.
        """
        self.written = 0
        self.dropped = 0
        self._folder = folder
        self._share = share
        self._max_bytes, self._max_days = max_bytes, max_days
        self._max_age, self._max_rows = max_age, max_rows
        self._private = dict(private or {})
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._key = log_cells.key_in(folder) if "hash" in self._private.values() else b""
        self._skip = self._next_skip()
        self._waiting: deque[_SampledRow] = deque()
        self._waiting_bytes = 0
        self._part: LogPart | None = None
        self._stopping = threading.Event()
        self._period = period
        self._thread = threading.Thread(target=self._run, name="request-log", daemon=True)
        self._thread.start()

    def offer(
        self, version: "LoadedVersion", rows: Sequence[Mapping[str, Any] | RowError], scores: Any
    ) -> None:
        """Takes those of the rows that are drawn; refused ones (NaN) are none."""
        count = len(rows)
        if self._skip >= count:
            self._skip -= count
            return
        if not version.engine:
            return
        reader, answers, now = version.engine.checks.reader, version.engine.answers, time.time()
        while self._skip < count:
            index = self._skip
            row, score = rows[index], scores[index]
            if not isinstance(row, RowError) and not np.isnan(score).any():
                cells = [row.get(column.name) for column in reader.columns]
                known_as = row.get(ROW_ID)
                if type(known_as) not in (str, int, float):
                    known_as = None
                self._keep(_SampledRow(now, reader, cells, known_as, score, version.number, answers))
            self._skip += 1 + self._next_skip()
        self._skip -= count

    def close(self) -> None:
        """Writes what waits and lets the part be seen, for five seconds at most."""
        self._stopping.set()
        self._thread.join(5)

    def _next_skip(self) -> int:
        """How many rows are skipped until the next one that is taken: geometric."""
        if self._share >= 1:
            return 0
        if self._share <= 0:
            return 1 << 62
        return int(math.log(1 - random.random()) / math.log1p(-self._share))

    def _keep(self, row: _SampledRow) -> None:
        size = 200 + sum(len(cell) for cell in row.cells if isinstance(cell, (str, bytes)))
        size += len(row.row_id) if isinstance(row.row_id, str) else 0
        size += 12 * len(row.answers.classes)
        full = len(self._waiting) >= MAX_WAITING_ROWS or self._waiting_bytes + size > MAX_WAITING_BYTES
        if full or size > _MAX_ROW_BYTES:
            self.dropped += 1
            return
        self._waiting_bytes += size
        self._waiting.append(row)

    def _run(self) -> None:
        log_parts.finish_left_over(self._folder)
        self._sweep()
        while not self._stopping.wait(self._period):
            self._write()
        self._write()
        self._finish()

    def _write(self) -> None:
        self._waiting_bytes = 0
        while self._waiting:
            rows = [self._waiting.popleft()]
            while self._waiting and len(rows) < _CHUNK and self._belongs(self._waiting[0], rows[0]):
                rows.append(self._waiting.popleft())
            try:
                lines = [line for row in rows if (line := self._line(row)) is not None]
                self.dropped += len(rows) - len(lines)
                self._part_for(rows[0]).write(lines, len(lines))
                self.written += len(lines)
            except OSError:  # a full disk, or a folder that is gone: requests go on, and so does the log
                self.dropped += len(rows)
            time.sleep(0.0002)
        if self._part and (self._part.age > self._max_age or self._part.day < _day(time.time())):
            self._finish()

    def _belongs(self, row: _SampledRow, first: _SampledRow) -> bool:
        return row.reader is first.reader and _day(row.time) == _day(first.time)

    def _part_for(self, row: _SampledRow) -> LogPart:
        day, header = _day(row.time), self._header(row.reader.columns, row.answers)
        part = self._part
        full = part and (part.rows >= self._max_rows or part.size > self._max_bytes // 8)
        if part and (full or (part.day, part.header) != (day, header)):
            self._finish()
        if not self._part:
            self._part = LogPart(self._folder, day, header, sorted(self._private))
        return self._part

    def _finish(self) -> None:
        part, self._part = self._part, None
        if part:
            try:
                part.finish()
            except OSError:  # it stays where it is, and is finished at the next start
                self.dropped += part.rows
                self.written -= part.rows
            self._sweep()

    def _sweep(self) -> None:
        try:
            log_parts.sweep(self._folder, self._max_bytes, self._max_days, _day(time.time()))
        except OSError:  # another worker sweeps, or the folder is gone: the next part tries again
            return

    def _header(self, columns: Sequence[InputColumn], answers: Answers) -> bytes:
        hashes = [column.name for column in columns if self._private.get(column.name) == "hash"]
        return log_cells.header(columns, tuple(self._private), hashes, log_cells.answer_names(answers))

    def _line(self, row: _SampledRow) -> bytes | None:
        """A row's line; None where a cell cannot be read again, so that the log goes on without the row."""
        try:
            read = {
                column.name: row.reader.cell(position, row.cells[position])
                for position, column in enumerate(row.reader.columns)
            }
        except CellRefused:
            return None
        cells = [log_cells.cell(value) for name, value in read.items() if name not in self._private]
        cells += [
            log_cells.hashed(self._key, value)
            for name, value in read.items()
            if self._private.get(name) == "hash"
        ]
        second = int(row.time)
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        cells += [*log_cells.answer_cells(row.answers, row.score), b"%d" % row.version]
        cells += [f"{stamp}.{int((row.time - second) * 1000):03d}Z".encode(), log_cells.row_id(row.row_id)]
        return b",".join(cells) + b"\n"


def _day(moment: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(moment))
