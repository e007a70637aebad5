"""Evaluation settings: what is read, and what is refused with what to do."""

import json
from typing import Any

import pytest

from components.evaluator.settings import Bound, SliceBy, parse_settings
from perennial.errors import ConfigError

FLOOR = {"bounds": {"auc": {"min": 0.6}}}


def test_an_auc_floor_alone_is_enough() -> None:
    settings = parse_settings(FLOOR)
    assert settings.bounds == {"auc": Bound(0.6)}
    assert (settings.threshold, settings.confidence, settings.when_inconclusive) == (0.5, 0.95, "push")
    assert settings.min_days == 5


def test_everything_said_is_read_from_json_as_from_a_mapping() -> None:
    raw = {
        "threshold": 0.3,
        "slices": [
            "carrier",
            {"hour_band": {"column": "when", "hours": [0, 12, 24]}},
            {"to": {"column": "dest"}},
        ],
        "bounds": {"auc": {"min": 0.6}, "calibration": {"min": 0.8, "max": 1.2}},
        "anchors": {"max_log_loss_increase": 0.02},
        "champion": {"confidence": 0.9, "when_inconclusive": "keep"},
        "slice_bounds": {"min_rows": 300, "max_log_loss_increase": 0.1},
        "min_days": 7,
    }
    settings = parse_settings(json.dumps(raw))
    assert settings == parse_settings(raw)
    assert settings.slices == (
        SliceBy("carrier", "carrier"),
        SliceBy("hour_band", "when", (0, 12, 24)),
        SliceBy("to", "dest"),
    )
    assert settings.bounds["calibration"] == Bound(0.8, 1.2)
    assert (settings.anchor_margin, settings.slice_min_rows, settings.slice_margin) == (0.02, 300, 0.1)
    assert (settings.confidence, settings.when_inconclusive, settings.min_days) == (0.9, "keep", 7)


def test_the_yardstick_is_asked_for_unless_it_is_not() -> None:
    assert parse_settings(FLOOR).yardstick
    assert not parse_settings(FLOOR | {"yardstick": False}).yardstick


def test_few_anchors_are_a_setting() -> None:
    assert parse_settings(FLOOR).anchor_min_rows == 100
    assert parse_settings(FLOOR | {"anchors": {"min_rows": 7}}).anchor_min_rows == 7


def test_several_classes_have_the_same_margins_as_two_and_metrics_of_their_own() -> None:
    settings = parse_settings({"bounds": {"auc": {"min": 0.6}, "accuracy": {"min": 0.5}}}, "multiclass")
    assert (settings.anchor_margin, settings.slice_margin) == (0.01, 0.15)
    assert set(settings.bounds) == {"auc", "accuracy"}


def test_a_regressions_margins_are_in_the_labels_unit_and_have_no_default() -> None:
    floor = {"bounds": {"r2": {"min": -0.5}}}
    assert parse_settings(floor, "regression").bounds == {"r2": Bound(-0.5)}
    assert parse_settings(floor, "regression").anchor_margin is None
    margins = {"anchors": {"max_rmse_increase": 250}, "slice_bounds": {"max_rmse_increase": 1e3}}
    settings = parse_settings(floor | margins, "regression")
    assert (settings.anchor_margin, settings.slice_margin) == (250, 1000)


@pytest.mark.parametrize(
    ("kind", "raw", "says"),
    [
        ("multiclass", {}, "multiclass task need a floor of the AUC"),
        ("multiclass", FLOOR | {"threshold": 0.5}, "unknown key `threshold`"),
        ("multiclass", {"bounds": {"auc_pr": {"min": 0.5}}}, "unknown key `bounds.auc_pr`"),
        ("regression", {}, "regression task need a floor of R²"),
        ("regression", FLOOR, "unknown key `bounds.auc`"),
        (
            "regression",
            {"bounds": {"r2": {"min": 0}}, "anchors": {"max_log_loss_increase": 1}},
            r"`anchors.max_log_loss_increase` \(did you mean `max_rmse_increase`",
        ),
    ],
)
def test_what_another_task_would_be_asked_is_refused(kind: Any, raw: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        parse_settings(raw, kind)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"bounds": {}}, "floor of the AUC"),
        ({"bounds": {"auc": {"max": 0.9}}}, "floor of the AUC"),
        ({"bounds": {"auc": {"min": "high"}}}, "`bounds.auc.min`"),
        ({"bounds": {"accuracy": {"min": 0.5}}}, "`bounds.accuracy`"),
        ({"bounds": [1]}, "a list came"),
        ({"slice": []}, "`slice`"),
        ({"slices": "carrier"}, "a list as `slices`"),
        ({"slices": ["carrier", "carrier"]}, "twice"),
        ({"slices": [7]}, "column's name"),
        ({"slices": [{"hour_band": {"column": "when", "hours": [10, 6]}}]}, "ascending"),
        ({"slices": [{"hour_band": {"column": "when", "hours": [6]}}]}, "two or more"),
        ({"threshold": 1.5}, "out of range"),
        ({"threshold": True}, "a bool came"),
        ({"yardstick": "yes"}, "true or false as `yardstick`"),
        ({"anchors": {"min_rows": 0}}, "`anchors.min_rows`"),
        ({"champion": {"when_inconclusive": "maybe"}}, "`push` or `keep`"),
        ({"champion": {"confidence": 95}}, "`champion.confidence`"),
        ({"min_days": 1}, "`min_days`"),
    ],
)
def test_what_cannot_be_meant_is_refused(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        parse_settings(FLOOR | change)
