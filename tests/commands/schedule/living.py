"""A living schedule in a copy of the code, with a clock that tests set."""

import contextlib
import importlib.util
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Final

import psutil

from benchmarks.harness.code_copy import CodeCopy

# Where the package `libfaketime` has the library; the package itself is for this process's own clock.
_SPEC: Final = importlib.util.find_spec("libfaketime")
_LIBRARY: Final = Path(_SPEC.origin or "" if _SPEC else "").parent / "vendor/libfaketime/src/libfaketime.so.1"
_PATIENCE: Final = 30.0


class Living(CodeCopy):
    """The code, its home, and the processes that a test starts."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "code", folder / "home")
        self._clock = folder / "clock"
        self._lines = folder / "lines"
        self._daemons: list[subprocess.Popen[bytes]] = []
        self.renew()
        self._yaml = (self.code / "pipeline/use_cases/flights.yaml").read_text()

    def configure(self, name: str, schedule: str) -> None:
        """Writes a use case like flights, with a section `schedule` (in one line)."""
        (self.code / f"pipeline/use_cases/{name}.yaml").write_text(f"{self._yaml}\nschedule: {schedule}\n")
        for folder, ending in (("schemas", "pbtxt"), ("transforms", "py"), ("models", "py")):
            target = self.code / folder / f"{name}.{ending}"
            if not target.exists():
                target.write_text((self.code / folder / f"flights.{ending}").read_text())

    def set_clock(self, text: str) -> None:
        """Sets the clock of all processes, also of those that run: `2013-04-02 05:29:58`, in UTC."""
        moment = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc)
        aside = self._clock.with_name("clock.new")
        aside.write_text(f"{moment.timestamp() - time.time():+.3f}\n")
        aside.replace(self._clock)

    def environment(self, unset: Any = ()) -> dict[str, str]:
        fake = {
            "LD_PRELOAD": str(_LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self._clock),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
            "TZ": "UTC",
        }
        return {**super().environment(unset), **fake}

    def daemon(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Starts the schedule; what it prints is in `lines`."""
        self._lines.write_bytes(b"")
        with self._lines.open("ab") as lines:
            process = subprocess.Popen(
                self.line("schedule", *arguments),
                stdout=subprocess.DEVNULL,
                stderr=lines,
                env=self.environment(),
                cwd="/",
            )
        self._daemons.append(process)
        return process

    def command(self, *arguments: str) -> tuple[int, Any]:
        """Runs a command with `--json`; gives its exit code and what it answered."""
        done = subprocess.run(
            self.line(*arguments, "--json"), capture_output=True, env=self.environment(), cwd="/"
        )
        return done.returncode, json.loads(done.stdout.splitlines()[-1])

    @property
    def lines(self) -> list[str]:
        """What the last daemon printed, without the times."""
        return [line.partition(" ")[2] for line in self._lines.read_text().splitlines()]

    def wait_for(self, is_so: Callable[[], bool]) -> None:
        """Waits until something is so."""
        until = time.monotonic() + _PATIENCE
        while not is_so():
            assert time.monotonic() < until, self._lines.read_text()
            time.sleep(0.01)

    def count(self, text: str) -> int:
        """In how many of the daemon's lines a text is."""
        return sum(text in line for line in self.lines)

    def held_run(self, name: str) -> psutil.Process:
        """The run of a use case, once it holds the lock; it is stopped (SIGSTOP) until `go_on`."""
        lock = self.home / name / "lock"
        self.wait_for(lambda: lock.is_file() and lock.read_text().endswith("}"))
        process = psutil.Process(json.loads(lock.read_text())["pid"])
        process.send_signal(signal.SIGSTOP)
        return process

    def end_all(self) -> None:
        """Ends what a failed test has left running."""
        for process in self._daemons:
            with contextlib.suppress(psutil.NoSuchProcess):
                for each in psutil.Process(process.pid).children(recursive=True):
                    each.kill()
            process.kill()
            process.wait()


@contextlib.contextmanager
def living(folder: Path) -> Iterator[Living]:
    """A living schedule whose processes end with the test."""
    made = Living(folder)
    try:
        yield made
    finally:
        made.end_all()
        for process in psutil.process_iter(["environ"]):
            environ = process.info["environ"] or {}
            if environ.get("PERENNIAL_HOME") == str(made.home) and process.pid != os.getpid():
                process.kill()
