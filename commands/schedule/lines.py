"""What the schedule prints: one line a thing, with a time stamp."""

import contextlib
import sys

from perennial import clock


class Lines:
    """Prints lines on standard error; a problem again only if it has changed."""

    def __init__(self) -> None:
        """Prints nothing yet."""
        self._problems: dict[str, str] = {}

    def write(self, name: str, text: str) -> None:
        """Prints a line about a use case ("": about none)."""
        about = f"{name}: " if name else ""
        with contextlib.suppress(OSError):  # a full disk, a reader that has gone: no reason to stop
            print(f"{clock.stamp(clock.now())} {about}{text}", file=sys.stderr, flush=True)  # noqa: T201

    def problem(self, name: str, text: str) -> None:
        """Prints what is wrong with a use case, and that this is resolved (""); once each."""
        former = self._problems.get(name, "")
        if text != former:
            self.write(name, text or f"resolved: {former}")
        self._problems[name] = text
