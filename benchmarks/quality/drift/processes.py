"""The oracle's work and ours in two processes: each makes the table once, and does piece after piece."""

import functools
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from benchmarks.harness.resume import Done
from benchmarks.quality.drift.jobs import PlantJob, write_job
from benchmarks.quality.drift.oracle_run import OracleRun
from benchmarks.quality.drift.ours import Ours
from benchmarks.quality.drift.own_kinds import KINDS
from benchmarks.quality.drift.tables import DatedTable

PROCESSES: Final = 2
MakeTable = Callable[[], DatedTable]


class OutOfTime(Exception):
    """No new piece of work is begun."""


@dataclass(frozen=True)
class Piece:
    """A piece of work.

    Attributes:
        key: Of its result.
        done: Where its result goes.
        work: One of this module's functions with its arguments, to be called in the other process.
    """

    key: str
    done: Done
    work: Callable[[], dict[str, Any]]


def do_pieces(pieces: Iterable[Piece], make: MakeTable, seed: int, until: float) -> None:
    """Does what is not done yet, in order, in two processes.

    Args:
        pieces: What is to be done.
        make: Makes the table.
        seed: All chance follows from it.
        until: `time.time()` from which on none is begun.

    Raises:
        OutOfTime: There is more to do.
    """
    waiting = (piece for piece in pieces if piece.done.get(piece.key) is None)
    first = next(waiting, None)
    if first is None:
        return
    context = get_context("spawn")  # a fork of a process with threads can hang
    with ProcessPoolExecutor(PROCESSES, context, _start, (make, seed)) as pool:
        _do_all(_chained(first, waiting), pool, until)


def _do_all(pieces: Iterator[Piece], pool: ProcessPoolExecutor, until: float) -> None:
    running: dict[Future[dict[str, Any]], Piece] = {}
    for piece in pieces:
        if time.time() > until:
            _take(running, wait(running)[0])
            raise OutOfTime
        running[pool.submit(_timed, piece.work)] = piece
        if len(running) > PROCESSES:
            _take(running, wait(running, return_when=FIRST_COMPLETED)[0])
    _take(running, wait(running)[0])


def _chained(first: Piece, others: Iterator[Piece]) -> Iterator[Piece]:
    yield first
    yield from others


def _take(running: dict[Future[dict[str, Any]], Piece], ended: Iterable[Future[dict[str, Any]]]) -> None:
    for future in list(ended):
        piece = running.pop(future)
        result = piece.done.add(piece.key, future.result())
        print(f"{piece.key}: {result['cpu_seconds']} s CPU", file=sys.stderr, flush=True)


class _Place:
    """What a process has of the table."""

    def __init__(self, make: MakeTable, seed: int) -> None:
        self.table = make()
        self.seed = seed

    @functools.cached_property
    def ours(self) -> Ours:
        return Ours(self.table, self.seed)

    @functools.cached_property
    def oracle(self) -> OracleRun:
        return OracleRun(self.table)


_places: list[_Place] = []


def _start(make: MakeTable, seed: int) -> None:
    _places[:] = [_Place(make, seed)]


def _timed(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    began = time.process_time()
    return {"of": work(), "cpu_seconds": round(time.process_time() - began, 2)}


@dataclass(frozen=True)
class JobKey:
    """A `PlantJob` by names, as a process can be sent it."""

    kind: str
    share: float
    period: str
    first: int
    last: int

    @staticmethod
    def of(job: PlantJob) -> "JobKey":
        """The key of a job."""
        return JobKey(job.kind.name, job.share, job.period, job.items.start, job.items.stop)

    @property
    def job(self) -> PlantJob:
        """The job of the key."""
        return PlantJob(KINDS[self.kind], self.share, self.period, range(self.first, self.last))


def write_and_ask(key: JobKey, folder: Path) -> dict[str, Any]:
    """Writes the plants of a job for the other tools; gives what they are, and what the oracle finds.

    Where a few rows are too few for the damage, as for two rows that change places, there are no plants.
    """
    place = _places[0]
    plants = key.job.plants(place.table, place.seed)
    if plants:
        write_job(folder, key.job, place.table, plants)
    return {
        "found": {str(plant.item): place.oracle.judge(key.job, plant) for plant in plants},
        "columns": {str(plant.item): plant.target.columns for plant in plants},
        "first": {str(plant.item): plant.first for plant in plants},
    }


def year() -> dict[str, Any]:
    """Ours on the real year."""
    return {"alarms": _places[0].ours.year()}


def replica(number: int) -> dict[str, Any]:
    """Ours on a replica."""
    return _places[0].ours.replica(number)


def plants(item: int, keys: Sequence[JobKey]) -> dict[str, Any]:
    """Ours on the plants of an item of several jobs, which have one history; by `plants_key`."""
    return {plants_key(key.job): _places[0].ours.plant(key.job, item) for key in keys}


def plants_key(job: PlantJob) -> str:
    """Of the plants of a kind and share in ours' result on an item."""
    return f"{job.kind.name} {job.share:g}"
