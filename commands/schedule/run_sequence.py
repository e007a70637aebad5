"""The runs that one look at a use case starts, one after the other."""

import signal
import time
from pathlib import Path
from typing import Final

from commands.schedule.lines import Lines
from commands.schedule.run_process import RunEnd, RunProcess
from pipeline.schedule.watched import ScheduleLook, Watched
from pipeline.triggers import Trigger
from pipeline.verdict import EXIT_CODES

# Seconds that a run has to end after SIGTERM, before SIGKILL.
_GRACE: Final = 30
_GOES_ON: Final = (0, EXIT_CODES["DATA_BLOCKED"])


class RunSequence:
    """The runs of one look.

    Attributes:
        name: The use case.
        ends: How its runs ended so far.
    """

    def __init__(
        self, watched: Watched, look: ScheduleLook, trigger: Trigger, folder: Path, lines: Lines
    ) -> None:
        """Starts the first run; `folder` is where answers and logs of runs go."""
        self.name = look.name
        self.ends: list[RunEnd] = []
        self._watched = watched
        self._look = look
        self._trigger: Trigger = trigger
        self._folder = folder
        self._lines = lines
        self._waiting = list(look.through) or [""]
        self._is_cut = False
        self._process: RunProcess | None = None
        self._stop_at: float | None = None
        self._kill_at: float | None = None
        self._start()

    @property
    def exit_code(self) -> int:
        """The first code of its runs that is not 0; 0 where there is none."""
        return next((end.exit_code for end in self.ends if end.exit_code), 0)

    def is_over(self) -> bool:
        """Notes a run that has ended, and starts the next; whether all have ended and are recorded."""
        end = self._process.end() if self._process else None
        if self._process and end is None:
            self._press()
            return False
        if end is not None:
            self._note(end)
        if self._waiting:
            self._start()
            return False
        if self._is_cut:  # the spans that are left are found again at the next look
            return True
        end = self.ends[-1]
        if problem := self._watched.settle(self._look, end.exit_code, len(self.ends), end.reason):
            self._lines.write(self.name, problem)
        return True

    def stop(self, *, at_once: bool) -> None:
        """Lets the run that goes on end within `schedule.stop_within`, or not even that; starts no other."""
        self._is_cut = self._is_cut or bool(self._waiting)
        self._waiting = []
        use_case = self._look.use_case
        within = 0 if at_once or use_case is None else use_case.schedule.stop_within
        stop_at = time.monotonic() + within
        self._stop_at = min(stop_at, self._stop_at) if self._stop_at is not None else stop_at

    def _press(self) -> None:
        """Sends the signals that are due to a run that goes on after `stop`."""
        now = time.monotonic()
        if self._process and self._kill_at is not None and now >= self._kill_at:
            self._process.signal(signal.SIGKILL)
        elif self._process and self._kill_at is None and self._stop_at is not None and now >= self._stop_at:
            self._lines.write(self.name, "the run is stopped: SIGTERM")
            self._process.signal(signal.SIGTERM)
            self._kill_at = now + _GRACE

    def _start(self) -> None:
        through = self._waiting.pop(0)
        up_to = f" up to span {through}" if through else ""
        try:
            self._process = RunProcess(self._folder, self.name, self._trigger, through)
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            self._process = None
            self._note(RunEnd(None, None, 1, f"It could not start: {where}{error.strerror}.", 0.0))
        else:
            self._lines.write(self.name, f"run begins, {self._trigger}{up_to}")

    def _note(self, end: RunEnd) -> None:
        self._process = None
        self.ends.append(end)
        if end.exit_code not in _GOES_ON:
            self._waiting = []
        verdict = end.verdict or "no verdict"
        detail = f"; {end.reason}" if end.exit_code else ""
        self._lines.write(
            self.name, f"{verdict}, exit code {end.exit_code}, {end.seconds:.1f} s, {self._trigger}{detail}"
        )
