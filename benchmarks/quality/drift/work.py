"""Does the pieces of work of one table: what matters most is done first."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.quality.drift import processes
from benchmarks.quality.drift.children import run_tools
from benchmarks.quality.drift.jobs import PlantJob, write_rows
from benchmarks.quality.drift.ours import items_by_first
from benchmarks.quality.drift.places import TablePlaces, item_key, replica_key
from benchmarks.quality.drift.plan import BenchPlan
from benchmarks.quality.drift.processes import JobKey, MakeTable, OutOfTime, Piece, do_pieces
from benchmarks.quality.drift.replicas import replica_rows, source_days
from benchmarks.quality.drift.tables import DAY, DatedTable

OTHERS: Final = "others"
OURS: Final = "ours"


class TableWorker:
    """The work of one table."""

    def __init__(
        self,
        make: MakeTable,
        table: DatedTable,
        plan: BenchPlan,
        home: Path,
        environments: Path,
        until: float,
    ) -> None:
        """Takes up what was done before.

        Args:
            make: Makes the table, in another process.
            table: The table.
            plan: How much is measured.
            home: Folder of everything.
            environments: Folder of the tools' environments.
            until: `time.time()` from which on no piece of work is begun.
        """
        self._make, self._table, self._plan = make, table, plan
        self._places = TablePlaces(home / table.name)
        self._environments, self._until = environments, until

    def run(self, parts: Iterable[str]) -> None:
        """Does everything that is not done.

        Args:
            parts: `others`: the oracle and the other tools; `ours`.

        Raises:
            OutOfTime: There is more to do.
        """
        jobs = [job for period in self._plan.periods for job in self._plan.jobs(self._table, period)]
        if OURS in parts:
            self._do(self._of_replicas())
        if OTHERS in parts:
            self._write_rows()
            self._do(self._of_oracle(jobs))
        if OURS in parts:
            for period in self._plan.periods:
                self._do(self._of_plants([job for job in jobs if job.period == period], period))
        if OTHERS in parts:
            self._tools(jobs)

    def _do(self, pieces: Iterable[Piece]) -> None:
        do_pieces(pieces, self._make, self._plan.seed, self._until)

    def _write_rows(self) -> None:
        """Writes clean rows; what is the same again changes no digest."""
        table = self._table
        write_rows(self._places.real, table, table.rows, months=True)
        for number in range(self._plan.tool_replicas):
            chance = np.random.default_rng([self._plan.seed, 1000 + number])
            sources = source_days(table.days, table.days, chance)
            rows = replica_rows(table.rows, table.bounds(), sources, DAY)
            write_rows(self._places.replica(number), table, rows, months=True)

    def _of_replicas(self) -> list[Piece]:
        done = self._places.ours
        replicas = [
            Piece(replica_key(number), done, partial(processes.replica, number))
            for number in range(self._plan.replicas)
        ]
        return [Piece("year", done, processes.year), *replicas]

    def _of_oracle(self, jobs: Iterable[PlantJob]) -> list[Piece]:
        """Writing the plants, and what the oracle makes of them."""
        folder, done = self._places.real, self._places.oracle
        return [
            Piece(job.name, done, partial(processes.write_and_ask, JobKey.of(job), folder)) for job in jobs
        ]

    def _of_plants(self, jobs: list[PlantJob], period: str) -> list[Piece]:
        """Ours on all plants of an item together, as they have one history."""
        pieces = []
        for item in items_by_first(jobs, self._table):
            of_item = [job for job in jobs if item in job.items]
            work = partial(processes.plants, item, [JobKey.of(job) for job in of_item])
            pieces.append(Piece(item_key(period, item, of_item), self._places.ours, work))
        return pieces

    def _tools(self, jobs: list[PlantJob]) -> None:
        waiting = self._places.tool_jobs(self._plan, jobs)
        run_tools(waiting, self._environments, self._places.todo, self._until)
        if any(job.result() is None for job in waiting):
            raise OutOfTime
