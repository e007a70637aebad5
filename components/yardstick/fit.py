"""Fits scikit-learn's default gradient boosting to Arrow tables and measures it; no TensorFlow, no TFX."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from components.yardstick.encode import Coded, Floats, coded, matrix
from components.yardstick.metrics import metrics_of
from perennial.task import NO_CLASS, Task

SEED: Final = 17
# A tree is grown for each class in each of 100 rounds: more classes would take longer than the network does.
MOST_CLASSES: Final = 100
MOST_TREE_ROWS: Final = 1_000_000


@dataclass(frozen=True)
class YardstickResult:
    """What a default gradient boosting is worth on the rows that the candidate is judged by.

    Attributes:
        model: The class of scikit-learn.
        why: Why there is none, as a sentence; "" where there is one.
        metrics: The Evaluator's metrics of it; one that has no value is left out.
        train_rows: How many rows it was fitted to.
        rows: How many it was judged by.
        columns: How many columns it took.
    """

    model: str
    why: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    train_rows: int = 0
    rows: int = 0
    columns: int = 0

    def to_json(self, seconds: float) -> dict[str, Any]:
        """The content of `yardstick.json`; `seconds` is what it cost."""
        import sklearn

        library = f"scikit-learn {sklearn.__version__}"
        return {"format": 1, "library": library, **asdict(self), "seconds": round(seconds, 3)}


class FitFault(Exception):
    """scikit-learn cannot be fitted to these rows or score them; the text is the class of what it raised."""


def none_because(task: Task, why: str) -> YardstickResult:
    """No yardstick, and the reason."""
    return YardstickResult(_name(task), why)


def measure(
    train: pa.Table, judged: Iterable[pa.Table], task: Task, until: str | None = None
) -> YardstickResult:
    """Fits to `train` and judges by `judged`; rows whose label is missing or no class are left out.

    Everything is scikit-learn's default but the seed. Text columns are its own categories, ISO dates numbers.

    Args:
        train: Columns of int64, float or binary, null where missing; the label among them.
        judged: The same columns, in batches.
        task: What is to be answered.
        until: The last day trained on, where the rows to judge by are newer.

    Raises:
        FitFault: scikit-learn raises.
    """
    # Half a second, which a run that is stopped at its data does without.
    import sklearn.ensemble
    from threadpoolctl import threadpool_limits

    # Two threads of OpenMP wait for each other by spinning: where other processes kept both cores busy, the
    # 1.5 s of 100,000 flights became 4 to 48; one thread takes 2.4 s, busy or not.
    with threadpool_limits(1, "openmp"):
        return _measured(getattr(sklearn.ensemble, _name(task)), train, judged, task, until)


def _measured(
    model_class: Any, train: pa.Table, judged: Iterable[pa.Table], task: Task, until: str | None
) -> YardstickResult:
    if len(task.classes) > MOST_CLASSES:
        return none_because(
            task, f"There are {len(task.classes)} classes; at most {MOST_CLASSES} are supported."
        )
    labels, known = _labels(train, task)
    train, labels = _thinned(train.filter(known), labels[known], task)
    if not len(labels):
        return none_because(task, "No training row has a label.")
    if task.classes and len(np.unique(labels)) < 2:
        return none_because(task, "The training rows have only one class.")
    codings = {name: coded(train[name], until) for name in train.column_names if name != task.label}
    taken = {name: coding for name, coding in codings.items() if coding}
    if not taken:
        return none_because(task, "No column has a value.")
    model = _fitted(model_class, train, labels, taken)
    truths, scores = [], []
    for table in judged:
        labels, known = _labels(table, task)
        if known.any():
            truths.append(labels[known])
            scores.append(
                _scores(model, matrix(table.filter(known), list(taken), list(taken.values())), task)
            )
    if not truths:
        return none_because(task, "There are no rows to evaluate on.")
    truth = np.concatenate(truths)
    return YardstickResult(
        model=_name(task),
        metrics=metrics_of(task, truth, np.concatenate(scores)),
        train_rows=train.num_rows,
        rows=len(truth),
        columns=len(taken),
    )


def _name(task: Task) -> str:
    return f"HistGradientBoosting{'Classifier' if task.classes else 'Regressor'}"


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


def _fitted(model_class: Any, train: pa.Table, labels: npt.NDArray[Any], codings: Mapping[str, Coded]) -> Any:
    categorical = [flag for coding in codings.values() for flag in coding.categorical]
    rows = matrix(train, list(codings), list(codings.values()))
    with _of_scikit_learn():
        return model_class(categorical_features=categorical, random_state=SEED).fit(rows, labels)


@contextmanager
def _of_scikit_learn() -> Iterator[None]:
    """Only around scikit-learn's own calls: what it raises is about the table, all else is a bug of ours."""
    try:
        yield
    except Exception as error:  # the edge between scikit-learn and ours; its messages quote values
        raise FitFault(type(error).__name__) from error


def _scores(model: Any, rows: Floats, task: Task) -> Floats:
    """The score matrix of the Evaluator: a probability or a number, shape (rows,), or (rows, classes)."""
    with _of_scikit_learn():
        answers = np.asarray(model.predict_proba(rows) if task.classes else model.predict(rows))
    if not task.classes:
        return answers
    # A class that no train row has gets no probability.
    scores = np.zeros((len(rows), len(task.classes)))
    scores[:, model.classes_] = answers
    return scores if task.kind == "multiclass" else scores[:, 1]
