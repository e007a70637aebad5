"""A server from its start, through the proof that it scores as it should, to its end."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.harness.raw_rows import Row
from benchmarks.harness.resume import StepFailed
from benchmarks.speed.serving.rows import bodies
from benchmarks.speed.serving.subjects import Start, Subject
from pipeline.config import REPOSITORY

_READY_SECONDS: Final = 90.0
_READY_ANSWERS: Final = 20
_STOP_SECONDS: Final = 15.0
_TIMEOUT: Final = 10.0
TOLERANCE: Final = 1e-6


@contextlib.contextmanager
def running(subject: Subject, start: Start, log: Path, first: Row) -> Iterator[str]:
    """Starts a server, waits until every worker answers, gives its URL, and ends it and all that it began.

    Raises:
        StepFailed: It ended, or does not answer in time.
    """
    environment = {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "BENTOML_HOME": str(start.folder / "bentoml"),
        "BENTOML_DO_NOT_TRACK": "True",
    }
    with log.open("wb") as output:
        server = subprocess.Popen(
            subject.command(start),
            cwd=REPOSITORY if subject.name == "perennial" else start.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait(server, subject, start.ports[0], bodies([first], 1, subject.wrap)[0], log)
            yield f"http://127.0.0.1:{start.ports[0]}{subject.path}"
        finally:
            _end(server)


def check(
    subject: Subject, port: int, rows: Sequence[Row], expected: Sequence[float], size: int = 100
) -> float:
    """Asks for all rows in batches, and for some of them alone; gives the largest difference.

    Raises:
        StepFailed: A score is further than `TOLERANCE` from what is expected.
    """
    batches = [subject.scores(_ask(subject, port, body)) for body in bodies(rows, size, subject.wrap)]
    alone = [subject.scores(_ask(subject, port, body)) for body in bodies(rows[:size], 1, subject.wrap)]
    scores = [score for part in (*batches, *alone) for score in part]
    wanted = [*expected, *expected[:size]]
    if len(scores) != len(wanted):
        raise StepFailed(f"{subject.title} gave {len(scores)} scores for {len(wanted)} rows.")
    largest = max(abs(each - other) for each, other in zip(scores, wanted, strict=True))
    if not largest <= TOLERANCE:
        raise StepFailed(f"{subject.title}'s scores differ from the engine's by up to {largest:g}.")
    return largest


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on at this moment."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _wait(server: subprocess.Popen[bytes], subject: Subject, port: int, body: bytes, log: Path) -> None:
    give_up = time.monotonic() + _READY_SECONDS
    answers = 0
    while answers < _READY_ANSWERS:
        if server.poll() is not None or time.monotonic() > give_up:
            raise StepFailed(f"{subject.title} does not answer. Its log is {log}.")
        try:
            _ask(subject, port, body)
            answers += 1
        except (OSError, http.client.HTTPException, StepFailed):
            answers = 0
            time.sleep(0.2)


def _ask(subject: Subject, port: int, body: bytes) -> Any:
    """Asks on a connection of its own, so that any worker may take it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT)
    try:
        connection.request("POST", subject.path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read()
    finally:
        connection.close()
    if response.status != http.client.OK:
        raise StepFailed(f"{subject.title} answered {response.status}: {text[:300]!r}")
    return json.loads(text)


def _end(server: subprocess.Popen[bytes]) -> None:
    """Ends the server's session: politely, and what is left of it at once."""
    with contextlib.suppress(ProcessLookupError):
        server.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        server.wait(_STOP_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()
