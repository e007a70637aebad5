"""What wakes the schedule: the signals that stop it, the end of a child process, or time."""

import os
import select
import signal
from types import FrameType
from typing import Any, Final

from perennial.signals import STOPPING

_BLOCK: Final = 512


class Wakeups:
    """Waits, and counts the signals that ask the schedule to stop; a context manager.

    Attributes:
        stops: How many signals have asked so.
    """

    def __init__(self) -> None:
        """Changes nothing yet."""
        self.stops = 0
        self._former: dict[int, Any] = {}
        self._pipe = (-1, -1)
        self._former_descriptor = -1

    def __enter__(self) -> "Wakeups":
        """Takes the signals, except those that whoever started this process wants to be ignored (nohup)."""
        self._pipe = os.pipe()
        for descriptor in self._pipe:
            os.set_blocking(descriptor, False)
        self._former_descriptor = signal.set_wakeup_fd(self._pipe[1], warn_on_full_buffer=False)
        for number in STOPPING:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._former[number] = signal.signal(number, self._stop)
        self._former[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        return self

    def __exit__(self, *_: object) -> None:
        """Gives the signals back."""
        for number, handler in self._former.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._former_descriptor)
        for descriptor in self._pipe:
            os.close(descriptor)

    def wait(self, seconds: float) -> None:
        """Returns after some seconds, or earlier after a signal."""
        ready, _, _ = select.select([self._pipe[0]], [], [], seconds)
        if ready:
            os.read(self._pipe[0], _BLOCK)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stops += 1
