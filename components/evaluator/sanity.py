"""Checks that warn: a level of answers far from the labels', and a class that is never predicted."""

import math
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from components.evaluator import intervals
from components.evaluator.evidence import Evidence
from components.evaluator.judge import Reason, State
from components.evaluator.settings import BinaryEvaluation, EvaluationSettings
from perennial.task import Task

LEAST_CALIBRATION: Final = 0.8
MOST_CALIBRATION: Final = 1.25
# Of a class with fewer rows among those judged, nothing is said for sure.
FEW_ROWS: Final = 10

_Pairs = Iterator[tuple[str, npt.NDArray[Any], npt.NDArray[Any]]]


def check_calibration(evidence: Evidence, settings: EvaluationSettings) -> Reason | None:
    """Warns where the mean answer is far from the mean label, and surely so.

    Of two classes it is about the positive's probability, of more about each class's, of numbers about the
    prediction, where no label is below 0. Outside 0.8 to 1.25 it is noted; it warns where the whole interval
    is outside, at a confidence that counts the classes. None: there is nothing to report.
    """
    rows = evidence.evaluated
    pairs = list(_levels(evidence))
    outside: list[tuple[bool, float, str]] = []
    for name, answers, labels in pairs:
        ratio = _ratio(answers, labels)
        if math.isnan(ratio) or LEAST_CALIBRATION <= ratio <= MOST_CALIBRATION:
            continue
        ends, text = None, ""
        if rows.enough_groups(settings.min_days):
            confidence = 1 - (1 - settings.champion.confidence) / len(pairs)
            ends = intervals.jackknife(
                lambda keep, a=answers, y=labels: _ratio(a[keep], y[keep]),  # type: ignore[misc]
                rows.groups(),
                confidence,
            ).ends()
        if ends:
            text = f" ({100 * confidence:.4g}% interval {ends[0]:.2f} to {ends[1]:.2f})"
        sure = ends is not None and (ends[1] < LEAST_CALIBRATION or ends[0] > MOST_CALIBRATION)
        outside.append((sure, ratio, f"{name}{ratio:.2f}{text}"))
    if not outside:
        return None
    state: State = "warned" if any(sure for sure, _, _ in outside) else "noted"
    named = ", ".join(text for _, _, text in sorted(outside, key=lambda each: (not each[0], each[1]))[:5])
    return Reason(
        "calibration",
        None,
        state,
        f"Calibration (mean prediction divided by mean label; 1 is right) is outside {LEAST_CALIBRATION:g} "
        f"to {MOST_CALIBRATION:g} on {rows.describe()}: {named}. "
        "Do not use the predictions as probabilities or totals before you have checked them.",
    )


def _levels(evidence: Evidence) -> _Pairs:
    """Yields what is to be level: a name, answers and labels, each of shape (rows,)."""
    labels, answers = evidence.evaluated.labels, evidence.evaluated.candidate
    if evidence.task.kind == "binary":
        yield "", answers, labels
    elif evidence.task.kind == "multiclass":
        for code, name in enumerate(evidence.task.classes):
            if np.count_nonzero(labels == code) >= FEW_ROWS:
                yield f"`{name}` ", answers[:, code], labels == code
    elif labels.min() >= 0:
        yield "", answers, labels


def _ratio(answers: npt.NDArray[Any], labels: npt.NDArray[Any]) -> float:
    total = float(labels.sum(dtype=np.float64))
    return float(answers.sum(dtype=np.float64)) / total if total else math.nan


def check_classes(evidence: Evidence, settings: EvaluationSettings) -> Reason | None:
    """Warns where a class has judged rows and is predicted for none of them; None where there is none."""
    if evidence.task.kind == "regression":
        return None
    labels, answers = evidence.evaluated.labels, evidence.evaluated.candidate
    threshold = settings.threshold if isinstance(settings, BinaryEvaluation) else None
    predicted = answers.argmax(axis=1) if threshold is None else (answers >= threshold).astype(int)
    never = []
    for code, name in enumerate(evidence.task.classes):
        count = int(np.count_nonzero(labels == code))
        if count and not np.any(predicted[labels == code] == code):
            never.append((count, f"`{name}` ({count:,} rows)"))
    if not never:
        return None
    state: State = "warned" if max(never)[0] >= FEW_ROWS else "noted"
    return Reason("classes", None, state, _never_text([text for _, text in never], evidence.task, threshold))


def _never_text(never: list[str], task: Task, threshold: float | None) -> str:
    classes = ", ".join(never)
    if threshold is None:
        return f"The likeliest class is never right on the rows of {classes}: recall is 0."
    return (
        f"At `evaluation.threshold` {threshold:g} no row of {classes} is predicted as such: recall is 0. "
        "Set the threshold to what a wrong answer costs, or use the probabilities."
    )
