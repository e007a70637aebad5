"""The schedule as a process: looks at use cases, starts their runs when they are due, until it is stopped."""

import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from commands.schedule.lines import Lines
from commands.schedule.run_sequence import RunSequence
from commands.schedule.wakeups import Wakeups
from perennial import clock
from perennial.errors import PerennialError
from pipeline import config
from pipeline.run.metrics_file import write_metrics
from pipeline.schedule.watched import ScheduleLook, Watched

# Seconds between two looks at most: after a suspend, or if the clock is set, nothing else wakes this process.
_LONGEST: Final = 30.0
# Seconds between two times that the metrics are written.
_METRICS: Final = 60
# Seconds between two looks at runs that are being stopped.
_WHILE_STOPPING: Final = 0.5


class Daemon:
    """All use cases of a home, and their runs."""

    def __init__(self, names: Sequence[str], most: int, folder: Path) -> None:
        """Starts nothing yet.

        Args:
            names: The use cases; none: those that have a schedule, now or later.
            most: How many runs go on at the same time.
            folder: Where answers and logs of runs go.
        """
        self._names = tuple(names)
        self._most = most
        self._folder = folder
        self._lines = Lines()
        self._watched: dict[str, Watched] = {}
        self._queue: deque[ScheduleLook] = deque()
        self._jobs: dict[str, RunSequence] = {}
        self._metrics_at: float | None = None

    def run(self) -> None:
        """Runs until a signal stops it."""
        with Wakeups() as wakeups:
            self._lines.write("", "the schedule begins")
            while not wakeups.stops:
                self._look()
                self._start(wakeups)
                self._write_metrics()
                wakeups.wait(self._seconds())
                self._end_jobs()
            self._stop(wakeups)
            self._lines.write("", "the schedule ends")

    def _look(self) -> None:
        """Looks at the use cases that may be due; those that are wait for their turn."""
        for name in self._names or config.use_case_names():
            watched = self._watched.setdefault(name, Watched(name))
            waits = name in self._jobs or any(look.name == name for look in self._queue)
            if waits or not watched.needs_look():
                continue
            look = watched.look()
            self._lines.problem(name, look.problem)
            if look.decision and look.decision.trigger:
                self._queue.append(look)
        for name in self._watched.keys() - set(self._names or config.use_case_names()):
            del self._watched[name]

    def _start(self, wakeups: Wakeups) -> None:
        while self._queue and len(self._jobs) < self._most and not wakeups.stops:
            look = self._queue.popleft()
            watched = self._watched.get(look.name)
            if watched and look.decision and look.decision.trigger and watched.may_start():
                trigger = look.decision.trigger
                self._jobs[look.name] = RunSequence(watched, look, trigger, self._folder, self._lines)

    def _end_jobs(self) -> None:
        for name, job in list(self._jobs.items()):
            if job.is_over():
                del self._jobs[name]

    def _write_metrics(self) -> None:
        """Writes the metrics if they are a minute old, so that one can see that this process lives."""
        now = time.monotonic()
        if self._metrics_at is None or now - self._metrics_at >= _METRICS:
            self._metrics_at = now
            self._lines.problem("", " ".join(write_metrics()))

    def _seconds(self) -> float:
        """How long there is nothing to do."""
        now = clock.now()
        moments = [moment for each in self._watched.values() if (moment := each.wakes_at())]
        seconds = [(moment - now).total_seconds() for moment in moments]
        # A moment that has passed waits for a run to end, which wakes this process.
        coming = [each for each in seconds if each > 0]
        # A clock gives a little less than was waited for.
        return min([_LONGEST, *(each + 0.01 for each in coming)])

    def _stop(self, wakeups: Wakeups) -> None:
        """Lets runs end, or ends them; a second signal: at once."""
        self._queue.clear()
        if self._jobs:
            names = ", ".join(sorted(self._jobs))
            self._lines.write("", f"stopping: waits for the run of {names}; a second signal stops it at once")
        while self._jobs:
            for job in self._jobs.values():
                job.stop(at_once=wakeups.stops > 1)
            self._end_jobs()
            if self._jobs:
                wakeups.wait(_WHILE_STOPPING)


def start_problem(use_cases: Sequence[Watched]) -> PerennialError | None:
    """The error if the settings of all use cases are broken, so that there is nothing to run; else None."""
    broken = [watched.broken for watched in use_cases]
    return next(iter(broken), None) if all(broken) else None
