"""Where the results of a table are, and of which code they are."""

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from benchmarks.harness.resume import Done
from benchmarks.quality.drift.children import ToolJob
from benchmarks.quality.drift.jobs import CLEAN, PlantJob
from benchmarks.quality.drift.other_tools import Tool
from benchmarks.quality.drift.plan import BenchPlan
from pipeline.provenance import source_digest

_PACKAGE: Final = "benchmarks.quality.drift"
_KINDS: Final = f"{_PACKAGE}.own_kinds"


class TablePlaces:
    """The folders and results of one table."""

    def __init__(self, folder: Path) -> None:
        """Reads nothing."""
        self._folder = folder

    @property
    def real(self) -> Path:
        """The real rows for the other tools, the plants, and below them their scores."""
        return self._folder / "real"

    @property
    def todo(self) -> Path:
        """Lists for child processes."""
        return self._folder / "todo"

    def replica(self, number: int) -> Path:
        """Rows of a replica for the other tools, and below them their scores."""
        return self._folder / f"replica-{number}"

    @cached_property
    def ours(self) -> Done:
        """Ours' results: of the judging code, of the plants' and the replicas'."""
        return Done(self._folder / "ours", source_digest(f"{_PACKAGE}.ours", _KINDS))

    @cached_property
    def oracle(self) -> Done:
        """The oracle's: of its code and the plants'."""
        return Done(self._folder / "oracle", source_digest(f"{_PACKAGE}.oracle_run", _KINDS))

    def planted(self, job: PlantJob) -> dict[str, Any] | None:
        """What a job's plants are, and what the oracle finds; None where it is not written, or has none."""
        result = self.oracle.get(job.name)
        return result["of"] if result and result["of"]["found"] else None

    def tool_jobs(self, plan: BenchPlan, jobs: Iterable[PlantJob]) -> list[ToolJob]:
        """What the other tools have to do, the clean rows of all replicas first."""
        clean = [f"{CLEAN}{period}" for period in plan.periods]
        rows = [self.real, *(self.replica(number) for number in range(plan.tool_replicas))]
        of_clean = [ToolJob(tool, folder, name) for tool in plan.tools for name in clean for folder in rows]
        planted = [job for job in jobs if self.planted(job)]
        of_plants = [ToolJob(tool, self.real, job.name) for job in planted for tool in plan.tools]
        return [*of_clean, *of_plants]

    def clean(self, plan: BenchPlan, tool: Tool, period: str) -> list[ToolJob]:
        """A tool's jobs of the clean rows: of the real ones, and of each replica's."""
        folders = [self.real, *(self.replica(number) for number in range(plan.tool_replicas))]
        return [ToolJob(tool, folder, f"{CLEAN}{period}") for folder in folders]


def replica_key(number: int) -> str:
    """Of ours' result on a replica."""
    return f"replica-{number}"


def item_key(period: str, item: int, jobs: list[PlantJob]) -> str:
    """Of ours' result on the plants of an item; a plan with other kinds has others."""
    names = sorted({job.kind.name for job in jobs})
    return f"plants-{period}-{item}-{len(names)}-{'-'.join(names) if len(names) < 4 else names[0]}"
