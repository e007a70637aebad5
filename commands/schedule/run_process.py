"""A run as a child process of the schedule, in a session of its own: it survives whoever started it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final, NamedTuple

from pipeline.config import REPOSITORY
from pipeline.triggers import Trigger

# What the runs of a use case print is kept up to this, and as much of what was before.
_LOG_BYTES: Final = 1 << 20


class RunEnd(NamedTuple):
    """How a run ended: its id and verdict (None where it gave no answer), exit code, reason, and seconds."""

    run_id: str | None
    verdict: str | None
    exit_code: int
    reason: str
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """The run in the answer of `schedule --once`."""
        return {"run_id": self.run_id, "verdict": self.verdict, "exit_code": self.exit_code}


class RunProcess:
    """One `run NAME`, started."""

    def __init__(self, folder: Path, name: str, trigger: Trigger, through: str) -> None:
        """Starts the run.

        Args:
            folder: Where its answer and its log go: `NAME.json` and `NAME.log`.
            name: The use case.
            trigger: What starts it.
            through: The last span that it reads; empty: the newest.

        Raises:
            OSError: It cannot be started, or the files cannot be made.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._answer = folder / f"{name}.json"
        self._log = log = folder / f"{name}.log"
        if log.exists() and log.stat().st_size > _LOG_BYTES:
            log.replace(folder / f"{name}.log.1")
        arguments = ["run", name, "--trigger", trigger, "--json"]
        arguments += ["--through", through] if through else []
        with self._answer.open("wb") as answer, log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, str(REPOSITORY / "local_runner.py"), *arguments],
                cwd=REPOSITORY,
                stdin=subprocess.DEVNULL,
                stdout=answer,
                stderr=errors,
                start_new_session=True,
            )
        self._began = time.monotonic()

    def end(self) -> RunEnd | None:
        """How it ended; None while it goes on."""
        code = self._process.poll()
        if code is None:
            return None
        seconds = time.monotonic() - self._began
        try:
            answer = json.loads(self._answer.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            answer = {}
        if code < 0:
            name = signal.Signals(-code).name
            return RunEnd(answer.get("run_id"), None, 1, f"The run was killed by {name}.", seconds)
        reason = answer.get("reason") or answer.get("error") or f"It gave no answer; its log is {self._log}."
        return RunEnd(answer.get("run_id") or None, answer.get("verdict"), code, reason, seconds)

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal: SIGTERM to the run, which ends FAILED; SIGKILL to all of its session."""
        with contextlib.suppress(ProcessLookupError):
            if number == signal.SIGKILL:
                os.killpg(self._process.pid, number)
            else:
                self._process.send_signal(number)
