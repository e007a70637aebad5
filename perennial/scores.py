"""Metrics over arrays of labels and answers: binary, of several classes, and of numbers; numpy alone."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from perennial.task import Kind

Floats = npt.NDArray[np.floating[Any]]
Labels = npt.NDArray[np.integer[Any]]

# As Keras' `epsilon`: a probability of exactly 0 or 1 costs 16.1, not infinity.
EPSILON = 1e-7


def row_losses(labels: Labels, probabilities: Floats) -> npt.NDArray[np.float64]:
    """Returns the log loss (natural logarithm) of each row, probabilities clipped to 1e-7 and 1 - 1e-7.

    Args:
        labels: Shape (rows,), 0 or 1.
        probabilities: Shape (rows,), of the label 1. NaN stays NaN.

    Returns:
        Shape (rows,), float64.
    """
    clipped = np.clip(np.asarray(probabilities, np.float64), EPSILON, 1 - EPSILON)
    return -np.where(labels > 0, np.log(clipped), np.log1p(-clipped))


def log_loss(labels: Labels, probabilities: Floats) -> float:
    """Returns the mean of `row_losses`; NaN of no rows."""
    return float(row_losses(labels, probabilities).mean()) if len(labels) else float("nan")


def _counts_from_the_top(
    labels: Labels, probabilities: Floats
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Returns true and false positives at each distinct probability as threshold, from the highest down."""
    order = np.argsort(-probabilities, kind="stable")
    ordered, positive = probabilities[order], (labels[order] > 0).astype(np.float64)
    last_of_tie = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))
    true_positives = np.cumsum(positive)[last_of_tie]
    return true_positives, last_of_tie + 1 - true_positives


def _undefined(labels: Labels, probabilities: Floats) -> bool:
    """Says whether a ranking metric has no value: one of the classes is absent, or a score is NaN."""
    return not 0 < np.count_nonzero(labels) < len(labels) or bool(np.isnan(probabilities).any())


def auc(labels: Labels, probabilities: Floats) -> float:
    """Returns the exact area under the ROC curve, ties as half (Hanley & McNeil 1982); NaN of one class."""
    if _undefined(labels, probabilities):
        return float("nan")
    hits, misses = _counts_from_the_top(labels, probabilities)
    hits, misses = np.append(0.0, hits), np.append(0.0, misses)
    area = np.sum(np.diff(misses) * (hits[1:] + hits[:-1]) / 2)
    return float(area / hits[-1] / misses[-1])


def auc_pr(labels: Labels, probabilities: Floats) -> float:
    """Returns the area under the precision-recall curve as average precision.

    The curve is taken in steps, as scikit-learn's `average_precision_score` does; straight lines between its
    points are too optimistic (Davis & Goadrich 2006). NaN of one class alone.
    """
    if _undefined(labels, probabilities):
        return float("nan")
    hits, misses = _counts_from_the_top(labels, probabilities)
    return float(np.sum(np.diff(np.append(0.0, hits)) * hits / (hits + misses)) / hits[-1])


def precision(labels: Labels, probabilities: Floats, threshold: float) -> float:
    """Returns the share of positives among rows with a probability of at least `threshold`; NaN of none."""
    chosen = labels[np.asarray(probabilities) >= threshold]
    return float(np.count_nonzero(chosen) / len(chosen)) if len(chosen) else float("nan")


def recall(labels: Labels, probabilities: Floats, threshold: float) -> float:
    """Returns the share of positive rows with a probability of at least `threshold`; NaN of no positive."""
    chosen = np.asarray(probabilities)[labels > 0] >= threshold
    return float(chosen.mean()) if len(chosen) else float("nan")


def calibration(labels: Labels, probabilities: Floats) -> float:
    """Returns the sum of probabilities over that of labels (1: calibrated); NaN of no positive."""
    positives = np.count_nonzero(labels)
    return float(np.asarray(probabilities, np.float64).sum() / positives) if positives else float("nan")


def class_losses(labels: Labels, probabilities: Floats) -> npt.NDArray[np.float64]:
    """Returns the log loss of each row of several classes, probabilities clipped to 1e-7 and 1 - 1e-7.

    Args:
        labels: Shape (rows,), the place of each row's class.
        probabilities: Shape (rows, classes). NaN stays NaN.

    Returns:
        Shape (rows,), float64.
    """
    own = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return -np.log(np.clip(own, EPSILON, 1 - EPSILON))


def class_log_loss(labels: Labels, probabilities: Floats) -> float:
    """Returns the mean of `class_losses`; NaN of no rows."""
    return float(class_losses(labels, probabilities).mean()) if len(labels) else float("nan")


def _no_answer(probabilities: Floats) -> bool:
    return not len(probabilities) or bool(np.isnan(probabilities).any())


def accuracy(labels: Labels, probabilities: Floats) -> float:
    """Returns the share of rows whose likeliest class, the first of equals, is theirs; NaN of no rows."""
    if _no_answer(probabilities):
        return float("nan")
    return float(np.mean(probabilities.argmax(axis=1) == labels))


def macro_auc(labels: Labels, probabilities: Floats) -> float:
    """Returns the mean over the classes of `auc` of the class against the rest.

    A class that none of the rows has, or all, has no AUC and is left out; NaN where none has one.
    """
    areas = [auc(labels == code, column) for code, column in enumerate(probabilities.T)]
    known = [area for area in areas if area == area]
    return float(np.mean(known)) if known and not _no_answer(probabilities) else float("nan")


def macro_f1(labels: Labels, probabilities: Floats) -> float:
    """Returns the mean of the classes' F1 scores at the likeliest class, as scikit-learn's `f1_score` does.

    Classes that are neither among the labels nor among the answers are left out; NaN of no rows.
    """
    if _no_answer(probabilities):
        return float("nan")
    count = probabilities.shape[1]
    answers = probabilities.argmax(axis=1)
    hits = np.bincount(labels[answers == labels], minlength=count)
    named = np.bincount(labels, minlength=count) + np.bincount(answers, minlength=count)
    return float(np.mean(2 * hits[named > 0] / named[named > 0]))


def squared_errors(labels: Floats, predictions: Floats) -> npt.NDArray[np.float64]:
    """Returns the squared error of each row, shape (rows,), float64."""
    return (np.asarray(predictions, np.float64) - labels) ** 2


def rmse(labels: Floats, predictions: Floats) -> float:
    """Returns the root of the mean squared error, in the label's unit; NaN of no rows."""
    return float(np.sqrt(squared_errors(labels, predictions).mean())) if len(labels) else float("nan")


def mae(labels: Floats, predictions: Floats) -> float:
    """Returns the mean absolute error, in the label's unit; NaN of no rows."""
    return float(np.abs(np.asarray(predictions, np.float64) - labels).mean()) if len(labels) else float("nan")


def r2(labels: Floats, predictions: Floats) -> float:
    """Returns the share of the labels' variance that is explained; NaN where they do not vary."""
    spread = float(np.sum((labels - np.mean(labels)) ** 2)) if len(labels) else 0.0
    return 1 - float(squared_errors(labels, predictions).sum()) / spread if spread else float("nan")


def bias(labels: Floats, predictions: Floats) -> float:
    """Returns the mean prediction minus the mean label, in the label's unit; NaN of no rows."""
    return float((np.asarray(predictions, np.float64) - labels).mean()) if len(labels) else float("nan")


# The metrics of each task that need no threshold, by name; each of labels and answers, NaN where it has none.
BY_NAME: Final[Mapping[Kind, Mapping[str, Callable[[Any, Any], float]]]] = {
    "binary": {"log_loss": log_loss, "auc": auc, "auc_pr": auc_pr, "calibration": calibration},
    "multiclass": {
        "log_loss": class_log_loss,
        "accuracy": accuracy,
        "auc": macro_auc,
        "f1_macro": macro_f1,
    },
    "regression": {"rmse": rmse, "mae": mae, "r2": r2, "bias": bias},
}
