"""The measures of each task: the loss for comparisons, its metrics, and constant predictions."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from components.evaluator import intervals
from components.evaluator.figures import figure
from components.evaluator.intervals import Interval
from components.evaluator.settings import LOSS
from perennial import scores
from perennial.task import Kind, Task

Array = npt.NDArray[Any]
# The labels of the training rows: the share of each class in order, or the mean of a regression.
Distribution = list[float] | float
# From this ratio on, a loss is reported as "20 times" another, not in percent.
_TIMES: Final = 3


@dataclass(frozen=True)
class Measures:
    """How predictions of one task are measured.

    Attributes:
        kind: The kind of the task.
        title: The name of the loss at the start of a sentence.
        row_losses: Labels and predictions -> the loss of each row, shape (rows,).
        metrics: Other metrics that get an interval, by name.
        positive: The positive of two named classes, or "".
    """

    kind: Kind
    title: str
    row_losses: Callable[[Array, Array], Array]
    metrics: Mapping[str, Callable[[Array, Array], float]]
    positive: str = ""

    @property
    def loss_name(self) -> str:
        """The name of the loss inside a sentence."""
        return "RMSE" if self.kind == "regression" else "log loss"

    @property
    def loss_metric(self) -> str:
        """The name of the loss among the metrics."""
        return LOSS[self.kind]

    def whole(self, losses: Array) -> float:
        """Returns the loss of all rows from that of each row: the mean, or its root; NaN without rows."""
        if not len(losses):
            return math.nan
        mean = float(losses.mean())
        return math.sqrt(mean) if self.kind == "regression" else mean

    def loss(self, labels: Array, answers: Array) -> float:
        """Returns the loss of predictions; NaN without rows."""
        return self.whole(self.row_losses(labels, answers))

    def loss_interval(self, losses: Array, groups: Array, confidence: float) -> Interval:
        """Returns the interval of the loss, from the loss of each row."""
        return intervals.jackknife(lambda keep: self.whole(losses[keep]), groups, confidence)

    def difference(self, losses: Array, other: Array, groups: Array, confidence: float) -> Interval:
        """Returns the interval of one loss minus another, from the losses of each row."""
        if self.kind != "regression":
            return intervals.mean_interval(losses - other, groups, confidence)
        return intervals.jackknife(
            lambda keep: self.whole(losses[keep]) - self.whole(other[keep]), groups, confidence
        )

    def slice_differences(
        self, codes: Array, groups: Array, losses: Array, other: Array
    ) -> intervals.SliceDifferences:
        """Returns one loss minus another on each slice of rows; `codes`, shape (rows,), count from 0."""
        whole = np.sqrt if self.kind == "regression" else np.asarray
        return intervals.slice_differences(whole, codes, groups, losses, other)

    def always(self, distribution: Distribution, rows: int) -> Array:
        """Returns the constant predictions of the baseline, which knows only the training labels.

        Returns:
            Shape (rows,) or (rows, classes): the share of positives, every class's share, or the mean.
        """
        if self.kind == "multiclass":
            return np.tile(np.asarray(distribution), (rows, 1))
        return np.full(rows, _one_number(distribution))

    def always_named(self, distribution: Distribution) -> str:
        """The constant that `always` predicts, in words."""
        if self.kind == "multiclass":
            return "the training rows' class frequencies"
        if self.kind == "regression":
            return f"the training rows' mean {self.figure(_one_number(distribution))}"
        of_whom = f"of {self.positive} " if self.positive else ""
        return f"the training rate {of_whom}{_one_number(distribution):.3f}"

    def own_named(self, distribution: Distribution) -> str:
        """The same of the judged rows' own labels."""
        if self.kind == "multiclass":
            return "these rows' own class frequencies"
        if self.kind == "regression":
            return f"these rows' own mean {self.figure(_one_number(distribution))}"
        of_whom = f"of {self.positive} " if self.positive else ""
        return f"these rows' own rate {of_whom}{_one_number(distribution):.3f}"

    def answered(self, answers: Array) -> npt.NDArray[np.bool_]:
        """Returns which rows have a valid prediction, shape (rows,)."""
        if self.kind == "regression":
            return np.isfinite(answers)
        right = (answers >= 0) & (answers <= 1)
        return right if answers.ndim == 1 else right.all(axis=1)

    @property
    def answer_name(self) -> str:
        """What a model predicts, in words."""
        return "finite number" if self.kind == "regression" else "probability"

    def figure(self, value: float, sign: str = "") -> str:
        """Writes a loss, a difference of two, or a label's mean."""
        return figure(self.loss_metric, value, sign)


def _one_number(distribution: Distribution) -> float:
    """The share of positives, or the mean."""
    return distribution[1] if isinstance(distribution, list) else distribution


def relation(loss: float, other: float) -> str:
    """Compares one loss with another, in words: "3.2% above", "71% below", "20 times", "equal to"."""
    if loss == other:
        return "equal to"
    side = "below" if loss < other else "above"
    difference = relative(loss, other)
    if difference is None:
        return side
    if difference >= _TIMES - 1:
        return f"{difference + 1:,.0f} times"
    share = abs(difference)
    if share < 0.001:
        return f"less than 0.1% {side}"
    return f"{share:,.0%} {side}" if share >= 0.1 else f"{share:.1%} {side}"


def relative(loss: float, other: float) -> float | None:
    """Returns by which share of `other` the loss is greater; None if it is not defined."""
    return loss / other - 1 if other > 0 and math.isfinite(loss) else None


_MEASURES: Final[Mapping[Kind, Measures]] = {
    "binary": Measures("binary", "Log loss", scores.row_losses, {"auc": scores.auc}),
    "multiclass": Measures("multiclass", "Log loss", scores.class_losses, {"accuracy": scores.accuracy}),
    "regression": Measures("regression", "RMSE", scores.squared_errors, {"r2": scores.r2}),
}


def measures_of(task: Task) -> Measures:
    """Returns the measures of this task."""
    positive = str(task.named[-1]) if task.kind == "binary" and task.named else ""
    return replace(_MEASURES[task.kind], positive=positive)
