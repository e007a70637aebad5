"""Carries out an act of the plan: `schedule --once` or `run`, and what goes wrong meanwhile."""

import json
import subprocess
import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, Protocol

import psutil

from benchmarks.harness.code_copy import CodeCopy
from benchmarks.harness.resume import StepFailed
from benchmarks.proofs.year import dates
from benchmarks.proofs.year.faults import AT_POINT, RunWatch, run_of, strike, until
from benchmarks.proofs.year.home import YearHome
from benchmarks.proofs.year.plan import YearMoment
from pipeline.run import lock

_PATIENCE: Final = 900.0  # seconds that one act may take


@dataclass(frozen=True)
class ActReport:
    """How an act ended.

    Attributes:
        code: Its exit code; None where it is the look of a process that goes on.
        answer: Its JSON; None where it printed none.
        second_code: Exit code of the second schedule; None where there was none.
        second_answer: Its JSON.
        reached: Whether the run got as far as the point of the fault, and the fault took place.
        seconds: How long it took.
        errors: The end of what it printed on standard error, where it printed no JSON.
    """

    code: int | None = None
    answer: dict[str, Any] | None = None
    second_code: int | None = None
    second_answer: dict[str, Any] | None = None
    reached: bool = False
    seconds: float = 0.0
    errors: str = ""

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


class Started(Protocol):
    """A schedule that looks, or a run."""

    pid: int

    def is_over(self) -> bool:
        """Whether the look or the run has ended."""

    def end(self) -> tuple[int | None, dict[str, Any] | None, str]:
        """Waits for the end; gives exit code, JSON, and what was printed without it."""


class Actor:
    """Starts the commands of a year's use case."""

    def __init__(self, copy: CodeCopy, home: YearHome, name: str) -> None:
        self.copy, self.home, self.name = copy, home, name

    def command(self, now: datetime, *arguments: str) -> tuple[int, dict[str, Any] | None, str, float]:
        """Runs a command of the use case's code and home, as `timed_command` does."""
        return timed_command(self.copy, now, *arguments)

    def act(self, moment: YearMoment) -> ActReport:
        """Does what the plan says of a moment, after its events."""
        if moment.act == "none":
            return ActReport()
        now = dates.moment(moment.clock or moment.at) + self.ahead(dates.moment(moment.at))
        began = time.monotonic()
        root = self.home.home
        watch = RunWatch(root / "schedule" / f"{self.name}.log", root / self.name / "models")
        with self.home.full() if moment.fault == "disk_full" else nullcontext():
            started = self._start(moment, now)
            hit = moment.fault in AT_POINT and self._at_point(moment, started, watch)
            second_code, second_answer = self._hit(moment, started, now) if hit else (None, None)
            code, answer, errors = started.end()
        self.wait_for_calm()
        seconds = round(time.monotonic() - began, 2)
        reached = hit or moment.fault == "disk_full"
        return ActReport(
            code, answer, second_code, second_answer, reached, seconds, "" if answer else errors[-2000:]
        )

    def ahead(self, at: datetime) -> timedelta:
        """By how much the clock is ahead of the plan's at a time of it: not at all, where that is fixed."""
        del at
        return timedelta()

    def wait_for_calm(self) -> None:
        """Waits until no run is in progress, also none whose schedule is gone."""
        held = self.home.home / self.name / "lock"
        until_then = time.monotonic() + _PATIENCE
        while lock.is_held(held) or self.left_over():
            if time.monotonic() > until_then:
                raise StepFailed(f"A run of {self.name} has not ended in {_PATIENCE:.0f} s.")
            time.sleep(0.05)

    def left_over(self) -> list[psutil.Process]:
        """Processes in the home that ought to end by themselves."""
        return self.home.processes()

    def second(self, now: datetime) -> tuple[int, dict[str, Any] | None]:
        """Starts a second schedule for one look, while the first one or its run goes on."""
        code, answer, _ = OneCommand(self.copy, now, "schedule", "--once", self.name).end()
        return code, answer

    def _start(self, moment: YearMoment, now: datetime) -> Started:
        if moment.act == "schedule":
            return self.look(now)
        return OneCommand(self.copy, now, "run", self.name)

    def look(self, now: datetime) -> Started:
        """Starts a look of the schedule."""
        return OneCommand(self.copy, now, "schedule", "--once", self.name)

    def _at_point(self, moment: YearMoment, started: Started, watch: RunWatch) -> bool:
        return until(lambda: watch.has_reached(moment.point), started.is_over)

    def _hit(self, moment: YearMoment, started: Started, now: datetime) -> tuple[Any, Any]:
        if moment.fault == "two_daemons":
            return self.second(now)
        run = run_of(started.pid, self.name)
        if run is None:
            return None, None
        strike(moment.fault, started.pid, run)
        return self.second(now) if moment.fault == "kill_daemon" else (None, None)


def timed_command(
    copy: CodeCopy, now: datetime, *arguments: str
) -> tuple[int, dict[str, Any] | None, str, float]:
    """Runs a command with `--json` at a time of the clock; gives code, JSON, errors, seconds."""
    began = time.monotonic()
    code, answer, errors = OneCommand(copy, now, *arguments).end()
    return code, answer, errors, round(time.monotonic() - began, 3)


class OneCommand:
    """A command with `--json`, started at a time of the clock."""

    def __init__(
        self,
        copy: CodeCopy,
        now: datetime | None,
        *arguments: str,
        variables: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Starts it; `variables` are of its environment. Without a time it has the machine's."""
        self._arguments = arguments
        moment = {} if now is None else {"PERENNIAL_NOW": dates.text(now)}
        self._process = subprocess.Popen(
            copy.line(*arguments, "--json"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**copy.environment(("PERENNIAL_NOW",)), **moment, **variables},
            cwd="/",
        )
        self.pid = self._process.pid

    def is_over(self) -> bool:
        """Whether it has ended."""
        return self._process.poll() is not None

    def end(self) -> tuple[int, dict[str, Any] | None, str]:
        """Waits for its end; gives its exit code, its JSON (None: it printed none), and its errors."""
        try:
            output, errors = self._process.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            line = " ".join(self._arguments)
            raise StepFailed(f"`{line}` has not ended in {_PATIENCE:.0f} s.") from None
        lines = output.splitlines()
        try:
            answer = json.loads(lines[-1]) if lines else None
        except ValueError:  # it was killed while it printed
            answer = None
        return self._process.returncode, answer, errors.decode(errors="replace")
