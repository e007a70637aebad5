"""Scores what has queued, in one thread beside the event loop: batches that wait for no timer."""

import asyncio
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import grpc

from serving.errors import ServingError
from serving.model.checks import RequestRows
from serving.model.engine import ScoredRows

# Rows of one call of the graph; a request of more is one call. More rows would make the first ones wait.
BATCH_ROWS: Final = 64


class BatchScorer(Protocol):
    """What scores the rows of several requests at once; `serving.model.models.LoadedVersion` does."""

    def score_requests(self, requests: Sequence[RequestRows]) -> list[ScoredRows]:
        """Of each request its scores."""


@dataclass(eq=False)
class _ScoringJob:
    """What one request asks of the thread: rows to be scored, or a call."""

    future: "asyncio.Future[Any]"
    scorer: BatchScorer | None = None
    rows: RequestRows = ()
    call: Callable[[], Any] | None = None


class ScoringThread:
    """One thread that runs graphs. All methods but `_run` belong to the event loop.

    While one batch runs, what comes queues; the next takes all of it (of one version, up to BATCH_ROWS).
    So a lone request waits for nothing, and under load batches grow by themselves.
    """

    def __init__(self, max_waiting: int, on_batch: Callable[[Any, int, int, float], None]) -> None:
        """Starts the thread.

        Args:
            max_waiting: Requests that may wait; one more is refused.
            on_batch: Told the scorer, the rows, how many requests waited and the seconds of each batch.
        """
        self._loop = asyncio.get_running_loop()
        self._max_waiting = max_waiting
        self._on_batch = on_batch
        self._waiting: deque[_ScoringJob] = deque()
        self._busy = False
        self._work: queue.SimpleQueue[list[_ScoringJob] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="scoring", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Requests that wait."""
        return len(self._waiting)

    async def score(self, scorer: BatchScorer, rows: RequestRows, timeout: float) -> Any:
        """Scores the rows of one request: `engine.ScoredRows`.

        Raises:
            ServingError: RESOURCE_EXHAUSTED: too many wait; DEADLINE_EXCEEDED.
            InputError: The graph fails at these rows or at those of a request beside them.
        """
        return await self._submit(_ScoringJob(self._loop.create_future(), scorer, rows), timeout)

    async def run(self, call: Callable[[], Any], timeout: float) -> Any:
        """Runs `call` in the thread and gives what it returns or raises.

        Raises:
            ServingError: As `score`.
        """
        return await self._submit(_ScoringJob(self._loop.create_future(), call=call), timeout)

    async def close(self) -> None:
        """Ends the thread after what waits."""
        while self._busy:
            await asyncio.sleep(0.005)
        self._work.put(None)
        await asyncio.to_thread(self._thread.join)

    async def _submit(self, job: _ScoringJob, timeout: float) -> Any:
        if len(self._waiting) >= self._max_waiting:
            raise ServingError(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                f"The queue is full ({self._max_waiting} requests wait). Retry later.",
            )
        self._waiting.append(job)
        self._next()
        expiry = self._loop.call_later(timeout, _expire, job.future, timeout)
        try:
            return await job.future
        finally:
            expiry.cancel()

    def _next(self) -> None:
        if not self._busy and (batch := self._take()):
            self._busy = True
            self._work.put(batch)

    def _take(self) -> list[_ScoringJob]:
        batch: list[_ScoringJob] = []
        rows = 0
        while self._waiting:
            job = self._waiting[0]
            if job.future.done():  # its deadline has passed, or its client is gone
                self._waiting.popleft()
                continue
            if batch and (job.scorer is not batch[0].scorer or rows + len(job.rows) > BATCH_ROWS):
                break
            batch.append(self._waiting.popleft())
            rows += len(job.rows)
            if job.scorer is None:
                break
        return batch

    def _run(self) -> None:
        while batch := self._work.get():
            started = time.perf_counter()
            results = _results(batch)
            seconds = time.perf_counter() - started
            self._loop.call_soon_threadsafe(self._done, batch, results, seconds)

    def _done(self, batch: list[_ScoringJob], results: list[Any], seconds: float) -> None:
        self._busy = False
        waiting = len(self._waiting)
        self._next()
        for job, result in zip(batch, results, strict=True):
            if job.future.done():
                continue
            if isinstance(result, Exception):
                job.future.set_exception(result)
            else:
                job.future.set_result(result)
        if batch[0].scorer:
            self._on_batch(batch[0].scorer, sum(len(job.rows) for job in batch), waiting, seconds)


def _results(batch: list[_ScoringJob]) -> list[Any]:
    """A result or an exception for each job."""
    try:
        if batch[0].call:
            return [batch[0].call()]
        if batch[0].scorer:
            return list(batch[0].scorer.score_requests([job.rows for job in batch]))
    except Exception as error:  # the edge of the thread: each request answers with it
        if len(batch) == 1:
            return [error]
        # One request's rows fail the graph: the others must not.
        return [_results([job])[0] for job in batch]
    return []


def _expire(future: "asyncio.Future[Any]", timeout: float) -> None:
    if not future.done():
        future.set_exception(
            ServingError(
                grpc.StatusCode.DEADLINE_EXCEEDED, f"The request timed out after {timeout:g} seconds."
            )
        )
