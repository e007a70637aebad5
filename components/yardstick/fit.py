"""Fits the yardstick's two models to Arrow tables and keeps the better; no TensorFlow, no TFX."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from components.yardstick.encode import Coded, Floats, coded, matrix
from components.yardstick.metrics import metrics_of
from components.yardstick.models import FAMILIES, LOSS, SEED, ColumnKinds, FitFault, YardstickModel
from perennial.task import NO_CLASS, Task

# A tree is grown for each class in each of 100 rounds: more classes would take longer than the network does.
MOST_CLASSES: Final = 100
MOST_TREE_ROWS: Final = 1_000_000


@dataclass(frozen=True)
class YardstickResult:
    """What the better of two models of scikit-learn is worth on the rows that the candidate is judged by.

    Attributes:
        model: The class of scikit-learn; "" where there is none.
        name: Its name in a sentence.
        why: Why there is none, as a sentence; "" where there is one.
        metrics: The Evaluator's metrics of it; one that has no value is left out.
        losses: The loss of each of the two that has one, by the class of scikit-learn.
        train_rows: How many rows it was fitted to.
        rows: How many it was judged by.
        columns: How many columns it took.
        answers: Its answers to all rows to judge by, in their order, float32, shape (rows,) or
            (rows, classes); None where there is none. Not in `yardstick.json`.
    """

    model: str = ""
    name: str = ""
    why: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    losses: Mapping[str, float] = field(default_factory=dict)
    train_rows: int = 0
    rows: int = 0
    columns: int = 0
    answers: npt.NDArray[np.float32] | None = None

    def to_json(self, seconds: float) -> dict[str, Any]:
        """The content of `yardstick.json`; `seconds` is what it cost."""
        import sklearn

        content = {name: value for name, value in vars(self).items() if name != "answers"}
        library = f"scikit-learn {sklearn.__version__}"
        return {"format": 1, "library": library, **content, "seconds": round(seconds, 3)}


@dataclass(frozen=True)
class _Judged:
    """The rows to judge by.

    Attributes:
        rows: The matrix, shape (rows, width).
        labels: Shape (rows,): codes of classes, or numbers.
        known: Which rows have a label, shape (rows,).
    """

    rows: Floats
    labels: npt.NDArray[Any]
    known: npt.NDArray[np.bool_]


def none_because(why: str) -> YardstickResult:
    """No yardstick, and the reason."""
    return YardstickResult(why=why)


def measure(
    train: pa.Table, judged: Iterable[pa.Table], task: Task, until: str | None = None
) -> YardstickResult:
    """Fits both models to `train` and keeps the one with the lower loss on `judged`.

    The choice by the judged rows favours the yardstick: it is the harder of the two to beat. Rows whose label
    is missing or no class are left out of the fit and of the metrics.

    Args:
        train: Columns of int64, float or binary, null where missing; the label among them.
        judged: The same columns, in batches.
        task: What is to be answered.
        until: The last day trained on, where the rows to judge by are newer.

    Raises:
        FitFault: scikit-learn raises for both.
    """
    # Half a second, which a run that is stopped at its data does without.
    from threadpoolctl import threadpool_limits

    # Two threads of OpenMP wait for each other by spinning: where other processes kept both cores busy, the
    # 1.5 s of 100,000 flights became 4 to 48; one thread takes 2.4 s, busy or not.
    with threadpool_limits(1):
        return _measured(train, judged, task, until)


def _measured(train: pa.Table, judged: Iterable[pa.Table], task: Task, until: str | None) -> YardstickResult:
    if len(task.classes) > MOST_CLASSES:
        return none_because(f"There are {len(task.classes)} classes; at most {MOST_CLASSES} are supported.")
    labels, known = _labels(train, task)
    train, labels = _thinned(train.filter(known), labels[known], task)
    if not len(labels):
        return none_because("No training row has a label.")
    if task.classes and len(np.unique(labels)) < 2:
        return none_because("The training rows have only one class.")
    codings = {name: coded(train[name], until) for name in train.column_names if name != task.label}
    taken = {name: coding for name, coding in codings.items() if coding}
    if not taken:
        return none_because("No column has a value.")
    rows = _judged(judged, taken, task)
    if rows is None:
        return none_because("There are no rows to evaluate on.")
    kinds = ColumnKinds(
        [flag for coding in taken.values() for flag in coding.categorical],
        [flag for coding in taken.values() for flag in coding.one_hot],
    )
    model, answers, losses = _better(
        task, matrix(train, list(taken), list(taken.values())), labels, kinds, rows
    )
    return YardstickResult(
        model=model.class_name,
        name=model.name,
        metrics=metrics_of(task, rows.labels[rows.known], answers[rows.known]),
        losses=losses,
        train_rows=train.num_rows,
        rows=int(rows.known.sum()),
        columns=len(taken),
        answers=answers.astype(np.float32),
    )


def _better(
    task: Task, train: Floats, labels: npt.NDArray[Any], kinds: ColumnKinds, judged: _Judged
) -> tuple[YardstickModel, Floats, dict[str, float]]:
    """Fits both, and returns the better with its answers, and the loss of each that could be fitted."""
    tried: list[tuple[float, YardstickModel, Floats]] = []
    fault = FitFault()
    for family in FAMILIES:
        model = YardstickModel(family, task)
        try:
            answers = model.scores(model.fitted(train, labels, kinds), judged.rows)
        except FitFault as error:
            fault = error
            continue
        metrics = metrics_of(task, judged.labels[judged.known], answers[judged.known])
        if LOSS[task.kind] in metrics:
            tried.append((metrics[LOSS[task.kind]], model, answers))
    if not tried:
        raise fault
    _, model, answers = min(tried, key=lambda each: each[0])
    return model, answers, {each.class_name: loss for loss, each, _ in tried}


def _judged(tables: Iterable[pa.Table], taken: Mapping[str, Coded], task: Task) -> _Judged | None:
    """The rows to judge by; None where none has a label."""
    rows, labels, known = [], [], []
    for table in tables:
        values, has_label = _labels(table, task)
        rows.append(matrix(table, list(taken), list(taken.values())))
        labels.append(values)
        known.append(np.asarray(has_label, bool))
    if not any(each.any() for each in known):
        return None
    return _Judged(np.concatenate(rows), np.concatenate(labels), np.concatenate(known))


def _labels(table: pa.Table, task: Task) -> tuple[npt.NDArray[Any], pa.Array]:
    """The labels, codes of classes or numbers, shape (rows,), and which rows have one."""
    column = table[task.label]
    if not task.classes:
        values = column.cast(pa.float64()).to_numpy()
        return values, np.isfinite(values)
    # Where it is missing any value does: the mask says so.
    filled = (
        column if not column.null_count else column.fill_null(b"" if pa.types.is_binary(column.type) else 0)
    )
    codes = task.codes(filled.to_numpy())
    codes[column.is_null().to_numpy()] = NO_CLASS
    return codes, codes != NO_CLASS


def _thinned(train: pa.Table, labels: npt.NDArray[Any], task: Task) -> tuple[pa.Table, npt.NDArray[Any]]:
    """Fewer rows where there are many classes, and none of a class that has a single one.

    scikit-learn parts the rows by class to stop early, and refuses a class that it cannot part.
    """
    most = MOST_TREE_ROWS // max(task.outputs, 1)
    keep = np.ones(len(labels), bool)
    if len(labels) > most:
        keep[:] = False
        keep[np.random.default_rng(SEED).choice(len(labels), most, replace=False)] = True
    if task.classes:
        keep &= np.bincount(labels[keep], minlength=len(task.classes))[labels] > 1
    return (train, labels) if keep.all() else (train.filter(keep), labels[keep])
