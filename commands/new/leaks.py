"""Measures how much of the label one column alone reveals, on held-out rows."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from perennial.task import Kind

# Learned and judged on at most so many rows: a share of 0.001 differs from none with far fewer.
MOST_ROWS: Final = 20_000
# With fewer rows to judge by, a column that reveals the label is reported and used: small tables can be easy.
FEWEST_JUDGED: Final = 300
FEWEST_OF_A_CLASS: Final = 30
# Of what answering the most frequent class gets wrong, this share is got right by a leak.
CLASSES_LEAK: Final = 0.998
# Of the label's variance. Levels that rise together for decades (an income and a spending) come to 0.999.
VARIANCE_LEAK: Final = 0.9998
# From here on it is reported, and the column is used.
CLASSES_STRONG: Final = 0.93
VARIANCE_STRONG: Final = 0.99
# A column that is the label in other units: the square of their correlation.
AFFINE: Final = 0.999999
_LEAVES: Final = 512
_SEED: Final = 17

Array = npt.NDArray[Any]


# The reason why a column that is a leak is set aside begins so.
REVEALS_LABEL: Final = "it reveals the label"


@dataclass(frozen=True)
class LeakEvidence:
    """How much of the label a column reveals.

    Attributes:
        is_leak: Whether it reveals all of it.
        is_strong: Whether it reveals nearly all of it, or all of too few rows to be sure.
        measured: What was measured, as the end of a sentence.
    """

    is_leak: bool = False
    is_strong: bool = False
    measured: str = ""


NO_LEAK: Final = LeakEvidence()


def measure_leak(column: Array, label: Array, kind: Kind) -> LeakEvidence:
    """Measures whether one column reveals the label.

    Args:
        column: Shape (rows,): codes of a category (int64, -1 where missing) or numbers (float64, NaN where
            missing).
        label: Shape (rows,): codes of classes (int), or numbers (float64), none missing.
        kind: The task.
    """
    if kind == "regression":
        return _of_number(column, label)
    return _of_classes(column, label)


def _of_classes(column: Array, label: Array) -> LeakEvidence:
    classes = int(label.max()) + 1
    if same := _one_to_one(column, label, classes):
        return same
    learn, judge = _halves(len(label))
    right = _predicted(column, label, learn, judge, classes) == label[judge]
    majority = float(np.bincount(label[judge]).max()) / len(judge)
    accuracy = float(right.mean())
    share = 1 - (1 - accuracy) / (1 - majority) if majority < 1 else 0.0
    enough = len(judge) >= FEWEST_JUDGED and np.bincount(label[judge]).min() >= FEWEST_OF_A_CLASS
    # One row may stand just beside a threshold that was learned from other rows.
    needed = min(CLASSES_LEAK, 1 - 1 / max(1, len(judge) * (1 - majority))) if majority < 1 else 1.0
    is_leak = bool(enough) and share >= needed - 1e-9 and majority < 1
    if not is_leak and share < CLASSES_STRONG:
        return NO_LEAK
    measured = (
        f"on its own it predicts the right class of {accuracy:.2%} of {len(judge):,} held-out rows (the"
        f" most frequent class: {majority:.1%})"
    )
    return LeakEvidence(is_leak=is_leak, is_strong=not is_leak, measured=measured)


def _one_to_one(column: Array, label: Array, classes: int) -> LeakEvidence | None:
    """Whether each value goes with one class and each class with one value: the label in other words."""
    present = ~_missing(column)
    if present.mean() < 0.99:
        return None
    values, codes = np.unique(column[present], return_inverse=True)
    if len(values) != classes or len(present) < FEWEST_OF_A_CLASS:
        return None
    pairs = np.unique(codes.astype(np.int64) * classes + label[present])
    if len(pairs) != classes or len(np.unique(pairs % classes)) != classes:
        return None
    return LeakEvidence(
        is_leak=True,
        measured=f"each of its {classes} values has one class, in all rows, and each class has one value",
    )


def _of_number(column: Array, label: Array) -> LeakEvidence:
    if column.dtype.kind == "f" and (affine := _affine(column, label)):
        return affine
    learn, judge = _halves(len(label))
    if column.dtype.kind == "f":
        # Steps are found by thresholds, and curves between the values that were learned from.
        guesses = [_tree(column, label, learn, judge, "regression"), _between(column, label, learn, judge)]
    else:
        means = _mean_by_code(column[learn], label[learn], int(column.max()) + 2)
        guesses = [means[column[judge] + 1]]
    spread = float(((label[judge] - label[judge].mean()) ** 2).sum())
    missed = min(float(((label[judge] - guess) ** 2).sum()) for guess in guesses)
    explained = 1 - missed / spread if spread else 0.0
    is_leak = explained >= VARIANCE_LEAK and len(judge) >= FEWEST_JUDGED
    if not is_leak and explained < VARIANCE_STRONG:
        return NO_LEAK
    measured = (
        f"on its own it explains {explained:.4%} of the label's variance on {len(judge):,} held-out rows"
    )
    return LeakEvidence(is_leak=is_leak, is_strong=not is_leak, measured=measured)


def _affine(column: Array, label: Array) -> LeakEvidence | None:
    present = ~_missing(column)
    if present.sum() < FEWEST_OF_A_CLASS or present.mean() < 0.5 or np.ptp(column[present]) == 0:
        return None
    if np.ptp(label[present]) == 0:
        return None
    correlation = float(np.corrcoef(column[present], label[present])[0, 1]) ** 2
    if correlation < AFFINE:
        return None
    return LeakEvidence(
        is_leak=True, measured=f"it is the label in other units (squared correlation {correlation:.6f})"
    )


def _predicted(column: Array, label: Array, learn: Array, judge: Array, classes: int) -> Array:
    """The class of each row to judge: of its value's rows the most frequent, or by a tree of thresholds."""
    if column.dtype.kind == "f":
        return _tree(column, label, learn, judge, "classes")
    values = int(column.max()) + 2
    counts = np.zeros((values, classes), np.int64)
    np.add.at(counts, (column[learn] + 1, label[learn]), 1)
    counts[counts.sum(axis=1) == 0] = np.bincount(label[learn], minlength=classes)
    return counts.argmax(axis=1)[column[judge] + 1]


def _tree(column: Array, label: Array, learn: Array, judge: Array, kind: str) -> Array:
    # Here, as scikit-learn takes a second to import.
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    # Below all that is there: that a cell is missing can reveal the label.
    least = np.nanmin(column) if np.isfinite(column).any() else 0.0
    filled = np.where(np.isnan(column), least - 1.0 - abs(least), column)[:, None]
    # Few thresholds for classes: with many, any number that is different in each row would be learned.
    made = (
        DecisionTreeClassifier(max_leaf_nodes=2 * (int(label.max()) + 1), random_state=_SEED)
        if kind == "classes"
        else DecisionTreeRegressor(max_leaf_nodes=_LEAVES, random_state=_SEED)
    )
    return np.asarray(made.fit(filled[learn], label[learn]).predict(filled[judge]))


def _between(column: Array, label: Array, learn: Array, judge: Array) -> Array:
    """The label between its means at the two nearest values that were learned from."""
    present = learn[~np.isnan(column[learn])]
    mean = label[learn].mean()
    if not len(present):
        return np.full(len(judge), mean)
    values, places = np.unique(column[present], return_inverse=True)
    means = np.bincount(places, weights=label[present]) / np.bincount(places)
    return np.where(np.isnan(column[judge]), mean, np.interp(np.nan_to_num(column[judge]), values, means))


def _mean_by_code(codes: Array, label: Array, values: int) -> Array:
    sums = np.bincount(codes + 1, weights=label, minlength=values)
    counts = np.bincount(codes + 1, minlength=values)
    return np.where(counts > 0, sums / np.maximum(counts, 1), label.mean())


def _halves(rows: int) -> tuple[Array, Array]:
    order = np.random.default_rng(_SEED).permutation(rows)[:MOST_ROWS]
    return order[: len(order) // 2], order[len(order) // 2 :]


def _missing(column: Array) -> Array:
    return np.isnan(column) if column.dtype.kind == "f" else column < 0
