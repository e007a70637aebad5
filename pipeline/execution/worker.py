"""The process that runs TFX: takes passes of the chain as JSON lines, and answers in messages.

It is apart from the process that decides and keeps the ledger, so that a user's function which exits, hangs
or is killed can neither end a run without a verdict nor leave the terminal full of noise.
"""

import json
import logging
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from absl import logging as absl_logging
from tfx.orchestration.local.local_dag_runner import LocalDagRunner
from tfx.orchestration.pipeline import Pipeline

from components.serving_probe.process import ProbeProcess
from perennial import progress
from perennial.disk import FULL, reports_full_disk
from perennial.errors import (
    FewerRows,
    FileRefused,
    LabelsMissing,
    PerennialError,
    SpanChanged,
    SpanRefused,
)
from pipeline.config import LOCAL_BEAM_ARGS, UseCase
from pipeline.execution.lineage import Lineage
from pipeline.execution.messages import (
    Broken,
    Failure,
    FailureKind,
    Message,
    NodeBegan,
    Pass,
    Progress,
)
from pipeline.pipeline import create_pipeline
from pipeline.plan import Job, WindowPlan

_MASK = "(not shown)"


class _Sender:
    """Writes messages as JSON lines."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def __call__(self, message: Message) -> None:
        self._stream.write(message.model_dump_json() + "\n")
        self._stream.flush()

    def progress(self, done: int, total: int | None, unit: str) -> None:
        self(Progress(done=done, total=total, unit=unit))


class _NodeWatcher(logging.Handler):
    """Sends which node LocalDagRunner is at: it says so in its log and in no other way."""

    def __init__(self, send: _Sender) -> None:
        super().__init__(logging.INFO)
        self._send = send

    def emit(self, record: logging.LogRecord) -> None:
        if record.msg == "Component %s is running." and isinstance(record.args, tuple):
            self._send(NodeBegan(name=str(record.args[0])))


class _Masking(logging.Filter):
    """Takes the values of a user's Beam options out of what TFX logs: one may be a key."""

    def __init__(self, beam_pipeline_args: Sequence[str]) -> None:
        super().__init__()
        own = (argument for argument in beam_pipeline_args if argument not in LOCAL_BEAM_ARGS)
        plain = {argument.partition("=")[2] if "=" in argument else argument.lstrip("-") for argument in own}
        # Longest first: one may hold another. The second form is how protos and JSON write a text.
        forms = {form for one in plain if one for form in (one, json.dumps(one)[1:-1])}
        self._values = sorted(forms, key=len, reverse=True)

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        masked = message
        for value in self._values:
            masked = masked.replace(value, _MASK)
        if masked != message:
            record.msg, record.args = masked, None
        return True


def run_job(use_case: UseCase, job: Job) -> Pass:
    """Runs one pass of the chain; gives what became of its nodes, and what the failing one raised."""
    if isinstance(job.work, WindowPlan):
        ProbeProcess.start_ahead(job.work.serving_python)
    return run_pipeline(create_pipeline(use_case, job), use_case.root)


def run_pipeline(pipeline: Pipeline, root: Path) -> Pass:
    """As `run_job`, for a pipeline with its MLMD file and artifacts below a use case's root."""
    lineage = Lineage(str(root / "metadata.db"))
    before, began = lineage.last_context(), _cpu_seconds()
    failure = None
    try:
        LocalDagRunner().run(pipeline)
    except (Exception, SystemExit) as error:
        traceback.print_exc()
        failure = _failure(error)
    names = [node.id for node in pipeline.components]
    nodes = lineage.nodes(names, after=before, failed=failure is not None)
    # Where a node failed the run ends, and sweeps once it has made room: the disk may be full.
    if failure is None or failure.kind != "node_failed":
        lineage.sweep(root / "artifacts")
    return Pass(nodes=tuple(nodes), failure=failure, cpu_seconds=_cpu_seconds() - began)


def _cpu_seconds() -> float:
    """Processor time of this process so far, all threads, and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _failure(error: BaseException) -> Failure:
    """What a person reads of an exception: its two sentences if it is one of ours, else that it is a bug."""
    full = False
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, PerennialError):
            facts = cause.facts if isinstance(cause, FewerRows) else {}
            return Failure(kind=_kind(cause), problem=cause.problem, remedy=cause.remedy, facts=facts)
        full = full or reports_full_disk(str(cause))
        cause = cause.__cause__ or cause.__context__
    if full:
        return Failure(kind="node_failed", problem=FULL, remedy="Free disk space, then run again.")
    problem = f"Unexpected error: {type(error).__name__}."
    remedy = "Report it, if the traceback does not show the cause."
    return Failure(kind="node_failed", problem=problem, remedy=remedy)


def _kind(error: PerennialError) -> FailureKind:
    if isinstance(error, SpanChanged):
        return "span_changed"
    if isinstance(error, FewerRows):
        return "fewer_rows"
    if isinstance(error, LabelsMissing):
        return "labels_missing"
    return "span_refused" if isinstance(error, FileRefused | SpanRefused) else "node_failed"


def _lines_until_orphaned() -> "queue.SimpleQueue[str]":
    """Lines of standard input; once it ends, the run that gave the work is gone, and so is this group."""
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def read() -> None:
        for line in sys.stdin:
            lines.put(line)
        os.killpg(os.getpgid(0), signal.SIGKILL)

    threading.Thread(target=read, daemon=True).start()
    return lines


def _keep_from_children(*descriptors: int) -> None:
    """Lets no process that a user's function starts hold the lock, or seem to be this one when it is gone."""

    def close() -> None:
        for descriptor in descriptors:
            os.close(descriptor)

    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    os.register_at_fork(after_in_child=close)


def main() -> None:
    """Takes the use case and then one job a line from standard input, until that ends.

    Answers go to the file descriptor named first on the command line: standard output belongs to users'
    functions. The second one is the run's lock, which is held and never touched.
    """
    events, lock = (int(argument) for argument in sys.argv[1:])
    _keep_from_children(events, lock)
    send = _Sender(os.fdopen(events, "w", encoding="utf-8"))
    lines = _lines_until_orphaned()
    use_case = UseCase.model_validate_json(lines.get())
    progress.listen(send.progress)
    absl_logging.use_absl_handler()
    absl_logging.get_absl_handler().addFilter(_Masking(use_case.beam_pipeline_args))
    absl_logging.set_verbosity(absl_logging.INFO)
    absl_logging.get_absl_logger().addHandler(_NodeWatcher(send))
    while True:
        job = Job.model_validate_json(lines.get())
        try:
            answer: Message = run_job(use_case, job)
        except Exception as error:  # a process's edge: MLMD itself failed, so no node can be asked
            traceback.print_exc()
            failure = _failure(error)
            answer = Broken(problem=failure.problem, remedy=failure.remedy)
        send(answer)


if __name__ == "__main__":
    main()
