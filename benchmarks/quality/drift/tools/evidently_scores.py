"""Evidently's scores: its default drift method of each column against the 28 days before."""

import functools
import math
import warnings
from typing import Any

from benchmarks.quality.drift.tools.work import Base, ColumnScore, Score, by_column, main

REFERENCE_DAYS = 28
# Tests of samples up to 1,000 rows give p-values, which are small where there is drift.
P_VALUES = ("p_value", "p-value")
LEAST = 1e-300


def make(base: Base, period: str) -> Score:
    """Scores by the statistic and threshold that `ValueDrift` without options takes.

    The statistic alone is called, as `ValueDrift` draws pictures of each column as well.
    """
    from evidently.legacy.calculations.stattests.registry import get_stattest
    from evidently.legacy.core import ColumnType

    warnings.filterwarnings("ignore")  # of scipy and numpy, for every column

    @functools.lru_cache(maxsize=64)
    def reference(first: int, column: str) -> Any:
        return base.between(first - REFERENCE_DAYS, first)[column].dropna()

    def score(first: int, column: str, batches: list[Any]) -> list[ColumnScore]:
        kind = ColumnType.Numerical if column in base.numbers else ColumnType.Categorical
        past = reference(first, column)
        scores: list[ColumnScore] = []
        for rows in batches:
            current = rows[column].dropna()
            if not len(current) or not len(past):
                scores.append(({}, False))  # Evidently refuses an empty column: it has no score
                continue
            test = get_stattest(past, current, kind, None)
            result = test(past, current, kind, None)
            value, threshold = float(result.drift_score), float(result.actual_threshold)
            is_p_value = any(word in test.display_name.lower() for word in P_VALUES)
            # Multiples of the threshold; of a p-value those of its logarithm.
            if is_p_value:
                value, threshold = -math.log(max(value, LEAST)), -math.log(threshold)
            scores.append(({"distance": value / threshold}, bool(result.drifted)))
        return scores

    return by_column(score, lambda first: first)


if __name__ == "__main__":
    main(make)
