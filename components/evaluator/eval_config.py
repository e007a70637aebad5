"""Turns a use case's evaluation settings into TFMA's `EvalConfig`: models, metrics, slices, thresholds."""

import json
from collections.abc import Mapping
from typing import Any, Final

import tensorflow_model_analysis as tfma
from google.protobuf import wrappers_pb2

from components.evaluator import metrics
from components.evaluator.settings import BinaryEvaluation, Bound, EvaluationSettings
from perennial.task import Kind, Task

CANDIDATE = "candidate"
CHAMPION = "champion"

# Imported, not named by text, so that the Evaluator's source digest sees an edit to them.
_METRIC_CLASSES: Final[Mapping[Kind, Mapping[str, type]]] = {
    "binary": {
        "log_loss": metrics.BinaryLogLoss,
        "auc": metrics.ExactAUC,
        "auc_pr": metrics.ExactAUCPrecisionRecall,
        "precision": metrics.PrecisionAtThreshold,
        "recall": metrics.RecallAtThreshold,
        "calibration": metrics.CalibrationInTheLarge,
        "example_count": metrics.RowCount,
    },
    "multiclass": {
        "log_loss": metrics.ClassLogLoss,
        "accuracy": metrics.ShareRight,
        "auc": metrics.MacroAUC,
        "f1_macro": metrics.MacroF1,
        "example_count": metrics.RowCount,
    },
    "regression": {
        "rmse": metrics.ExactRMSE,
        "mae": metrics.ExactMAE,
        "r2": metrics.ExactR2,
        "bias": metrics.MeanBias,
        "example_count": metrics.RowCount,
    },
}
_AT_THRESHOLD = ("precision", "recall")


def eval_config(settings: EvaluationSettings, task: Task, has_champion: bool) -> tfma.EvalConfig:
    """Returns what TFMA computes and validates.

    Args:
        settings: Of the task, the `evaluation` section of the use case.
        task: What the model is to answer.
        has_champion: Whether there is a live model to compare with; it becomes TFMA's baseline.

    Returns:
        Model specs `candidate` and, if there is one, `champion`; the task's metrics in the field's names;
        slicing specs overall and one per configured slice; and the absolute bounds as thresholds of the
        overall slice alone (`MetricConfig.threshold` would apply to every slice). The comparison with the
        champion is not among the thresholds: TFMA's validator does not look at intervals.
    """
    models = [tfma.ModelSpec(name=CANDIDATE, label_key=task.label, prediction_key=CANDIDATE)]
    if has_champion:
        models.append(
            tfma.ModelSpec(name=CHAMPION, label_key=task.label, prediction_key=CHAMPION, is_baseline=True)
        )
    return tfma.EvalConfig(
        model_specs=models,
        metrics_specs=[
            tfma.MetricsSpec(
                metrics=[_metric(*named, settings) for named in _METRIC_CLASSES[task.kind].items()],
                model_names=[model.name for model in models],
            )
        ],
        slicing_specs=[
            tfma.SlicingSpec(),
            *(tfma.SlicingSpec(feature_keys=[cut.name]) for cut in settings.cuts),
        ],
        options=tfma.Options(include_default_metrics=wrappers_pb2.BoolValue(value=False)),
    )


def _metric(name: str, made: type, settings: EvaluationSettings) -> tfma.MetricConfig:
    """Returns one metric with its bound, if it has one."""
    config: dict[str, Any] = {"name": name}
    if name in _AT_THRESHOLD and isinstance(settings, BinaryEvaluation):
        config["threshold"] = settings.threshold
    metric = tfma.MetricConfig(
        class_name=made.__name__, module=made.__module__, config=json.dumps(config, sort_keys=True)
    )
    bound = settings.bounds.get(name)
    if bound is not None:
        metric.per_slice_thresholds.append(
            tfma.PerSliceMetricThreshold(slicing_specs=[tfma.SlicingSpec()], threshold=_threshold(bound))
        )
    return metric


def _threshold(bound: Bound) -> tfma.MetricThreshold:
    """Returns TFMA's form of an absolute bound."""
    value = tfma.GenericValueThreshold()
    if bound.min is not None:
        value.lower_bound.value = bound.min
    if bound.max is not None:
        value.upper_bound.value = bound.max
    return tfma.MetricThreshold(value_threshold=value)
