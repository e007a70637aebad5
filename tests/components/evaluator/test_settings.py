"""Evaluation settings: what is read, and what is refused with what to do."""

import json
from typing import Any

import pytest

from components.evaluator.settings import Bound, SliceBy, parse_settings
from pipeline.errors import ConfigError

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
        ({"champion": {"when_inconclusive": "maybe"}}, "`push` or `keep`"),
        ({"champion": {"confidence": 95}}, "`champion.confidence`"),
        ({"min_days": 1}, "`min_days`"),
    ],
)
def test_what_cannot_be_meant_is_refused(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        parse_settings(FLOOR | change)
