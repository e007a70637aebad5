"""The Evaluator's metrics of a score matrix, for each task, as plain numbers."""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy.typing as npt

from perennial import scores
from perennial.task import Kind, Task

Array = npt.NDArray[Any]

_METRICS: Final[Mapping[Kind, Mapping[str, Callable[[Array, Array], float]]]] = {
    "binary": {
        "log_loss": scores.log_loss,
        "auc": scores.auc,
        "auc_pr": scores.auc_pr,
        "calibration": scores.calibration,
    },
    "multiclass": {
        "log_loss": scores.class_log_loss,
        "accuracy": scores.accuracy,
        "auc": scores.macro_auc,
        "f1_macro": scores.macro_f1,
    },
    "regression": {"rmse": scores.rmse, "mae": scores.mae, "r2": scores.r2, "bias": scores.bias},
}


def metrics_of(task: Task, labels: Array, answers: Array) -> dict[str, float]:
    """The metrics that have a value; precision and recall, which need a threshold, are left out.

    Args:
        task: What was asked.
        labels: Shape (rows,): codes of classes, or numbers.
        answers: Binary and regression: shape (rows,); multiclass: (rows, classes).
    """
    computed = {name: metric(labels, answers) for name, metric in _METRICS[task.kind].items()}
    return {name: value for name, value in computed.items() if math.isfinite(value)}
