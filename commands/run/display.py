"""Shows how a run goes on standard error: a line that moves on a terminal, plain lines elsewhere."""

import sys
import time

from pipeline.run.context import Display


class PlainDisplay:
    """One line a node, for logs and pipes."""

    def __init__(self) -> None:
        """Starts the clock."""
        self._began = time.monotonic()

    def node(self, name: str, span: str) -> None:
        """Prints a line for a node that began."""
        print(  # noqa: T201
            f"{time.monotonic() - self._began:7.1f} s  {span:<14}{name}", file=sys.stderr, flush=True
        )

    def progress(self, done: int, total: int | None, unit: str) -> None:
        """Prints nothing: a log is not for things that move."""

    def close(self) -> None:
        """Nothing to end."""

    def warn(self, sentence: str) -> None:
        """Prints a line."""
        print(sentence, file=sys.stderr, flush=True)  # noqa: T201


def display() -> Display:
    """What fits where standard error goes."""
    if not sys.stderr.isatty():
        return PlainDisplay()
    # rich takes as long to import as a tenth of a run with nothing new, and a log has no use for it.
    from commands.run.terminal_display import TerminalDisplay

    return TerminalDisplay()
