"""Chooses what a table's network is built and trained with, by its rows, its columns and its task.

The figures that decided: docs/decisions/tabular-network.md.
"""

import math
from collections.abc import Mapping
from typing import Any, Final

from commands.new.plan import TablePlan

# Inputs of the first hidden layer, at most about: with hundreds of columns each gets fewer bins.
_MOST_INPUTS: Final = 2048
_BINS: Final = (2, 16)
# Rows of a batch: each of the ensemble's members learns from its share of them.
_LEAST_BATCH, _MOST_BATCH = 32, 512
# A small table is soon learned by heart: slower, with shorter epochs, and with more left out.
_SMALL, _LARGE = 2_000, 100_000
# Of a regression with so many rows nothing is left out: the gaps were more error
# than what is still to be learned.
_WHOLE = 5_000


def hyperparameters(plan: TablePlan, rows: int, stopping_days: int) -> Mapping[str, Any]:
    """What the generated model's YAML says under `training.hyperparameters`.

    Args:
        plan: The table.
        rows: About how many are learned from.
        stopping_days: The last train days that decide the number of epochs.
    """
    numbers = len(plan.numbers) + 4 * len(plan.dates)
    small, large = rows < _SMALL, rows >= _LARGE
    batch = 2 ** round(math.log2(max(rows, 8) / 8))
    chosen: dict[str, Any] = {}
    if numbers:
        chosen["bins"] = min(max(_MOST_INPUTS // numbers, _BINS[0]), _BINS[1])
    if plan.categories:
        chosen["embedding_size"] = 16
    return chosen | {
        "members": 8,
        "hidden_units": [128, 128],
        "dropout": _dropout(rows, plan.task.kind == "regression"),
        "learning_rate": 0.002 if small else 0.004,
        "batch_size": min(max(batch, _LEAST_BATCH), _MOST_BATCH),
        "steps_per_epoch": 25 if small else 200 if large else 50,
        "epochs": 80 if small else 60,
        "ema_momentum": 0.995 if large else 0.98,
        "early_stopping": {"days": stopping_days, "patience": 10},
    }


def _dropout(rows: int, regression: bool) -> float:
    if regression:
        return 0.0 if rows >= _WHOLE else 0.1
    return 0.2 if rows < _SMALL else 0.1
