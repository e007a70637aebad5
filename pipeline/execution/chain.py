"""The chain's process as the runner sees it: started, told passes, ended with all that it began."""

import contextlib
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from perennial.errors import NodeFailed
from pipeline.config import REPOSITORY, UseCase, worker_environment
from pipeline.execution.run_log import RunLog
from pipeline.plan import Job, SpanPlan

_START: Final = "the start"


class Listener(Protocol):
    """Who is shown what the chain is doing."""

    def node(self, name: str, span: str) -> None:
        """A node began; `span` is empty for the half of the chain that trains."""

    def progress(self, done: int, total: int | None, unit: str) -> None:
        """The running node has done so much."""


@dataclass(frozen=True)
class Pass:
    """What became of one pass: its nodes, and what the failing one raised (None where none did)."""

    nodes: list[dict[str, Any]]
    failure: dict[str, str] | None

    def output(self, node: str, key: str) -> Path | None:
        """Folder of an output; None where the node did not put it out."""
        for found in self.nodes:
            if found["name"] == node:
                uris = found["outputs"].get(key) or [None]
                return Path(uris[0]) if uris[0] else None
        return None

    @property
    def failed_node(self) -> str:
        """Name of the node that failed, or of the first that was never reached; empty if all went well."""
        for state in ("FAILED", "SKIPPED"):
            for found in self.nodes:
                if found["state"] == state:
                    return str(found["name"])
        return ""


class Chain:
    """Runs passes of the chain in a process of its own, within a deadline."""

    def __init__(
        self,
        use_case: UseCase,
        log: Path,
        lock: int,
        listener: Listener,
        node_ended: Callable[[str], None],
    ) -> None:
        """Remembers how to start; nothing runs yet.

        Args:
            use_case: What the passes are of.
            log: File that all the process prints goes to.
            lock: Descriptor of the run's lock; the process holds it as well, so that the lock is free only
                when both are gone.
            listener: Who is shown how it goes.
            node_ended: Is told the name of a node as soon as it has ended well; a pass's last one it is not.
        """
        self._use_case = use_case
        self._log = log
        self._lock = lock
        self._listener = listener
        self._node_ended = node_ended
        self._temporary = use_case.root / "tmp"
        self._process: subprocess.Popen[str] | None = None
        self._printed: RunLog | None = None
        self._events = -1
        self._deadline = time.monotonic() + use_case.run.deadline

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
            env=worker_environment(self._temporary),
            stdin=subprocess.PIPE,
            stdout=self._printed.descriptor,
            stderr=subprocess.STDOUT,
            pass_fds=(writing, self._lock),
            start_new_session=True,
            text=True,
        )
        os.close(writing)
        self._events = reading
        self._send(self._use_case.model_dump_json())

    def run(self, job: Job) -> Pass:
        """Runs one pass to its end.

        Raises:
            NodeFailed: The process ended or the deadline passed in the middle; names the node.
        """
        self.start()
        node = _START
        self._send(job.model_dump_json())
        for event in self._until_deadline():
            if event is None:
                raise NodeFailed(
                    f"{node} ran past the deadline of {self._use_case.run.deadline:,} s and was ended.",
                    f"See {self._log}; raise run.deadline if it needs longer.",
                )
            if event["event"] == "node":
                if node != _START:
                    self._node_ended(node)
                node = event["name"]
                self._listener.node(node, job.work.span if isinstance(job.work, SpanPlan) else "")
            elif event["event"] == "progress":
                self._listener.progress(event["done"], event["total"], event["unit"])
            elif event["event"] == "broken":
                raise NodeFailed(f"{node} failed. {event['problem']}", event["remedy"])
            else:
                return Pass(event["nodes"], event["failure"])
        code = self._process.wait() if self._process else 0
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        raise NodeFailed(f"The chain's process was {how} at {node}.", f"See {self._log}.")

    def close(self) -> None:
        """Ends the process and all that it began; what a dead run's process left in its folder goes too."""
        if self._process is not None:
            self._end(self._process)
        shutil.rmtree(self._temporary, ignore_errors=True)

    def _end(self, process: "subprocess.Popen[str]") -> None:
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

    def _send(self, line: str) -> None:
        if self._process and self._process.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.write(line + "\n")
                self._process.stdin.flush()

    def _until_deadline(self) -> Iterator[dict[str, Any] | None]:
        """Events as they come; None once the deadline has passed; ends when the process does."""
        waiting = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self._events, selectors.EVENT_READ)
            while (left := self._deadline - time.monotonic()) > 0 and selector.select(left):
                block = os.read(self._events, 1 << 16)
                if not block:
                    return
                *lines, waiting = (waiting + block).split(b"\n")
                yield from map(json.loads, lines)
        yield None
