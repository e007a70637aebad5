"""TFMA metrics whose combiner takes a whole bundle of labels and predictions at once.

TFMA's own go through every row in Python, once per slice, model and metric, and its `BinaryCrossEntropy`
counts the first of several accumulators twice. Here one combiner keeps a slice's labels and predictions (of a
binary task 5 bytes a row), and every metric is computed from them exactly, not from a histogram.
"""

import functools
from collections.abc import Callable, Iterable
from typing import Any

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import tensorflow_model_analysis as tfma

from perennial import scores

Statistic = Callable[..., float]
_Chunks = list[tuple[npt.NDArray[Any], npt.NDArray[np.float32]]]


class _KeepRows(beam.CombineFn):
    """Keeps the labels and predictions of one model."""

    def __init__(self, key: Any) -> None:
        """Keeps them under `key`, whose model's predictions are taken."""
        self._key = key

    def create_accumulator(self) -> _Chunks:
        return []

    def add_input(self, accumulator: _Chunks, element: Any) -> _Chunks:
        labels = np.asarray(element[tfma.LABELS_KEY])
        predictions = element[tfma.PREDICTIONS_KEY]
        # TFMA drops the model's name where there is one model.
        if isinstance(predictions, dict):
            predictions = predictions[self._key.model_name or next(iter(predictions))]
        accumulator.append((labels, np.asarray(predictions, np.float32)))
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[_Chunks]) -> _Chunks:
        return [chunk for accumulator in accumulators for chunk in accumulator]

    def compact(self, accumulator: _Chunks) -> _Chunks:
        if len(accumulator) < 2:
            return accumulator
        labels, predictions = zip(*accumulator, strict=True)
        return [(np.concatenate(labels), np.concatenate(predictions))]

    def extract_output(self, accumulator: _Chunks) -> dict[Any, _Chunks]:
        # Beam merges in any order; summed in one order, floats are the same to the last bit everywhere.
        labels, predictions = self.compact(accumulator)[0]
        order = np.lexsort((labels, *predictions.reshape(len(labels), -1).T))
        return {self._key: [(labels[order], predictions[order])]}


def _computations(name: str, statistic: Statistic, model_name: str) -> list[Any]:
    """Returns TFMA's computations of a metric: the rows, kept once for all, and what derives from them."""
    rows = tfma.metrics.MetricKey(name="_rows", model_name=model_name)
    key = tfma.metrics.MetricKey(name=name, model_name=model_name)

    def result(metrics: dict[Any, Any]) -> dict[Any, float]:
        labels, predictions = metrics[rows][0]
        return {key: statistic(labels, predictions)}

    return [
        tfma.metrics.MetricComputation(keys=[rows], preprocessors=None, combiner=_KeepRows(rows)),
        tfma.metrics.DerivedMetricComputation(keys=[key], result=result),
    ]


class _RowsMetric(tfma.metrics.Metric):
    """A metric that is a function of all the labels and predictions of a slice."""

    def __init__(self, name: str, statistic: Statistic, **config: Any) -> None:
        """Computes `statistic` under `name`, once a model; `config` are its keywords, kept by TFMA."""

        def computations(name: str, model_names: list[str] | None = None, **config: Any) -> list[Any]:
            configured = functools.partial(statistic, **config)
            made = [_computations(name, configured, model) for model in model_names or [""]]
            return [computation for each in made for computation in each]

        super().__init__(computations, name=name, **config)


class BinaryLogLoss(_RowsMetric):
    """Mean negative log likelihood; see `scores.log_loss`."""

    def __init__(self, name: str = "log_loss") -> None:
        """Makes the metric."""
        super().__init__(name, scores.log_loss)


class ExactAUC(_RowsMetric):
    """Area under the ROC curve; see `scores.auc`."""

    def __init__(self, name: str = "auc") -> None:
        """Makes the metric."""
        super().__init__(name, scores.auc)


class ExactAUCPrecisionRecall(_RowsMetric):
    """Average precision; see `scores.auc_pr`."""

    def __init__(self, name: str = "auc_pr") -> None:
        """Makes the metric."""
        super().__init__(name, scores.auc_pr)


class PrecisionAtThreshold(_RowsMetric):
    """Precision at one threshold; see `scores.precision`."""

    def __init__(self, name: str = "precision", threshold: float = 0.5) -> None:
        """Makes the metric."""
        super().__init__(name, scores.precision, threshold=threshold)


class RecallAtThreshold(_RowsMetric):
    """Recall at one threshold; see `scores.recall`."""

    def __init__(self, name: str = "recall", threshold: float = 0.5) -> None:
        """Makes the metric."""
        super().__init__(name, scores.recall, threshold=threshold)


class CalibrationInTheLarge(_RowsMetric):
    """Sum of predictions over sum of labels; see `scores.calibration`."""

    def __init__(self, name: str = "calibration") -> None:
        """Makes the metric."""
        super().__init__(name, scores.calibration)


class ClassLogLoss(_RowsMetric):
    """Mean negative log likelihood of several classes; see `scores.class_log_loss`."""

    def __init__(self, name: str = "log_loss") -> None:
        """Makes the metric."""
        super().__init__(name, scores.class_log_loss)


class ShareRight(_RowsMetric):
    """Accuracy of the likeliest class; see `scores.accuracy`."""

    def __init__(self, name: str = "accuracy") -> None:
        """Makes the metric."""
        super().__init__(name, scores.accuracy)


class MacroAUC(_RowsMetric):
    """Mean area under the ROC curves of each class against the rest; see `scores.macro_auc`."""

    def __init__(self, name: str = "auc") -> None:
        """Makes the metric."""
        super().__init__(name, scores.macro_auc)


class MacroF1(_RowsMetric):
    """Mean F1 score of the classes; see `scores.macro_f1`."""

    def __init__(self, name: str = "f1_macro") -> None:
        """Makes the metric."""
        super().__init__(name, scores.macro_f1)


class ExactRMSE(_RowsMetric):
    """Root of the mean squared error; see `scores.rmse`."""

    def __init__(self, name: str = "rmse") -> None:
        """Makes the metric."""
        super().__init__(name, scores.rmse)


class ExactMAE(_RowsMetric):
    """Mean absolute error; see `scores.mae`."""

    def __init__(self, name: str = "mae") -> None:
        """Makes the metric."""
        super().__init__(name, scores.mae)


class ExactR2(_RowsMetric):
    """Share of the labels' variance that is explained; see `scores.r2`."""

    def __init__(self, name: str = "r2") -> None:
        """Makes the metric."""
        super().__init__(name, scores.r2)


class MeanBias(_RowsMetric):
    """Mean prediction minus mean label; see `scores.bias`."""

    def __init__(self, name: str = "bias") -> None:
        """Makes the metric."""
        super().__init__(name, scores.bias)


class RowCount(_RowsMetric):
    """Number of rows (TFMA's `ExampleCount` would count groups of rows)."""

    def __init__(self, name: str = "example_count") -> None:
        """Makes the metric."""
        super().__init__(name, lambda labels, _: float(len(labels)))
