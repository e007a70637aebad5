"""The Evaluator's metrics of a score matrix, for each task; numpy alone."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from components.evaluator import scores as binary
from pipeline.task import Task

Array = npt.NDArray[Any]


def metrics_of(task: Task, labels: Array, scores: Array) -> dict[str, float]:
    """The metrics that have a value.

    Args:
        task: What was asked.
        labels: Shape (rows,): codes of classes, or numbers.
        scores: Binary and regression: shape (rows,); multiclass: (rows, classes).
    """
    of = {"binary": _binary, "multiclass": _multiclass, "regression": _regression}[task.kind]
    found = {name: float(value) for name, value in of(labels, scores).items()}
    return {name: value for name, value in found.items() if math.isfinite(value)}


def _binary(labels: Array, scores: Array) -> dict[str, float]:
    return {
        "log_loss": binary.log_loss(labels, scores),
        "auc": binary.auc(labels, scores),
        "auc_pr": binary.auc_pr(labels, scores),
        "precision": binary.precision(labels, scores, 0.5),
        "recall": binary.recall(labels, scores, 0.5),
        "calibration": binary.calibration(labels, scores),
    }


def _multiclass(labels: Array, scores: Array) -> dict[str, float]:
    chosen = scores.argmax(1)
    aucs = [binary.auc((labels == code).astype(np.int8), scores[:, code]) for code in range(scores.shape[1])]
    defined = [value for value in aucs if not math.isnan(value)]
    f1 = []
    for code in np.union1d(labels, chosen):
        hits = np.count_nonzero((labels == code) & (chosen == code))
        f1.append(2 * hits / (np.count_nonzero(labels == code) + np.count_nonzero(chosen == code)))
    own = np.clip(scores[np.arange(len(labels)), labels], binary.EPSILON, 1 - binary.EPSILON)
    return {
        "log_loss": -np.log(own).mean(),
        "accuracy": (labels == chosen).mean(),
        "auc": sum(defined) / len(defined) if defined else math.nan,
        "f1_macro": sum(f1) / len(f1),
    }


def _regression(labels: Array, scores: Array) -> dict[str, float]:
    errors = scores - labels
    spread = np.square(labels - labels.mean()).sum()
    return {
        "rmse": math.sqrt(np.square(errors).mean()),
        "mae": np.abs(errors).mean(),
        "r2": 1 - np.square(errors).sum() / spread if spread else math.nan,
        "bias": errors.mean(),
    }
