"""The Evaluator's metrics of a score matrix, for each task, as plain numbers."""

import math
from typing import Any

import numpy.typing as npt

from perennial import scores
from perennial.task import Task

Array = npt.NDArray[Any]


def metrics_of(task: Task, labels: Array, answers: Array) -> dict[str, float]:
    """The metrics that have a value; precision and recall, which need a threshold, are left out.

    Args:
        task: What was asked.
        labels: Shape (rows,): codes of classes, or numbers.
        answers: Binary and regression: shape (rows,); multiclass: (rows, classes).
    """
    computed = {name: metric(labels, answers) for name, metric in scores.BY_NAME[task.kind].items()}
    return {name: value for name, value in computed.items() if math.isfinite(value)}
