"""Shows how a run goes on standard error: a line that moves on a terminal, plain lines elsewhere."""

import sys
import time

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class PlainDisplay:
    """One line a node, for logs and pipes."""

    def __init__(self) -> None:
        """Starts the clock."""
        self._began = time.monotonic()

    def node(self, name: str, span: str) -> None:
        """Says that a node began."""
        print(  # noqa: T201
            f"{time.monotonic() - self._began:7.1f} s  {span:<12}{name}", file=sys.stderr, flush=True
        )

    def progress(self, done: int, total: int | None, unit: str) -> None:
        """Says nothing: a log is not for things that move."""

    def close(self) -> None:
        """Nothing to end."""


class TerminalDisplay:
    """A moving line for the running node, under a line for each that is done."""

    def __init__(self) -> None:
        """Draws the first line."""
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.fields[span]:<12}{task.description:<19}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[said]}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
        )
        self._progress.start()
        self._task = self._progress.add_task("starting", span="", said="", total=None)

    def node(self, name: str, span: str) -> None:
        """Ends the former line and draws one for the node that began."""
        self._progress.update(self._task, total=1, completed=1)
        self._task = self._progress.add_task(name, span=span, said="", total=None)

    def progress(self, done: int, total: int | None, unit: str) -> None:
        """Moves the line of the running node."""
        said = f"{done:,} of {total:,} {unit}" if total else f"{done:,} {unit}"
        self._progress.update(self._task, completed=done, total=total, said=said)

    def close(self) -> None:
        """Ends the last line."""
        self._progress.update(self._task, total=1, completed=1)
        self._progress.stop()


def display() -> PlainDisplay | TerminalDisplay:
    """What fits where standard error goes."""
    return TerminalDisplay() if sys.stderr.isatty() else PlainDisplay()
