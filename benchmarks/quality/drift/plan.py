"""How much is measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.quality.drift.jobs import PlantJob, jobs_of
from benchmarks.quality.drift.other_tools import TOOLS, Tool
from benchmarks.quality.drift.own_kinds import KINDS
from benchmarks.quality.drift.plants import DAILY, MONTHLY, Kind
from benchmarks.quality.drift.tables import DatedTable

LEAST_PLANTS: Final = 100
LEAST_REPLICAS: Final = 100
LEAST_TOOL_REPLICAS: Final = 5


@dataclass(frozen=True)
class BenchPlan:
    """How much is measured.

    Attributes:
        plants: Plants of each kind and share.
        replicas: Replicas that ours judges.
        tool_replicas: Replicas that the other tools judge.
        kinds: Kinds of damage.
        periods: `daily`, `monthly`.
        tools: The other tools.
        seed: All chance follows from it.
    """

    plants: int
    replicas: int
    tool_replicas: int
    kinds: Sequence[Kind]
    periods: Sequence[str]
    tools: Sequence[Tool]
    seed: int

    @property
    def is_whole(self) -> bool:
        """Whether it is all that the page is about."""
        return (
            self.plants >= LEAST_PLANTS
            and self.replicas >= LEAST_REPLICAS
            and self.tool_replicas >= LEAST_TOOL_REPLICAS
            and len(self.kinds) == len(KINDS)
            and set(self.periods) == {DAILY, MONTHLY}
            and len(self.tools) == len(TOOLS)
        )

    def jobs(self, table: DatedTable, period: str) -> list[PlantJob]:
        """The jobs of a table."""
        return jobs_of(table, self.kinds, period, self.plants)
