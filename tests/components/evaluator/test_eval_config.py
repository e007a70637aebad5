"""What TFMA is asked to compute and validate."""

import importlib
import json
from typing import Any

import pytest
import tensorflow_model_analysis as tfma
from pydantic import ValidationError

from components.evaluator.eval_config import eval_config
from components.evaluator.settings import EVALUATIONS, METRICS, BinaryEvaluation
from perennial.task import Task

TASK = Task("binary", "late")

RAW = {
    "threshold": 0.3,
    "slices": ["carrier", {"hour_band": {"column": "sched_dep", "hours": [0, 12, 24]}}],
    "bounds": {"auc": {"min": 0.6}, "log_loss": {"max": 0.8}},
}
SETTINGS = BinaryEvaluation.model_validate(RAW)


def test_the_champion_is_the_baseline_if_there_is_one() -> None:
    alone = eval_config(SETTINGS, TASK, has_champion=False)
    both = eval_config(SETTINGS, TASK, has_champion=True)
    assert [(model.name, model.is_baseline) for model in alone.model_specs] == [("candidate", False)]
    assert [(model.name, model.is_baseline) for model in both.model_specs] == [
        ("candidate", False),
        ("champion", True),
    ]
    assert {model.label_key for model in both.model_specs} == {"late"}


def test_all_rows_and_each_slice_are_computed() -> None:
    specs = eval_config(SETTINGS, TASK, has_champion=True).slicing_specs
    assert [list(spec.feature_keys) for spec in specs] == [[], ["carrier"], ["hour_band"]]


@pytest.mark.parametrize(
    ("task", "settings"),
    [
        (TASK, RAW),
        (Task("multiclass", "kind", ("a", "b", "c")), {"bounds": {"auc": {"min": 0.6}}}),
        (Task("regression", "price"), {"bounds": {"r2": {"min": 0.1}}}),
    ],
)
def test_every_metric_is_one_of_ours_under_the_fields_name(task: Task, settings: Any) -> None:
    of_task = EVALUATIONS[task.kind].model_validate(settings)
    metrics = eval_config(of_task, task, has_champion=True).metrics_specs[0].metrics
    assert [json.loads(metric.config)["name"] for metric in metrics] == list(METRICS[task.kind])
    tfmas = tfma.metrics.metric_types.registered_metrics()
    for metric in metrics:
        # TFMA takes no notice of the module where the class has the name of one of its own.
        assert metric.class_name not in tfmas or tfmas[metric.class_name].__module__ == metric.module
        made = getattr(importlib.import_module(metric.module), metric.class_name)
        assert made(**json.loads(metric.config)).get_config() == json.loads(metric.config)


def test_precision_and_recall_are_at_the_configured_threshold() -> None:
    metrics = eval_config(SETTINGS, TASK, has_champion=False).metrics_specs[0].metrics
    configs = {metric.class_name: json.loads(metric.config) for metric in metrics}
    assert configs["PrecisionAtThreshold"]["threshold"] == 0.3
    assert configs["RecallAtThreshold"]["threshold"] == 0.3


def test_bounds_are_thresholds_of_all_rows_together_alone() -> None:
    metrics = eval_config(SETTINGS, TASK, has_champion=True).metrics_specs[0].metrics
    bounded = {json.loads(each.config)["name"]: each for each in metrics if each.per_slice_thresholds}
    assert set(bounded) == {"auc", "log_loss"}
    for metric in bounded.values():
        assert not metric.HasField("threshold")
        assert list(metric.per_slice_thresholds[0].slicing_specs) == [tfma.SlicingSpec()]
    auc = bounded["auc"].per_slice_thresholds[0].threshold.value_threshold
    assert auc.lower_bound.value == 0.6
    assert not auc.HasField("upper_bound")


def test_json_and_a_mapping_give_the_same() -> None:
    for text in (json.dumps(RAW), SETTINGS.model_dump_json()):
        read = BinaryEvaluation.model_validate_json(text)
        assert eval_config(read, TASK, True) == eval_config(SETTINGS, TASK, True)


def test_no_floor_of_the_auc_is_refused() -> None:
    with pytest.raises(ValidationError, match="minimum AUC"):
        BinaryEvaluation.model_validate({"bounds": {"log_loss": {"max": 0.8}}})
