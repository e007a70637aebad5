"""The two models of scikit-learn that a notebook would begin with: default boosting, and a linear one."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from components.yardstick.encode import Floats
from perennial.task import Kind, Task

SEED: Final = 17
Family = Literal["boosting", "linear"]
# A linear model learns nothing of a text that fewer rows have, and its matrix stays narrow.
LEAST_ROWS_OF_A_TEXT: Final = 20


class FitFault(Exception):
    """scikit-learn cannot be fitted to these rows or score them; the text is the class of what it raised."""


@dataclass(frozen=True)
class ColumnKinds:
    """What the columns of a matrix are, flags of shape (width,).

    Attributes:
        categories: Codes of texts, which have no order.
        one_hot: Those, and numbers of few values whose order says little: month and weekday.
    """

    categories: Sequence[bool]
    one_hot: Sequence[bool]


@dataclass(frozen=True)
class YardstickModel:
    """One of the two.

    Attributes:
        family: Which.
        task: What is to be answered.
    """

    family: Family
    task: Task

    @property
    def class_name(self) -> str:
        """The class of scikit-learn."""
        return _CLASSES[self.family][bool(self.task.classes)]

    @property
    def name(self) -> str:
        """Its name in a sentence."""
        if self.family == "boosting":
            return "default gradient boosting"
        return "logistic regression" if self.task.classes else "ridge regression"

    def fitted(self, rows: Floats, labels: npt.NDArray[Any], kinds: ColumnKinds) -> Any:
        """Fits it.

        Args:
            rows: Shape (rows, width), NaN where missing.
            labels: Shape (rows,): codes of classes, or numbers.
            kinds: What the columns are.

        Returns:
            The estimator of scikit-learn.

        Raises:
            FitFault: scikit-learn raises.
        """
        with of_scikit_learn():
            estimator = _boosting(self, kinds) if self.family == "boosting" else _linear(self, kinds)
            return estimator.fit(rows, labels)

    def scores(self, estimator: Any, rows: Floats) -> Floats:
        """The score matrix of the Evaluator: a probability or a number, shape (rows,), or (rows, classes).

        Raises:
            FitFault: scikit-learn raises.
        """
        with of_scikit_learn():
            answers = np.asarray(
                estimator.predict_proba(rows) if self.task.classes else estimator.predict(rows)
            )
        if not self.task.classes:
            return answers
        # A class that no train row has gets no probability.
        scores = np.zeros((len(rows), len(self.task.classes)))
        scores[:, estimator.classes_] = answers
        return scores if self.task.kind == "multiclass" else scores[:, 1]


_CLASSES: Final[dict[Family, tuple[str, str]]] = {
    "boosting": ("HistGradientBoostingRegressor", "HistGradientBoostingClassifier"),
    "linear": ("Ridge", "LogisticRegression"),
}
FAMILIES: Final[tuple[Family, ...]] = ("boosting", "linear")
# The metric by which the better of the two is chosen: what the Evaluator compares by.
LOSS: Final[dict[Kind, str]] = {"binary": "log_loss", "multiclass": "log_loss", "regression": "rmse"}


def _boosting(model: YardstickModel, kinds: ColumnKinds) -> Any:
    """Every default, and a fixed seed."""
    import sklearn.ensemble

    made = getattr(sklearn.ensemble, model.class_name)
    return made(categorical_features=list(kinds.categories), random_state=SEED)


def _linear(model: YardstickModel, kinds: ColumnKinds) -> Any:
    """Gaps filled with the mean and marked, numbers scaled, categories one-hot; C and alpha are 1."""
    from sklearn import linear_model
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    one_hot = np.flatnonzero(kinds.one_hot)
    numbers = np.setdiff1d(np.arange(len(kinds.one_hot)), one_hot)
    filled = make_pipeline(SimpleImputer(add_indicator=True, keep_empty_features=True), StandardScaler())
    texts = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=LEAST_ROWS_OF_A_TEXT)
    columns = make_column_transformer((filled, numbers), (texts, one_hot))
    return make_pipeline(columns, getattr(linear_model, model.class_name)())


@contextmanager
def of_scikit_learn() -> Iterator[None]:
    """Only around scikit-learn's own calls: what it raises is about the table, all else is a bug of ours."""
    from sklearn.exceptions import ConvergenceWarning

    try:
        with warnings.catch_warnings():
            # A search that ends early is still a model, and it is judged as it is.
            warnings.simplefilter("ignore", ConvergenceWarning)
            yield
    except Exception as error:  # the edge between scikit-learn and ours; its messages quote values
        raise FitFault(type(error).__name__) from error
