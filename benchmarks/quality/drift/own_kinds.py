"""Our kinds of damage: those that real chains brought, and ladders of sizes."""

from typing import Any, Final

import numpy as np

from benchmarks.quality.drift.avh_kinds import (
    AVH_KINDS,
    cells_missing,
    each_number,
    each_text,
    rows_lost,
    typo,
)
from benchmarks.quality.drift.kind_statistics import (
    by_lost,
    by_mean,
    by_missing,
    by_rows,
    by_segment_mean,
    by_unseen,
)
from benchmarks.quality.drift.plants import ROWS, DamageTarget, Kind, chosen
from benchmarks.quality.drift.tables import DAY, DatedTable

SLOW_DAYS: Final = 14
LADDER: Final = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
SHIFTS: Final = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)


def _of_segment(table: DatedTable) -> list[DamageTarget]:
    segment = table.segment
    # What a conversion needs beside its column: `apply` has no table.
    value = f"{segment.column}={segment.value}={segment.offset}"
    return [DamageTarget((name,), value, segment.factor) for name in segment.numbers]


def segment_unit(rows: Any, target: DamageTarget, share: float, chance: np.random.Generator) -> Any:
    """The numbers of one segment's rows, or of a share of these, are in another unit."""
    column, value, offset = target.value.split("=")
    inside = np.flatnonzero((rows[column] == value).to_numpy())
    if not len(inside):
        return rows
    at = inside[chosen(len(inside), share, chance)]
    name = target.columns[0]
    rows.loc[at, name] = (rows.loc[at, name] + float(offset)) * target.factor
    return rows


def value_gone(rows: Any, target: DamageTarget, share: float, chance: np.random.Generator) -> Any:
    """The rows with a value of a category, or a share of these, are missing."""
    inside = np.flatnonzero((rows[target.columns[0]] == target.value).to_numpy())
    return rows.drop(index=inside[chosen(len(inside), share, chance)]) if len(inside) else rows


def value_renamed(rows: Any, target: DamageTarget, share: float, chance: np.random.Generator) -> Any:
    """A value of a category has another name, in all its rows or a share of these."""
    inside = np.flatnonzero((rows[target.columns[0]] == target.value).to_numpy())
    if len(inside):
        rows.loc[inside[chosen(len(inside), share, chance)], target.columns[0]] = f"{target.value}-2"
    return rows


def slow_shift(rows: Any, target: DamageTarget, share: float, chance: np.random.Generator) -> Any:
    """A share of the numbers moves away, a little more each day, at last by two standard deviations."""
    at = chosen(len(rows), share, chance)
    day = rows[DAY].to_numpy()
    grown = (day - day[0] + 1) / (day[-1] - day[0] + 1)
    name = target.columns[0]
    rows.loc[at, name] += 2 * target.factor * grown[at]
    return rows


def shifted(rows: Any, target: DamageTarget, share: float, chance: np.random.Generator) -> Any:
    """All numbers are larger, by a size in standard deviations."""
    rows[target.columns[0]] += share * target.factor
    return rows


def join_mixed(rows: Any, target: DamageTarget, share: float, chance: np.random.Generator) -> Any:
    """The target's columns of a share of the rows belong to another row of the same day, together."""
    edges = np.flatnonzero(np.diff(rows[DAY].to_numpy())) + 1
    taken = np.arange(len(rows))
    for place in np.split(np.arange(len(rows)), edges):
        at = place[chosen(len(place), share, chance)]
        taken[at] = chance.permutation(at)
    for name in target.columns:
        rows[name] = rows[name].to_numpy()[taken]
    return rows


def join_empty(rows: Any, target: DamageTarget, share: float, chance: np.random.Generator) -> Any:
    """The join finds nothing for a share of the rows: all joined columns are missing together."""
    at = chosen(len(rows), share, chance)
    for name in target.columns:
        rows.loc[at, name] = np.nan if rows[name].dtype == float else None
    return rows


def labels_inverted(rows: Any, target: DamageTarget, share: float, chance: np.random.Generator) -> Any:
    """0 is 1 and 1 is 0."""
    at = chosen(len(rows), share, chance)
    rows.loc[at, target.columns[0]] = 1 - rows.loc[at, target.columns[0]]
    return rows


def unchanged(rows: Any, target: DamageTarget, share: float, chance: np.random.Generator) -> Any:
    """Nothing is damaged."""
    return rows


def _category(table: DatedTable) -> list[DamageTarget]:
    return [DamageTarget((table.category,), table.gone)]


def _each_with_deviation(table: DatedTable) -> list[DamageTarget]:
    spreads = {name: float(table.rows[name].std()) for name in table.numbers}
    return [DamageTarget((name,), factor=spread) for name, spread in spreads.items() if spread > 0]


def _joined(table: DatedTable) -> list[DamageTarget]:
    return [DamageTarget(table.joined)]


def _labels(table: DatedTable) -> list[DamageTarget]:
    return [DamageTarget((table.label,))] if table.labels else []


OWN_KINDS: Final = (
    Kind("segment-unit", "another unit in one segment (°C at one airport of three)", "ours", segment_unit,
         _of_segment, by_segment_mean, of_a_part=True),
    Kind("value-gone", "a carrier gone", "ours", value_gone, _category, by_lost, rows_change=True),
    Kind("value-renamed", "a category renamed", "ours", value_renamed, _category, by_unseen, of_a_part=True),
    Kind("slow-shift", "a slow shift over 14 days", "ours", slow_shift, _each_with_deviation, by_mean(1),
         days=SLOW_DAYS),
    Kind("join-empty", "a join that finds nothing", "ours", join_empty, _joined, by_missing),
    Kind("join-mixed", "a join with other rows of the day", "ours", join_mixed, _joined, None),
    Kind("column-mixed", "one column of other rows of the day", "ours", join_mixed, each_number, None),
    Kind("labels", "labels inverted", "ours", labels_inverted, _labels, by_mean(1)),
)  # fmt: skip

CONTROLS: Final = (
    Kind("nothing", "nothing: clean rows", "ours", unchanged, _each_with_deviation, by_mean(1), (0.0,),
         is_control=True),
    Kind("nothing-slow", "nothing: 14 clean days", "ours", unchanged, _each_with_deviation, by_mean(1),
         (0.0,), days=SLOW_DAYS, is_control=True),
)  # fmt: skip

SIZE_KINDS: Final = (
    Kind("size-missing", "cells missing", "ours", cells_missing, each_number, by_missing, LADDER, sizes=True),
    Kind("size-unseen", "texts with a typo", "ours", typo, each_text, by_unseen, LADDER, sizes=True),
    Kind("size-rows", "rows lost", "ours", rows_lost, lambda table: [DamageTarget((ROWS,))],
         by_rows(-1), LADDER, rows_change=True, sizes=True),
    Kind("size-shift", "all numbers larger", "ours", shifted, _each_with_deviation, by_mean(1), SHIFTS,
         sizes=True, unit="standard deviations of a row"),
)  # fmt: skip

KINDS: Final = {kind.name: kind for kind in (*CONTROLS, *AVH_KINDS, *OWN_KINDS, *SIZE_KINDS)}
