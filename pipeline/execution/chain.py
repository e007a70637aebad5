"""The chain as a run sees it: passes in, what became of their nodes out, within a deadline."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Protocol

from perennial.errors import NodeFailed
from pipeline.execution.messages import Broken, Message, NodeBegan, Pass, Progress
from pipeline.plan import DaysPlan, EffectsPlan, Job, SpanPlan

_START: Final = "the start"


class Listener(Protocol):
    """Who is shown what the chain is doing."""

    def node(self, name: str, span: str) -> None:
        """A node began; `span` is empty for the half of the chain that trains."""

    def progress(self, done: int, total: int | None, unit: str) -> None:
        """The running node has done so much."""


class ChainWorker(Protocol):
    """The process that runs TFX, at its edge: `ChainProcess`, and in tests one that follows a script."""

    def start(self) -> None:
        """Starts it, if it is not running."""

    def send(self, line: str) -> None:
        """Sends it a line: first the use case, which `start` sends, then one job for each pass."""

    def messages(self, deadline: float) -> Iterator[Message | None]:
        """What it answers; None once the deadline (of `time.monotonic`) has passed; ends when it does."""

    def wait(self) -> int:
        """Its exit code, once it has ended; below 0 where a signal ended it."""

    def end(self) -> None:
        """Ends it, with all that it began."""


class Chain:
    """Runs passes of the chain in a worker, within a deadline that counts from here."""

    def __init__(
        self,
        worker: ChainWorker,
        deadline: int,
        log: Path,
        listener: Listener,
        node_ended: Callable[[str], None],
    ) -> None:
        """Starts nothing yet.

        Args:
            worker: Runs the passes.
            deadline: Seconds from now that all passes together may take.
            log: Where the worker's output goes; messages name it.
            listener: Who is shown how it goes.
            node_ended: Is called with the name of a node as soon as it has ended well; not for a pass's last.
        """
        self._worker = worker
        self._seconds = deadline
        self._deadline = time.monotonic() + deadline
        self._log = log
        self._listener = listener
        self._node_ended = node_ended

    def run(self, job: Job) -> Pass:
        """Runs one pass to its end.

        Raises:
            NodeFailed: The process ended or the deadline passed in the middle; names the node.
        """
        self._worker.start()
        node = _START
        span = job.work.span if isinstance(job.work, SpanPlan | DaysPlan | EffectsPlan) else ""
        self._worker.send(job.model_dump_json())
        for message in self._worker.messages(self._deadline):
            match message:
                case NodeBegan(name=name):
                    if node != _START:
                        self._node_ended(node)
                    node = name
                    self._listener.node(node, span)
                case Progress():
                    self._listener.progress(message.done, message.total, message.unit)
                case Broken():
                    raise NodeFailed(f"{node} failed. {message.problem}", self._with_log(message.remedy))
                case Pass():
                    return self._naming_log(message)
                case None:
                    raise NodeFailed(
                        f"{node} ran past the deadline of {self._seconds:,} s and was stopped.",
                        f"See {self._log}; raise `run.deadline` if it needs more time.",
                    )
        code = self._worker.wait()
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"exited with code {code}"
        raise NodeFailed(f"The chain's process {how} at {node}.", f"See {self._log}.")

    def _naming_log(self, passed: Pass) -> Pass:
        """A node's failure whose cause is not the data says where its traceback is."""
        failure = passed.failure
        if failure is None or failure.kind != "node_failed":
            return passed
        named = failure.model_copy(update={"remedy": self._with_log(failure.remedy)})
        return passed.model_copy(update={"failure": named})

    def _with_log(self, remedy: str) -> str:
        return f"{remedy} The traceback is in {self._log}."

    def close(self) -> None:
        """Ends the worker."""
        self._worker.end()
