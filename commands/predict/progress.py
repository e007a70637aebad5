"""Shows on standard error how many rows are done: on a terminal in one line, else every ten seconds."""

import sys
import time
from typing import Final

_MOVES: Final = 0.2
_LINES: Final = 10.0


class RowProgress:
    """Counts rows from the moment it is made.

    Attributes:
        rows: How many are done.
    """

    def __init__(self) -> None:
        """Starts the clock."""
        self.rows = 0
        self._began = self._shown_at = time.monotonic()
        self._moves = sys.stderr.isatty()

    @property
    def seconds(self) -> float:
        """Since it was made."""
        return time.monotonic() - self._began

    def add(self, rows: int) -> None:
        """Counts rows that are done, and shows the count if it was not shown for a while."""
        self.rows += rows
        now = time.monotonic()
        if now - self._shown_at >= (_MOVES if self._moves else _LINES):
            self._shown_at = now
            self._show(f"{self.rows:,} rows, {self.rows / self.seconds:,.0f} rows/s")

    def end(self) -> None:
        """Clears the line that moves."""
        if self._moves:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)  # noqa: T201

    def _show(self, text: str) -> None:
        start, end = ("\r\x1b[K", "") if self._moves else ("", "\n")
        print(f"{start}{text}", end=end, file=sys.stderr, flush=True)  # noqa: T201
