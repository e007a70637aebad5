"""The goals that issue 18 sets for plants."""

from collections.abc import Mapping, Sequence
from typing import Final

from benchmarks.quality.drift.results import KindRow

LEAST_OF_ORACLE: Final = 0.9
SEEN_BY_ORACLE: Final = 0.98
LEAST_SEEN: Final = 0.95


def met(rows: Sequence[KindRow]) -> list[bool]:
    """Whether each row that is measured meets all goals."""
    failed = missed([row for row in rows if not row.kind.sizes])
    return [not failures for failures in failed.values()] if rows else [False]


def missed(rows: Sequence[KindRow]) -> Mapping[str, list[KindRow]]:
    """The rows that miss a goal: `oracle`, `sure` and `others`."""
    failed: dict[str, list[KindRow]] = {"oracle": [], "sure": [], "others": []}
    for row in rows:
        if row.ours is None or row.kind.is_control:
            continue
        if row.oracle is not None and row.ours.alarm < LEAST_OF_ORACLE * row.oracle:
            failed["oracle"].append(row)
        if (row.oracle or 0) >= SEEN_BY_ORACLE and min(row.ours.alarm, row.ours.right) < LEAST_SEEN:
            failed["sure"].append(row)
        if row.best_other is not None and row.ours.alarm < row.best_other[1]:
            failed["others"].append(row)
    return failed
