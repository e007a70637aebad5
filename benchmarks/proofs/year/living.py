"""A schedule that goes on under a clock that is set from outside: `schedule NAME`, not `schedule --once`."""

import importlib.util
import os
import signal
import subprocess
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psutil

from benchmarks.harness.code_copy import CodeCopy
from benchmarks.harness.resume import StepFailed
from benchmarks.proofs.year import dates
from benchmarks.proofs.year.acts import Actor, ActReport, OneCommand
from benchmarks.proofs.year.faults import lives
from benchmarks.proofs.year.home import YearHome
from benchmarks.proofs.year.plan import YearMoment

_LOOK: Final = 0.05  # seconds between two looks at the schedule
# So often in a row it must be seen to wait for what comes, without a run, until its look counts as over.
_CALM: Final = 6
_HOUR: Final = timedelta(hours=1)
_PATIENCE: Final = 900.0
# Seconds for which libfaketime goes on by the clock that it has read.
_CACHED: Final = 1
# Linux's numbers of the system calls in which a process waits (x86-64): select, pselect6, poll, ppoll.
_WAITS: Final = ("23", "270", "7", "271")


class LivingActor(Actor):
    """Has a living schedule do the looks; it is stopped (SIGSTOP) between them, as in a suspended machine.

    Its clock goes on at its usual pace from the moment of a look. SIGCHLD wakes it, so that nothing waits for
    the half minute after which it looks by itself.
    """

    def __init__(self, copy: CodeCopy, home: YearHome, name: str) -> None:
        """Starts nothing yet."""
        super().__init__(copy, home, name)
        self._clock = home.folder.parent / "clock"
        self._daemon: subprocess.Popen[bytes] | None = None
        self._last: datetime | None = None
        self._ahead = timedelta()

    def is_alive(self) -> bool:
        """Whether a schedule is there; of one that was killed, waits until all of its threads have ended."""
        if self._daemon is None:
            return False
        if self._daemon.poll() is None and not lives(psutil.Process(self._daemon.pid)):
            self._daemon.wait(timeout=_PATIENCE)
        return self._daemon.poll() is None

    def end(self) -> None:
        """Ends the schedule; a run that goes on may end."""
        if self._daemon is not None and self.is_alive():
            self._daemon.send_signal(signal.SIGTERM)
            self._daemon.send_signal(signal.SIGCONT)
            self._daemon.wait(timeout=_PATIENCE)
        self._daemon = None

    def act(self, moment: YearMoment) -> ActReport:
        """As `Actor.act`; the time that it takes passes on the clock of the schedule, too."""
        at = dates.moment(moment.at)
        ahead = self.ahead(at)
        report = super().act(moment)
        if moment.act == "schedule":
            self._last, self._ahead = at, ahead + timedelta(seconds=report.seconds)
        return report

    def ahead(self, at: datetime) -> timedelta:
        """What the looks of the last hour of the plan took: retries are due so much later."""
        return self._ahead if self._last is not None and at - self._last < _HOUR else timedelta()

    def look(self, now: datetime) -> "LivingLook":
        """Sets the clock and lets the schedule go on, started where none is alive."""
        aside = self._clock.with_suffix(".new")
        aside.write_text(f"{now.timestamp() - time.time():+.3f}\n")
        aside.replace(self._clock)
        if not self.is_alive():
            self._daemon = self._start_daemon()
        elif self._daemon is not None:
            time.sleep(_CACHED + 1)  # whole seconds are compared; then it reads the clock again
            self._daemon.send_signal(signal.SIGCONT)
        assert self._daemon is not None
        return LivingLook(self._daemon)

    def second(self, now: datetime) -> tuple[int, dict[str, Any] | None]:
        """A second schedule that would go on, as long as the first lives; one look after its death."""
        line = ("schedule", self.name) if self.is_alive() else ("schedule", "--once", self.name)
        code, answer, _ = OneCommand(self.copy, None, *line, variables=self._faked()).end()
        return code, answer

    def left_over(self) -> list[psutil.Process]:
        """All but the schedule."""
        daemon = self._daemon.pid if self._daemon else 0
        return [process for process in self.home.processes() if process.pid != daemon]

    def _start_daemon(self) -> "subprocess.Popen[bytes]":
        with (self.home.folder.parent / "daemon.log").open("ab") as lines:
            return subprocess.Popen(
                self.copy.line("schedule", self.name),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=lines,
                env={**self.copy.environment(("PERENNIAL_NOW",)), **self._faked()},
                cwd="/",
            )

    def _faked(self) -> dict[str, str]:
        return {
            "LD_PRELOAD": str(_library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._clock),
            # Not FAKETIME_NO_CACHE: to read the file at each question is not safe between threads, and
            # ended two of 25 trainings.
            "FAKETIME_CACHE_DURATION": str(_CACHED),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
            "TZ": "UTC",
        }


class LivingLook:
    """A look of a living schedule; over once it waits for what comes next, and none of its runs is left."""

    def __init__(self, daemon: "subprocess.Popen[bytes]") -> None:
        """Wakes the schedule."""
        self._daemon = daemon
        self.pid = daemon.pid
        self._switches = _switches(daemon.pid)
        self._calm = 0
        self._ready = False

    def is_over(self) -> bool:
        """Whether the look has ended, or the schedule."""
        if self._daemon.poll() is not None:
            return True
        if not self._is_waiting():
            self._calm = 0
        elif not self._ready:  # it has imported what it needs and handles the signal
            self._ready = True
            self._switches = _switches(self.pid)
            os.kill(self.pid, signal.SIGCHLD)
        elif _switches(self.pid) > self._switches:
            self._calm += 1
        time.sleep(_LOOK)
        return self._calm >= _CALM

    def end(self) -> tuple[int | None, dict[str, Any] | None, str]:
        """Waits for the end of the look and stops the schedule; its exit code only where it has ended."""
        until = time.monotonic() + _PATIENCE
        while not self.is_over():
            if time.monotonic() > until:
                raise StepFailed(f"The schedule (process {self.pid}) has not come to rest.")
        if self._daemon.poll() is None:
            self._daemon.send_signal(signal.SIGSTOP)
        return None, None, ""

    def _is_waiting(self) -> bool:
        """Whether the schedule waits, and has no child."""
        try:
            call = Path(f"/proc/{self.pid}/syscall").read_text().split()[0]
            return call in _WAITS and not psutil.Process(self.pid).children()
        except (OSError, psutil.Error):
            return False


def _library() -> Path:
    """The library of the package libfaketime, which has no types and is not imported.

    Raises:
        StepFailed: It is not installed.
    """
    spec = importlib.util.find_spec("libfaketime")
    if spec is None or spec.origin is None:
        raise StepFailed("The package libfaketime is not installed. Run `make setup`.")
    return Path(spec.origin).parent / "vendor" / "libfaketime" / "src" / "libfaketime.so.1"


def _switches(pid: int) -> int:
    """How often a process has begun to wait."""
    try:
        return int(psutil.Process(pid).num_ctx_switches().voluntary)
    except psutil.Error:
        return 0
