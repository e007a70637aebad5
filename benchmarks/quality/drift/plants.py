"""Plants: real rows of a day or a month with one kind of damage in them, the same for every tool."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from benchmarks.quality.drift.oracle import Statistic
from benchmarks.quality.drift.tables import DAY, DatedTable

SHARES: Final = (0.01, 0.1, 1.0)
DAILY: Final = "daily"
MONTHLY: Final = "monthly"
ROWS: Final = ""  # the column's name of the number of rows
_LEAST: Final = 0.1  # of the rows that were to be damaged must differ


@dataclass(frozen=True)
class DamageTarget:
    """What of a table a kind damages.

    Attributes:
        columns: The damaged columns; an alarm that names one of them has the right column.
        value: A value that the kind needs, or another column's name.
        factor: A number that the kind needs.
    """

    columns: tuple[str, ...]
    value: str = ""
    factor: float = 1.0


# Damages rows: the rows (which it may write to), its target, the share, chance. Gives all rows.
Apply = Callable[[Any, DamageTarget, float, np.random.Generator], Any]


@dataclass(frozen=True)
class Kind:
    """One kind of damage.

    Attributes:
        name: Its name in results.
        title: Its name on the page.
        source: `AVH` or `ours`.
        apply: Damages rows.
        targets: What it can damage in a table, in turn.
        oracle: The statistic that shows it, for a target; None: no single column does.
        shares: How much of the rows is damaged.
        rows_change: Whether rows go or come, so that every column changes.
        of_a_part: Whether the share is of a part of the rows, as of one airport's.
        days: Days that a daily plant lasts.
        sizes: Whether its `shares` are a ladder of sizes, for what is found in 50% and in 95%.
        unit: What a size is in.
        is_control: Whether nothing is damaged: what is found is what is found on clean days.
    """

    name: str
    title: str
    source: str
    apply: Apply
    targets: Callable[[DatedTable], Sequence[DamageTarget]]
    oracle: Callable[[DatedTable, DamageTarget], Statistic] | None
    shares: tuple[float, ...] = SHARES
    rows_change: bool = False
    of_a_part: bool = False
    days: int = 1
    sizes: bool = False
    unit: str = "share of rows"
    is_control: bool = False

    @property
    def days_only(self) -> bool:
        """Whether there are no plants by month: ladders of sizes, and a control of several days."""
        return self.sizes or (self.is_control and self.days > 1)


@dataclass(frozen=True)
class Plant:
    """One plant.

    Attributes:
        item: Its number in its job.
        first: Its first day.
        days: How many days it has.
        target: What was damaged.
        touched: Columns that differ from the clean rows.
        rows: Its rows: `_day` and the touched columns.
    """

    item: int
    first: int
    days: int
    target: DamageTarget
    touched: tuple[str, ...]
    rows: Any = field(repr=False)


def plants_of(
    table: DatedTable, kind: Kind, share: float, period: str, seed: int, items: range
) -> list[Plant]:
    """Makes the plants of a kind and share, one after another on other days, or months by turns.

    Args:
        table: The clean rows.
        kind: What is done.
        share: The share of rows, or the size.
        period: `daily` or `monthly`.
        seed: Chance follows from it and from table, kind, share, period and item.
        items: Which of the plants; of days there are not more than days.

    Returns:
        Plants in the order of their items. Where a day's rows have no value to damage, another target is
        taken; where none has one, the day is left out.
    """
    what = zlib.crc32(f"{table.name} {kind.name} {share:g} {period}".encode())
    bounds = table.bounds()
    targets = kind.targets(table)
    plants: list[Plant] = []
    for item, span in _spans(table, kind.days, period, items):
        chance = np.random.default_rng([seed, what, item])
        clean = table.rows.iloc[bounds[span.start] : bounds[span.stop]].reset_index(drop=True)
        for turn in range(len(targets)):
            target = targets[(item + turn) % len(targets)]
            damaged = kind.apply(clean.copy(), target, share, chance)
            if (
                kind.rows_change
                or kind.is_control
                or _differs(clean, damaged, target, 0 if kind.of_a_part else share)
            ):
                touched = table.columns if kind.rows_change else _touched(table, kind, target)
                rows = damaged[[DAY, *touched]].reset_index(drop=True)
                plants.append(Plant(item, span.start, len(span), target, touched, rows))
                break
    return plants


def whole_rows(table: DatedTable, bounds: Sequence[int], plant: Plant) -> Any:
    """A plant's rows with all columns: those that it did not touch are the clean ones."""
    if len(plant.touched) == len(table.columns):
        return plant.rows
    rows = table.rows.iloc[bounds[plant.first] : bounds[plant.first + plant.days]].reset_index(drop=True)
    for name in plant.touched:
        rows[name] = plant.rows[name].to_numpy()
    return rows


def _spans(table: DatedTable, days: int, period: str, items: range) -> list[tuple[int, range]]:
    """The days of each plant: every second day that can be judged, or a month."""
    if period == MONTHLY:
        months = [month for month in table.months() if month.start >= table.history]
        return [(item, months[item % len(months)]) for item in items]
    first = table.history + days - 1
    ends = [*range(first, table.days, 2), *range(first + 1, table.days, 2)]
    return [(item, range(ends[item] - days + 1, ends[item] + 1)) for item in items if item < len(ends)]


def _touched(table: DatedTable, kind: Kind, target: DamageTarget) -> tuple[str, ...]:
    return tuple(name for name in table.columns if name in target.columns)


def _differs(clean: Any, damaged: Any, target: DamageTarget, share: float) -> bool:
    """Whether enough cells of the target differ."""
    names = list(target.columns)
    before, after = clean[names], damaged[names]
    differ = ~((before == after) | (before.isna() & after.isna())).all(axis=1)
    return int(differ.sum()) >= max(1, int(_LEAST * min(share, 1.0) * len(clean)))


def chosen(rows: int, share: float, chance: np.random.Generator) -> Any:
    """Numbers of a share of rows, at least one, in order."""
    count = min(rows, max(1, round(rows * share)))
    return np.sort(chance.choice(rows, count, replace=False))
