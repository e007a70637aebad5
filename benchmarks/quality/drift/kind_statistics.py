"""The one statistic of one column by which the oracle sees each kind of damage."""

from typing import Any

from benchmarks.quality.drift import oracle
from benchmarks.quality.drift.oracle import Statistic
from benchmarks.quality.drift.plants import ROWS, DamageTarget
from benchmarks.quality.drift.tables import DatedTable


def by_unseen(_: DatedTable, target: DamageTarget) -> Statistic:
    """By values that were not there before."""
    name = target.columns[0]
    return Statistic("unseen", name, 1, oracle.unseen(name))


def by_outside(_: DatedTable, target: DamageTarget) -> Statistic:
    """By numbers beyond all before."""
    name = target.columns[0]
    return Statistic("outside", name, 1, oracle.outside(name))


def by_missing(_: DatedTable, target: DamageTarget) -> Statistic:
    """By missing cells."""
    name = target.columns[0]
    return Statistic("missing", name, 1, oracle.missing(name))


def by_zeros(_: DatedTable, target: DamageTarget) -> Statistic:
    """By zeros."""
    name = target.columns[0]
    return Statistic("zeros", name, 1, oracle.share_of(name, 0.0))


def by_rows(direction: int) -> Any:
    """By the number of rows."""
    return lambda table, target: Statistic("rows", ROWS, direction, oracle.rows_count())


def by_case(table: DatedTable, target: DamageTarget) -> Statistic:
    """By letters of the other case than is usual."""
    name = target.columns[0]
    small = table.rows[name].dropna().iloc[:1000].str.contains("[a-z]").mean() > 0.5
    pattern = "[A-Z]" if small else "[a-z]"
    return Statistic(f"case {pattern}", name, 1, oracle.matching(name, pattern))


def by_padding(_: DatedTable, target: DamageTarget) -> Statistic:
    """By spaces at an end."""
    name = target.columns[0]
    return Statistic("padding", name, 1, oracle.matching(name, r"^\s|\s$"))


def by_neighbours_mean(table: DatedTable, target: DamageTarget) -> Statistic:
    """By the mean, which moves towards the other column's."""
    name = target.columns[0]
    up = table.rows[target.value].mean() > table.rows[name].mean()
    return Statistic("mean", name, 1 if up else -1, oracle.mean(name))


def by_half(table: DatedTable, target: DamageTarget) -> Statistic:
    """By the mean of numbers, or the share of the most frequent text."""
    name = target.columns[0]
    first = target.value == "first"
    if name in table.numbers:
        return Statistic("mean", name, -1 if first else 1, oracle.mean(name))
    top = table.rows[name].value_counts().index[0]
    return Statistic(f"share of {top}", name, 1 if first else -1, oracle.share_of(name, top))


def by_mean(direction: int) -> Any:
    """By the mean."""

    def statistic(_: DatedTable, target: DamageTarget) -> Statistic:
        return Statistic("mean", target.columns[0], direction, oracle.mean(target.columns[0]))

    return statistic


def by_lost(_: DatedTable, target: DamageTarget) -> Statistic:
    """By the share of the value that is lost."""
    name = target.columns[0]
    return Statistic(f"share of {target.value}", name, -1, oracle.share_of(name, target.value))


def by_segment_mean(table: DatedTable, target: DamageTarget) -> Statistic:
    """By the mean of all rows, as a column's statistic has no segments."""
    direction = -1 if table.segment.offset < 0 else 1
    return Statistic("mean", target.columns[0], direction, oracle.mean(target.columns[0]))
