"""The goals that issue 18 sets for plants."""

from collections.abc import Sequence
from statistics import fmean
from typing import Final

from benchmarks.quality.drift.results import KindRow

LEAST_OF_ORACLE: Final = 0.9
SEEN_BY_ORACLE: Final = 0.98
LEAST_SEEN: Final = 0.95
_CHANCE: Final = 0.05

ORACLE: Final = "oracle"
SURE: Final = "sure"
OTHERS: Final = "others"
GOALS: Final = {
    ORACLE: f"recall at least {LEAST_OF_ORACLE:.0%} of the oracle's",
    SURE: f"where the oracle finds {SEEN_BY_ORACLE:.0%}, recall and right column at least {LEAST_SEEN:.0%}",
    OTHERS: "never below the best other tool at the same rate",
}


def measured(rows: Sequence[KindRow]) -> list[KindRow]:
    """The rows that the goals are about: neither controls nor ladders of sizes."""
    return [row for row in rows if row.ours and not row.kind.sizes and not row.kind.is_control]


def met(rows: Sequence[KindRow]) -> bool:
    """Whether every row meets all goals; False where nothing is measured."""
    kinds = measured(rows)
    return bool(kinds) and not any(missed(kinds, goal)[0] for goal in GOALS)


def missed(rows: Sequence[KindRow], goal: str) -> tuple[list[KindRow], list[KindRow]]:
    """The rows that miss a goal, and all that it is about."""
    pairs = [(row, misses) for row in rows if (misses := _misses(row, goal)) is not None]
    return [row for row, misses in pairs if misses], [row for row, _ in pairs]


def _misses(row: KindRow, goal: str) -> bool | None:
    """Whether a row misses a goal; None where the goal is not about it."""
    if row.ours is None:
        return None
    if goal == OTHERS:
        return None if row.best_other is None else row.ours.alarm < row.best_other[1]
    if row.oracle is None:
        return None
    if goal == SURE:
        seen = min(row.ours.alarm, row.ours.right)
        return seen < LEAST_SEEN if row.oracle >= SEEN_BY_ORACLE else None
    return row.ours.alarm < LEAST_OF_ORACLE * row.oracle


def pooled(rows: Sequence[KindRow]) -> tuple[float, float]:
    """The mean recall of ours and of the oracle over the rows that have one; 0 of none."""
    pairs = [(row.ours.alarm, row.oracle) for row in rows if row.ours and row.oracle is not None]
    if not pairs:
        return 0.0, 0.0
    return fmean(ours for ours, _ in pairs), fmean(oracle for _, oracle in pairs)


def by_chance(row: KindRow, clean: float) -> bool:
    """Whether the oracle finds no more than 5 of 100 plants above what it finds of clean rows."""
    return row.oracle is not None and row.oracle <= clean + _CHANCE
