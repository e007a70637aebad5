"""Signals that ask a command to end: the first becomes an exception, so that nothing half is left behind."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

from perennial.errors import Stopped

STOPPING: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Interrupted(BaseException):
    """A signal asked this process to end; the text is the signal's name.

    A BaseException as KeyboardInterrupt is, so that no library takes it for an error of its own.
    """


class StopSignals:
    """Signals that stop a command: after `catch` the first is raised; after `hold` all wait for `release`.

    No mask of the thread holds them: the kernel gives a signal to any thread that does not block it, such as
    one of numpy's, and Python then calls the handler in the main thread.
    """

    def __init__(self) -> None:
        """Changes nothing yet."""
        self._former: dict[int, Any] = {}
        self._waiting: list[int] = []
        self._raised = False
        self._held = False

    def catch(self) -> None:
        """From now on the first signal raises `Interrupted`, and further ones do nothing."""
        for number in STOPPING:
            self._former[number] = signal.signal(number, self._stop)

    def hold(self) -> None:
        """From now on a signal waits until `release`."""
        self._held = True

    def release(self) -> None:
        """Gives the signals back to whoever had them; those that waited arrive there."""
        for number, handler in self._former.items():
            signal.signal(number, handler)
        for number in self._waiting:
            signal.raise_signal(number)

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        if self._held:
            self._waiting.append(number)
        elif not self._raised:
            self._raised = True
            raise Interrupted(signal.Signals(number).name)


@contextmanager
def stop_signals() -> Iterator[StopSignals]:
    """Signals that are given back at the end."""
    signals = StopSignals()
    try:
        yield signals
    finally:
        signals.release()


@contextmanager
def stoppable(outcome: str) -> Iterator[None]:
    """A signal ends the `with` as an error does, so that nothing half-written is left behind.

    Args:
        outcome: What is true then, a clause such as "nothing was written".

    Raises:
        Stopped: By a signal.
    """
    try:
        with stop_signals() as signals:
            signals.catch()
            yield
    except Interrupted as interrupted:
        problem = f"Stopped by {interrupted}; {outcome}."
        raise Stopped(problem, "Run it again; it starts from the beginning.") from interrupted
