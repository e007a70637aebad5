"""What the tools' child processes read: clean rows, and jobs of plants; and the results that they write."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from benchmarks.quality.drift.plants import MONTHLY, Kind, Plant, plants_of
from benchmarks.quality.drift.tables import DAY, DatedTable

ITEM: Final = "_item"
CLEAN: Final = "clean-"  # the job of the clean days, or months
MONTHS_A_JOB: Final = 26  # plants of a month that are in memory at once


@dataclass(frozen=True)
class PlantJob:
    """Plants of one kind and share.

    Attributes:
        kind: The kind.
        share: The share, or the size.
        period: `daily` or `monthly`.
        items: Which of the plants.
    """

    kind: Kind
    share: float
    period: str
    items: range

    @property
    def name(self) -> str:
        """Its files' name."""
        return f"{self.period}-{self.kind.name}-{self.share:g}-{self.items.start}"

    def plants(self, table: DatedTable, seed: int) -> list[Plant]:
        """Its plants, always the same."""
        return plants_of(table, self.kind, self.share, self.period, seed, self.items)


def jobs_of(table: DatedTable, kinds: Iterable[Kind], period: str, count: int) -> list[PlantJob]:
    """The jobs of some kinds: of days one for each share, of months several.

    Kinds that a table has no target for are left out; by month so are those that are for days alone.
    """
    jobs = []
    for kind in kinds:
        if not kind.targets(table) or (kind.days_only and period == MONTHLY):
            continue
        size = MONTHS_A_JOB if period == MONTHLY else count
        for share in kind.shares:
            starts = range(0, count, size)
            jobs += [
                PlantJob(kind, share, period, range(start, min(start + size, count))) for start in starts
            ]
    return jobs


def job_files(folder: Path, name: str) -> tuple[Path, ...]:
    """The files of a job's plants; the clean rows have none of their own."""
    if name.startswith(CLEAN):
        return ()
    return folder / "jobs" / f"{name}.json", folder / "jobs" / f"{name}.parquet"


def write_rows(folder: Path, table: DatedTable, rows: Any, *, months: bool) -> None:
    """Writes clean rows, of the table or a replica of it; the label is one of the numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    rows.to_parquet(folder / "rows.parquet", compression="zstd")
    about = {
        "numbers": [*table.numbers, table.label],
        "text": list(table.text),
        "history": table.history,
        "months": [[month.start, month.stop] for month in table.months()] if months else [],
    }
    (folder / "table.json").write_text(json.dumps(about))


def write_job(folder: Path, job: PlantJob, table: DatedTable, plants: Sequence[Plant]) -> None:
    """Writes the plants of a job: `_item`, `_day` and each column that one of them touches."""
    about_file, rows_file = job_files(folder, job.name)
    rows_file.parent.mkdir(parents=True, exist_ok=True)
    touched = [name for name in table.columns if any(name in plant.touched for plant in plants)]
    parts = [plant.rows.assign(_item=plant.item) for plant in plants]
    rows = pd.concat(parts, ignore_index=True)[[ITEM, DAY, *touched]]
    rows.to_parquet(rows_file, compression="zstd")
    about = {
        "period": job.period,
        "plants": [
            {"item": plant.item, "first": plant.first, "days": plant.days, "touched": plant.touched}
            for plant in plants
        ],
    }
    about_file.write_text(json.dumps(about))
