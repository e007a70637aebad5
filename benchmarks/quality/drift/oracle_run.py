"""Judges plants by the oracle."""

from typing import Any

import numpy as np

from benchmarks.quality.drift import oracle
from benchmarks.quality.drift.jobs import PlantJob
from benchmarks.quality.drift.oracle import SeenBefore, Statistic
from benchmarks.quality.drift.plants import Plant, whole_rows
from benchmarks.quality.drift.tables import DAY, DatedTable


class OracleRun:
    """The oracle with what it knows of a table's clean days; values are computed once."""

    def __init__(self, table: DatedTable) -> None:
        """Knows nothing yet."""
        self._table = table
        self._bounds = table.bounds()
        self._seen: dict[str, SeenBefore] = {}
        self._values: dict[tuple[str, str], oracle.Floats] = {}

    def judge(self, job: PlantJob, plant: Plant) -> bool | None:
        """Whether the oracle alarms for a plant after the clean days before; None where none can see it."""
        if job.kind.oracle is None:
            return None
        statistic = job.kind.oracle(self._table, plant.target)
        values, seen = self._clean(statistic)
        rows = whole_rows(self._table, self._bounds, plant)
        days = [rows[rows[DAY] == day] for day in range(plant.first, plant.first + plant.days)]
        planted = np.array([self._value(statistic, seen, day, plant.first) for day in days])
        history = values[: plant.first]
        return oracle.detects(history, planted, statistic.direction, oracle.ONE_IN)

    def _value(self, statistic: Statistic, seen: SeenBefore, rows: Any, first: int) -> float:
        return statistic.measure(rows, seen, first) if len(rows) or not statistic.column else np.nan

    def _clean(self, statistic: Statistic) -> tuple[oracle.Floats, SeenBefore]:
        column = statistic.column
        if column not in self._seen:
            rows = self._table.rows
            self._seen[column] = (
                oracle.seen_in(rows, DAY, column, self._table.days)
                if column
                else SeenBefore({}, np.zeros(0), np.zeros(0))
            )
        key = statistic.name, column
        if key not in self._values:
            self._values[key] = oracle.values_by_day(
                self._table.rows, self._bounds, statistic, self._seen[column]
            )
        return self._values[key], self._seen[column]
