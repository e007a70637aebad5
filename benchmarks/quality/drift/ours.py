"""Ours on the same rows: summaries of the days, a calibration on the days before, a judgement."""

import functools
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from tensorflow_metadata.proto.v0 import schema_pb2

from benchmarks.quality.drift.jobs import PlantJob
from benchmarks.quality.drift.plants import MONTHLY, whole_rows
from benchmarks.quality.drift.replicas import source_days
from benchmarks.quality.drift.tables import DAY, DatedTable
from perennial.drift.alarm_records import Alarm
from perennial.drift.calibration import LEAST_DAYS, Calibration, calibrate
from perennial.drift.day_summaries import DayTable
from perennial.drift.rate import Rate
from perennial.drift.summarise import days_of

STATED: Final = Rate.parse("1 per 90 days")
WARM_DAYS: Final = 365  # of a replica, calibrated on before the first is judged
JUDGED_DAYS: Final = 360
STEP_DAYS: Final = 90  # then it calibrates anew
YEAR_STEP_DAYS: Final = 30  # the same of the real year, whose history is short at first
HISTORY_DAYS: Final = 400
_TIME: Final = "_date"


class Ours:
    """Judges plants, replicas and the real year of a table."""

    def __init__(self, table: DatedTable, seed: int) -> None:
        """Summarises the real days."""
        self._table = table
        self._seed = seed
        self._bounds = table.bounds()
        self._schema = _schema_of(table)
        self._real = self._summarised(table.rows)
        self._calibrated_before = functools.lru_cache(maxsize=2)(self._calibrate)

    def _summarised(self, rows: Any) -> DayTable:
        table = self._table
        dates = np.datetime_as_string(table.first + rows[DAY].to_numpy().astype("timedelta64[D]"))
        arrays = {_TIME: pa.array(dates).cast(pa.binary())}
        for name in table.columns:
            text = name in table.text
            array = pa.array(rows[name], pa.string() if text else pa.float32(), from_pandas=True)
            arrays[name] = array.cast(pa.binary()) if text else array
        return days_of(pa.table(arrays), self._schema, _TIME)

    def _calibrate(self, first: int) -> Calibration:
        return calibrate(self._real.only(np.arange(len(self._real.days)) < first), STATED)

    def plant(self, job: PlantJob, item: int) -> dict[str, Any] | None:
        """Judges one plant after the clean days before it; None where the job has no such plant.

        Returns:
            `alarms`: for each its columns, strongest first, and its strongest measure.
        """
        one = PlantJob(job.kind, job.share, job.period, range(item, item + 1))
        plants = one.plants(self._table, self._seed)
        if not plants:
            return None
        (plant,) = plants
        days = self._summarised(whole_rows(self._table, self._bounds, plant))
        judged = self._calibrated_before(plant.first).judge(days)
        return {"alarms": [_alarm(alarm) for alarm in judged.alarms]}

    def replica(self, number: int, warm: int = WARM_DAYS, judged: int = JUDGED_DAYS) -> dict[str, Any]:
        """Judges the days of a replica, calibrating anew every 90 days; nobody excludes anything.

        Returns:
            `days` judged, `alarms`, and `openings`: days on which one or more of them opened.
        """
        chance = np.random.default_rng([self._seed, number])
        sources = source_days(self._table.days, warm + judged, chance)
        days = self._real.taken(sources, self._table.first + np.arange(len(sources)))
        since = [alarm for block in self._judged_on(days, warm, STEP_DAYS) for alarm in block]
        return {"days": judged, "alarms": len(since), "openings": len({day for day, _ in since})}

    def year(self) -> list[dict[str, Any]]:
        """The real days as they came, from the first that can be judged: the alarms with what moved."""
        verdicts = self._judged_on(self._real, LEAST_DAYS, YEAR_STEP_DAYS)
        return [alarm for block in verdicts for _, alarm in block]

    def _judged_on(self, days: DayTable, warm: int, step: int) -> list[list[tuple[str, dict[str, Any]]]]:
        """The alarms that opened in each step; one that was open at the step's begin is no new one."""
        places = np.arange(len(days.days))
        steps: list[list[tuple[str, dict[str, Any]]]] = []
        open_columns: set[str] = set()
        for first in range(warm, len(places), step):
            history = days.only((places >= first - HISTORY_DAYS) & (places < first))
            judged = calibrate(history, STATED).judge(days.only((places >= first) & (places < first + step)))
            begin = str(days.days[first])
            alarms = [
                (str(alarm.since), _alarm(alarm))
                for alarm in judged.alarms
                if not (str(alarm.since) == begin and open_columns & set(alarm.columns))
            ]
            steps.append([each for each in alarms if each[0] >= begin])
            open_columns = {name for alarm in judged.alarms if alarm.until is None for name in alarm.columns}
        return steps


def _alarm(alarm: Alarm) -> dict[str, Any]:
    return {
        "since": str(alarm.since),
        "until": str(alarm.until) if alarm.until else None,
        "columns": list(alarm.columns),
        "measure": alarm.measure,
        "baseline": alarm.baseline,
        "value": float(alarm.value),
        "expected": float(alarm.expected),
        "unit": alarm.unit,
        "sure": float(alarm.sure),
    }


def _schema_of(table: DatedTable) -> Any:
    schema = schema_pb2.Schema()
    schema.feature.add(name=_TIME, type=schema_pb2.BYTES)
    for name in table.columns:
        schema.feature.add(name=name, type=schema_pb2.BYTES if name in table.text else schema_pb2.FLOAT)
    return schema


def items_by_first(jobs: Sequence[PlantJob], table: DatedTable) -> list[int]:
    """The items of jobs, those of one month after each other, so that one calibration is for all."""
    items = sorted({item for job in jobs for item in job.items})
    if jobs and jobs[0].period == MONTHLY:
        months = len([month for month in table.months() if month.start >= table.history])
        return sorted(items, key=lambda item: (item % months, item))
    return items
