"""The chain's process: started, sent lines, read until a deadline, ended with all that it began."""

import contextlib
import os
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from pipeline.config import REPOSITORY, UseCase, worker_environment
from pipeline.execution import messages
from pipeline.execution.messages import Message
from pipeline.execution.run_log import RunLog


class ChainProcess:
    """`pipeline.execution.worker` in a process of its own."""

    def __init__(self, use_case: UseCase, log: Path, lock: int) -> None:
        """Remembers how to start; nothing runs yet.

        Args:
            use_case: What the passes are of.
            log: File that all the process prints goes to.
            lock: Descriptor of the run's lock; the process holds it as well, so that the lock is free only
                when both are gone.
        """
        self._use_case = use_case
        self._log = log
        self._lock = lock
        self._temporary = use_case.root / "tmp"
        self._process: subprocess.Popen[str] | None = None
        self._printed: RunLog | None = None
        self._events = -1

    @property
    def pid(self) -> int | None:
        """The process's id, which is also its group's; None where it is not running."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Starts the process, if it is not running; its imports take seconds, so the earlier the better."""
        if self._process is not None:
            return
        # What dependencies leave in their temporary folder is swept here, whoever left it.
        shutil.rmtree(self._temporary, ignore_errors=True)
        self._temporary.mkdir(mode=0o700)
        reading, writing = os.pipe()
        self._printed = RunLog(self._log)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pipeline.execution.worker", str(writing), str(self._lock)],
            cwd=REPOSITORY,
            env=worker_environment(self._temporary, self._use_case.schedule.ping_url_env),
            stdin=subprocess.PIPE,
            stdout=self._printed.descriptor,
            stderr=subprocess.STDOUT,
            pass_fds=(writing, self._lock),
            start_new_session=True,
            text=True,
        )
        os.close(writing)
        self._events = reading
        self.send(self._use_case.model_dump_json())

    def send(self, line: str) -> None:
        """Sends a line; to a process that is gone it is lost, and `messages` ends."""
        if self._process and self._process.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.write(line + "\n")
                self._process.stdin.flush()

    def messages(self, deadline: float) -> Iterator[Message | None]:
        """Messages as they come; None once the deadline has passed; ends when the process does.

        Args:
            deadline: A moment of `time.monotonic`.
        """
        waiting = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self._events, selectors.EVENT_READ)
            while (left := deadline - time.monotonic()) > 0 and selector.select(left):
                block = os.read(self._events, 1 << 16)
                if not block:
                    return
                *lines, waiting = (waiting + block).split(b"\n")
                yield from map(messages.read, lines)
        yield None

    def wait(self) -> int:
        """Waits for the process, which ends; gives its exit code, as `subprocess` does."""
        return self._process.wait() if self._process else 0

    def end(self) -> None:
        """Ends the process and all that it began; what a dead run's process left in its folder goes too."""
        if self._process is not None:
            self._kill(self._process)
        shutil.rmtree(self._temporary, ignore_errors=True)

    def _kill(self, process: "subprocess.Popen[str]") -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(self._events)
        if process.stdin:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
        self._process = None
        if self._printed:
            self._printed.close()
