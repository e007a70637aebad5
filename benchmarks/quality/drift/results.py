"""Reads what was measured of one table, and sums it up by kind and share."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from benchmarks.quality.drift.children import ToolJob
from benchmarks.quality.drift.jobs import PlantJob
from benchmarks.quality.drift.oracle import ONE_IN
from benchmarks.quality.drift.other_tools import Tool
from benchmarks.quality.drift.ours import STATED
from benchmarks.quality.drift.places import TablePlaces, item_key, replica_key
from benchmarks.quality.drift.plan import BenchPlan
from benchmarks.quality.drift.plants import DAILY, MONTHLY, Kind
from benchmarks.quality.drift.processes import plants_key
from benchmarks.quality.drift.rates import AlarmRatio, realised_over_stated, recall_of
from benchmarks.quality.drift.tables import DatedTable
from benchmarks.quality.drift.verdicts import (
    MatchedTool,
    PlantVerdict,
    Recall,
    Scores,
    by_default,
    default_openings,
    matched,
    merged,
    recall,
)


@dataclass(frozen=True)
class KindRow:
    """What was found of a kind and share.

    Attributes:
        kind: The kind.
        share: The share, or the size.
        plants: How many plants there are.
        oracle: Share that the oracle finds; None where no single column shows it.
        ours: What ours finds; None where it is not measured.
        default: What each tool finds as it is set.
        matched: What each finds at the stated rate; None where it has no such threshold.
    """

    kind: Kind
    share: float
    plants: int
    oracle: float | None
    ours: Recall | None
    default: Mapping[str, Recall]
    matched: Mapping[str, Recall | None]

    @property
    def best_other(self) -> tuple[str, float] | None:
        """The tool that finds most at the stated rate, and how much."""
        measured = {name: each.alarm for name, each in self.matched.items() if each is not None}
        return max(measured.items(), key=lambda each: each[1]) if measured else None


class TableResults:
    """What was measured of one table."""

    def __init__(self, table: DatedTable, plan: BenchPlan, folder: Path) -> None:
        """Reads nothing yet.

        Args:
            table: The table.
            plan: How much is measured.
            folder: The table's folder in the home.
        """
        self.table, self.plan = table, plan
        self._places = TablePlaces(folder)
        self._items: dict[tuple[str, int], Any] = {}

    def _of(self, key: str) -> Any:
        result = self._places.ours.get(key)
        return None if result is None else result["of"]

    @cached_property
    def replicas(self) -> list[dict[str, int]]:
        """`days`, `alarms` and `openings` of each replica that ours has judged."""
        verdicts = (self._of(replica_key(number)) for number in range(self.plan.replicas))
        return [each for each in verdicts if each is not None]

    def false_alarms(self, what: str = "alarms") -> AlarmRatio | None:
        """Ours on replicas, by `alarms` or `openings`: realised over stated; None: not measured."""
        if not self.replicas:
            return None
        counts = [each[what] for each in self.replicas]
        return realised_over_stated(counts, [each["days"] for each in self.replicas], STATED.days)

    @property
    def year(self) -> list[dict[str, Any]] | None:
        """Ours' alarms in the real year."""
        verdicts = self._of("year")
        return None if verdicts is None else list(verdicts["alarms"])

    def tool_alarms(self, tool: Tool) -> tuple[AlarmRatio, float] | None:
        """A tool's realised over stated on replicas' days by default, and the share of days in alarm."""
        streams = self._streams(tool, DAILY)
        if not streams:
            return None
        days = [bool(scores["alarmed"]) for stream in streams for scores in stream]
        return realised_over_stated(*default_openings(streams), ONE_IN), sum(days) / len(days)

    def tool_openings(self, tool: Tool) -> int | None:
        """How often a tool alarms in the real year by default; None: not measured."""
        stream = _stream(self._places.clean(self.plan, tool, DAILY)[0])
        return default_openings([stream])[0][0] if stream else None

    def failures(self, tool: Tool) -> dict[str, int]:
        """How often a tool failed, by its error."""
        jobs = [job for period in self.plan.periods for job in self.plan.jobs(self.table, period)]
        only = replace(self.plan, tools=(tool,))
        results = (job.result() or {} for job in self._places.tool_jobs(only, jobs))
        return dict(Counter(result["failed"] for result in results if "failed" in result))

    def rows(self, period: str) -> list[KindRow]:
        """What was found of each kind and share that is measured."""
        by_kind: dict[tuple[str, float], list[PlantJob]] = {}
        for job in self.plan.jobs(self.table, period):
            if self._places.planted(job):
                by_kind.setdefault((job.kind.name, job.share), []).append(job)
        tools = {tool.name: self._matched(tool, period) for tool in self.plan.tools}
        clean = {tool.name: self._clean(tool, period) for tool in self.plan.tools}
        return [self._row(jobs, tools, clean) for jobs in by_kind.values()]

    def _row(
        self, jobs: Sequence[PlantJob], tools: Mapping[str, MatchedTool], clean: Mapping[str, Any]
    ) -> KindRow:
        abouts = [self._places.planted(job) or {} for job in jobs]
        seen = [verdicts for about in abouts for verdicts in about["found"].values()]
        pairs = list(zip(jobs, abouts, strict=True))
        ours = [each for job, about in pairs for each in self._ours(job, about)]
        default: dict[str, Recall] = {}
        at_rate: dict[str, Recall | None] = {}
        for tool in self.plan.tools:
            plants = [
                each for job, about in pairs for each in self._scores(tool, job, about, clean[tool.name])
            ]
            if not plants:
                continue
            default[tool.name] = recall([by_default(batches, names) for batches, names in plants])
            verdicts = [tools[tool.name].verdict(batches, names) for batches, names in plants]
            known = [verdict for verdict in verdicts if verdict is not None]
            at_rate[tool.name] = recall(known) if known else None
        oracle = None if None in seen or not seen else recall_of(seen)
        return KindRow(
            jobs[0].kind, jobs[0].share, len(seen), oracle, recall(ours) if ours else None, default, at_rate
        )

    def _ours(self, job: PlantJob, about: Mapping[str, Any]) -> list[PlantVerdict]:
        verdicts = []
        for item, columns in about["columns"].items():
            plant = (self._judged_item(job.period, int(item)) or {}).get(plants_key(job))
            if plant is not None:
                named = {name for alarm in plant["alarms"] for name in alarm["columns"]}
                verdicts.append(PlantVerdict(bool(plant["alarms"]), bool(named & set(columns))))
        return verdicts

    def _judged_item(self, period: str, item: int) -> Any:
        key = period, item
        if key not in self._items:
            jobs = [job for job in self.plan.jobs(self.table, period) if item in job.items]
            self._items[key] = self._of(item_key(period, item, jobs))
        return self._items[key]

    def _streams(self, tool: Tool, period: str) -> list[list[Scores]]:
        """A tool's scores of the days, or months, of each replica."""
        replicas = self._places.clean(self.plan, tool, period)[1:]
        return [stream for job in replicas if (stream := _stream(job))]

    def _matched(self, tool: Tool, period: str) -> MatchedTool:
        monthly = period == MONTHLY
        batches = len(self.table.months()) if monthly else self.table.days
        return matched(self._streams(tool, period), len(self.table.rows) / batches, monthly=monthly)

    def _clean(self, tool: Tool, period: str) -> Mapping[str, Any]:
        return _items(self._places.clean(self.plan, tool, period)[0])

    def _scores(
        self, tool: Tool, job: PlantJob, about: Mapping[str, Any], clean: Mapping[str, Any]
    ) -> list[tuple[list[Scores], list[str]]]:
        """For each plant of a job the scores of its batches, and the damaged columns."""
        items = _items(ToolJob(tool, self._places.real, job.name)) if clean else {}
        plants = []
        for item, batches in items.items():
            first = about["first"][item]
            whole = [
                merged((clean.get(str(first + place)) or [None])[0], batch)
                for place, batch in enumerate(batches)
            ]
            plants.append((whole, about["columns"][item]))
        return plants


def _items(job: ToolJob) -> Mapping[str, list[Scores]]:
    """The scores by item; none where the tool failed, or is not done."""
    return (job.result() or {}).get("items", {})


def _stream(job: ToolJob) -> list[Scores]:
    """The scores of clean days, or months, in order."""
    items = sorted(_items(job).items(), key=lambda each: int(each[0]))
    return [batches[0] for _, batches in items]
