"""Evaluation settings: what is read, and what is refused where. The words: tests/pipeline/test_explain.py."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from components.evaluator.settings import (
    EVALUATIONS,
    METRICS,
    BinaryEvaluation,
    Bound,
    MulticlassEvaluation,
    RegressionEvaluation,
    SliceBy,
)

FLOOR = {"bounds": {"auc": {"min": 0.6}}}
R2_FLOOR = {"bounds": {"r2": {"min": -0.5}}}
EVERYTHING = {
    "threshold": 0.3,
    "slices": [
        "carrier",
        {"hour_band": {"column": "when", "hours": [0, 12, 24]}},
        {"to": {"column": "dest"}},
    ],
    "bounds": {"auc": {"min": 0.6}, "calibration": {"min": 0.8, "max": 1.2}},
    "anchors": {"max_log_loss_increase": 0.02},
    "champion": {"confidence": 0.9, "when_inconclusive": "keep", "max_worse": 0.03},
    "slice_bounds": {"min_rows": 300, "max_increase": 0.1},
    "min_days": 7,
}


def _read(change: dict[str, Any]) -> BinaryEvaluation:
    return BinaryEvaluation.model_validate(FLOOR | change)


def _refused_at(kind: Any, raw: dict[str, Any]) -> list[str]:
    """The keys that are refused, dotted, each of a list by its number."""
    with pytest.raises(ValidationError) as caught:
        EVALUATIONS[kind].model_validate(raw)
    errors = caught.value.errors()
    return [
        ".".join(map(str, (*each["loc"], *getattr(each.get("ctx", {}).get("error"), "at", ()))))
        for each in errors
    ]


def test_an_auc_floor_alone_is_enough() -> None:
    settings = _read({})
    assert settings.bounds == {"auc": Bound(min=0.6)}
    champion = settings.champion
    assert (settings.threshold, champion.confidence, champion.when_inconclusive) == (0.5, 0.95, "push")
    assert champion.max_worse == 0.01
    assert settings.min_days == 5


def test_every_setting_is_read_from_json_as_from_a_mapping() -> None:
    settings = BinaryEvaluation.model_validate_json(json.dumps(EVERYTHING))
    assert settings == BinaryEvaluation.model_validate(EVERYTHING)
    assert settings.cuts == (
        SliceBy("carrier", "carrier"),
        SliceBy("hour_band", "when", (0, 12, 24)),
        SliceBy("to", "dest"),
    )
    assert settings.bounds["calibration"] == Bound(min=0.8, max=1.2)
    limits = settings.slice_bounds
    assert (settings.anchors.max_increase, limits.min_rows, limits.max_increase) == (0.02, 300, 0.1)
    champion = settings.champion
    assert (champion.confidence, champion.when_inconclusive, champion.max_worse) == (0.9, "keep", 0.03)
    assert settings.min_days == 7


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("binary", FLOOR),
        ("binary", EVERYTHING),
        ("multiclass", FLOOR),
        ("regression", R2_FLOOR),
        ("regression", R2_FLOOR | {"anchors": {"max_rmse_increase": 250}}),
    ],
)
def test_what_the_evaluator_is_given_is_what_a_use_case_has(kind: Any, raw: dict[str, Any]) -> None:
    settings = EVALUATIONS[kind].model_validate(raw)
    assert EVALUATIONS[kind].model_validate_json(settings.model_dump_json()) == settings


def test_each_task_has_its_own() -> None:
    assert set(EVALUATIONS) == set(METRICS)
    assert {kind: each.kind for kind, each in EVALUATIONS.items()} == {kind: kind for kind in METRICS}


def test_the_yardstick_is_asked_for_unless_it_is_not() -> None:
    assert _read({}).yardstick
    assert not _read({"yardstick": False}).yardstick


def test_few_anchors_are_a_setting() -> None:
    assert _read({}).anchors.min_rows == 100
    assert _read({"anchors": {"min_rows": 7}}).anchors.min_rows == 7


def test_a_setting_leaves_its_neighbours_their_defaults() -> None:
    assert _read({"anchors": {"min_rows": 7}}).anchors.max_increase == 0.01
    assert _read({"slice_bounds": {"min_rows": 7}}).slice_bounds.max_increase == 0.3
    assert _read({"slice_bounds": {"max_increase": 1}}).slice_bounds.min_rows == 200


def test_several_classes_have_the_same_margins_as_two_and_metrics_of_their_own() -> None:
    settings = MulticlassEvaluation.model_validate(
        {"bounds": {"auc": {"min": 0.6}, "accuracy": {"min": 0.5}}}
    )
    assert (settings.anchors.max_increase, settings.slice_bounds.max_increase) == (0.01, 0.3)
    assert set(settings.bounds) == {"auc", "accuracy"}


def test_a_regressions_margin_of_anchors_is_in_the_labels_unit_and_has_no_default() -> None:
    settings = RegressionEvaluation.model_validate(R2_FLOOR)
    assert settings.bounds == {"r2": Bound(min=-0.5)}
    assert settings.anchors.max_increase is None
    assert settings.slice_bounds.max_increase == 0.3
    settings = RegressionEvaluation.model_validate(R2_FLOOR | {"anchors": {"max_rmse_increase": 250}})
    assert settings.anchors.max_increase == 250


@pytest.mark.parametrize(
    ("kind", "raw", "at"),
    [
        ("multiclass", {}, "bounds.auc.min"),
        ("multiclass", FLOOR | {"threshold": 0.5}, "threshold"),
        ("multiclass", {"bounds": {"auc_pr": {"min": 0.5}}}, "bounds.auc_pr.[key]"),
        ("regression", {}, "bounds.r2.min"),
        ("regression", FLOOR, "bounds.auc.[key]"),
        (
            "regression",
            {"bounds": {"r2": {"min": 0}}, "anchors": {"max_log_loss_increase": 1}},
            "anchors.max_log_loss_increase",
        ),
    ],
)
def test_what_another_task_would_be_asked_is_refused(kind: Any, raw: dict[str, Any], at: str) -> None:
    assert _refused_at(kind, raw) == [at]


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"bounds": {}}, "bounds.auc.min"),
        ({"bounds": {"auc": {"max": 0.9}}}, "bounds.auc.min"),
        ({"bounds": {"auc": {"min": None}}}, "bounds.auc.min"),
        ({"bounds": {"auc": {"min": "high"}}}, "bounds.auc.min"),
        ({"bounds": {"auc": {"min": float("nan")}}}, "bounds.auc.min"),
        ({"bounds": {"accuracy": {"min": 0.5}}}, "bounds.accuracy.[key]"),
        ({"bounds": [1]}, "bounds"),
        ({"slice": []}, "slice"),
        ({"slices": "carrier"}, "slices"),
        ({"slices": ["carrier", "carrier"]}, "slices"),
        ({"slices": ["carrier", {"carrier": {"column": "dest"}}]}, "slices"),
        ({"slices": [7]}, "slices.0.constrained-str"),
        ({"slices": [{"hour_band": {"column": "when", "hours": [10, 6]}}]}, "hour_band.hours"),
        ({"slices": [{"hour_band": {"column": "when", "hours": [6]}}]}, "hour_band.hours"),
        ({"slices": [{"hour_band": {"column": "when", "hours": [6, 25]}}]}, "hour_band.hours.1"),
        ({"slices": [{"hour_band": {"hours": [6, 24]}}]}, "hour_band.column"),
        ({"slices": [{"a": {"column": "when"}, "b": {"column": "when"}}]}, "slices.0"),
        ({"threshold": 1.5}, "threshold"),
        ({"threshold": True}, "threshold"),
        ({"yardstick": "yes"}, "yardstick"),
        ({"anchors": {"min_rows": 0}}, "anchors.min_rows"),
        ({"champion": {"when_inconclusive": "maybe"}}, "champion.when_inconclusive"),
        ({"champion": {"confidence": 95}}, "champion.confidence"),
        ({"champion": {"max_worse": -0.01}}, "champion.max_worse"),
        ({"slice_bounds": {"max_log_loss_increase": 0.1}}, "slice_bounds.max_log_loss_increase"),
        ({"min_days": 4}, "min_days"),
    ],
)
def test_what_cannot_be_meant_is_refused(change: dict[str, Any], at: str) -> None:
    assert any(at in each for each in _refused_at("binary", FLOOR | change))
