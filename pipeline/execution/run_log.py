"""The log of a run: all that the chain's process prints, but no more of it than a disk can spare."""

import math
import os
import select
import threading
import time
from pathlib import Path
from typing import IO, Final

# A run of the year prints 2 MB. A user's function may print without end: its beginning and its end are kept.
KEPT_AT_THE_START: Final = 16 << 20
KEPT_AT_THE_END: Final = 1 << 20
_BLOCK: Final = 1 << 16
_PAUSE: Final = 0.1  # seconds
_PATIENCE: Final = 1.0


class RunLog:
    """Takes what is written to `descriptor` into a file, until it is closed.

    A process that outlives the run may still hold the other end of the pipe; it is not waited for. Nor does
    a disk that is full hold up who prints: what cannot be kept is let go.
    """

    def __init__(self, path: Path) -> None:
        """Opens the file, which may have something in it already, and the pipe."""
        self._file: IO[bytes] = path.open("ab", buffering=0)
        self._reading, self.descriptor = os.pipe()
        self._left = KEPT_AT_THE_START
        self._end = bytearray()
        self._passed_over = 0
        self._until = math.inf
        self._thread = threading.Thread(target=self._take, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Takes what was written up to now, and closes the file."""
        os.close(self.descriptor)
        self._until = time.monotonic() + _PATIENCE
        self._thread.join()
        os.close(self._reading)
        if self._passed_over:
            self._write(f"\n[{self._passed_over:,} bytes left out]\n".encode())
        self._write(bytes(self._end))
        self._file.close()

    def _take(self) -> None:
        while True:
            ready, _, _ = select.select([self._reading], [], [], _PAUSE)
            block = os.read(self._reading, _BLOCK) if ready else b""
            if ready and not block:  # all who could write are gone
                return
            if time.monotonic() > self._until:
                return
            self._keep(block)

    def _keep(self, block: bytes) -> None:
        first, rest = block[: self._left], block[self._left :]
        self._left -= len(first)
        self._write(first)
        self._end += rest
        if len(self._end) > 2 * KEPT_AT_THE_END:
            self._passed_over += len(self._end) - KEPT_AT_THE_END
            del self._end[:-KEPT_AT_THE_END]

    def _write(self, block: bytes) -> None:
        try:
            self._file.write(block)
        except OSError:
            self._passed_over += len(block)
