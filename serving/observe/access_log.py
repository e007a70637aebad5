"""Writes one line of JSON a request to standard output or a file, from a thread of its own."""

import contextlib
import os
import threading
import time
from collections import deque
from pathlib import Path
from typing import Final

import orjson

STANDARD_OUTPUT: Final = "-"
PERIOD: Final = 0.25
# Lines that wait when what reads them stands still; each takes about 300 bytes.
MAX_LINES: Final = 50_000
# What is written at once, so that several workers' lines in one file or pipe do not cut one another: Linux
# writes a pipe's PIPE_BUF in one piece, and what is appended to a file.
_PIECE: Final = 4096
_MAX_LETTERS: Final = 100


class AccessLog:
    """Lines that wait are kept in memory; a request never waits for the disk or the pipe.

    A file that is renamed or removed, as log rotation does, is reopened within a second.

    Attributes:
        dropped: Lines that were given up, as too many waited or the disk was full.
    """

    def __init__(self, target: str = STANDARD_OUTPUT, *, max_lines: int = MAX_LINES) -> None:
        """Opens the file, and starts the thread.

        Args:
            target: "-" for standard output, or a file to append to.
            max_lines: How many lines may wait.

        Raises:
            OSError: The file cannot be opened.
        """
        self.dropped = 0
        self._path = None if target == STANDARD_OUTPUT else Path(target)
        self._file = 1 if self._path is None else _opened(self._path)
        self._max_lines = max_lines
        self._lines: deque[bytes] = deque()
        self._second = 0
        self._second_text = ""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="access-log", daemon=True)
        self._thread.start()

    def add(
        self,
        *,
        api: str,
        verb: str,
        model: str,
        version: int | None,
        status: int | str,
        seconds: float,
        rows: int,
        size: int,
        peer: str,
    ) -> None:
        """Adds the line of one request; what a stranger has written is cut short."""
        if len(self._lines) >= self._max_lines:
            self.dropped += 1
            return
        entry = {
            "time": self._now(),
            "api": api,
            "verb": verb[:_MAX_LETTERS],
            "model": model[:_MAX_LETTERS],
            "version": version,
            "status": status,
            "ms": round(seconds * 1000, 3),
            "rows": rows,
            "bytes": size,
            "peer": peer,
        }
        try:
            self._lines.append(orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE))
        except TypeError:  # half of a surrogate pair, which a path can hold and JSON cannot
            self.dropped += 1

    def close(self) -> None:
        """Writes what waits, for two seconds at most."""
        self._stopping.set()
        self._thread.join(2)
        if self._path and not self._thread.is_alive():
            os.close(self._file)

    def _now(self) -> str:
        now = time.time()
        second = int(now)
        if second != self._second:
            self._second_text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
            self._second = second
        return f"{self._second_text}.{int((now - second) * 1000):03d}Z"

    def _run(self) -> None:
        while not self._stopping.wait(PERIOD):
            self._flush()
        self._flush()

    def _flush(self) -> None:
        if not self._lines:
            return
        self._reopen()
        while self._lines:
            piece = self._lines.popleft()
            while self._lines and len(piece) + len(self._lines[0]) <= _PIECE:
                piece += self._lines.popleft()
            try:
                _write(self._file, piece)
            except OSError:  # the disk is full, or nobody reads the pipe any more: requests go on
                self.dropped += piece.count(b"\n")

    def _reopen(self) -> None:
        """Reopens the file if its name leads to another one by now."""
        if not self._path:
            return
        with contextlib.suppress(OSError):
            there = self._path.stat() if self._path.exists() else None
            if there is None or not os.path.samestat(there, os.fstat(self._file)):
                opened = _opened(self._path)
                os.close(self._file)
                self._file = opened


def _opened(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)


def _write(file: int, piece: bytes) -> None:
    while piece:
        piece = piece[os.write(file, piece) :]
