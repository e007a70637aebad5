"""Which distance from the previous span is extreme: by its history, without one, and of small samples."""

from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from components.data_gate.extremes import History
from components.data_gate.gate import GateResult, judge_span
from components.data_gate.settings import GateSettings
from components.span_statistics.in_memory import batches_of, statistics_of

SCHEMA = text_format.Parse(
    'default_environment: "TRAINING"'
    ' feature { name: "x" type: FLOAT drift_comparator { jensen_shannon_divergence { threshold: 0.3 } } }'
    ' feature { name: "t" type: BYTES drift_comparator { jensen_shannon_divergence { threshold: 0.4 } } }',
    schema_pb2.Schema(),
)
Statistics: TypeAlias = statistics_pb2.DatasetFeatureStatisticsList


def span(middle: float, rows: int = 400, seed: int = 0, distinct: int = 4, zero: float = 0.0) -> Statistics:
    """A span of a number around `middle`, of which a share is 0, and of a text of some distinct values."""
    random = np.random.default_rng(seed)
    numbers = np.where(np.arange(rows) < zero * rows, 0.0, random.normal(middle, 1.0, rows))
    texts = [str(value).encode() for value in random.integers(0, distinct, rows)]
    table = pa.table({"x": pa.array(numbers, pa.float32()), "t": pa.array(texts, pa.binary())})
    return statistics_of(batches_of(table), SCHEMA)


def judged(current: Statistics, *former: Statistics) -> GateResult:
    return judge_span(current, SCHEMA, former[0], GateSettings(), label="", older_statistics=former[1:])


def test_another_unit_blocks_without_a_history() -> None:
    result = judged(span(1000.0, seed=1), span(0.0))
    assert result.verdict == "BLOCK"
    assert [(each.feature, each.extreme) for each in result.drift if each.severity == "block"] == [
        ("x", True)
    ]
    assert any("fewer than 3 pairs of earlier spans" in sentence for sentence in result.not_checked)


def test_a_distance_that_no_two_neighbours_were_near_blocks() -> None:
    steady = [span(0.0, seed=seed) for seed in range(5)]
    result = judged(span(3.0, seed=9), *steady)
    (drift,) = [each for each in result.drift if each.severity != "ok"]
    assert (drift.severity, drift.value < 0.9) == ("block", True)
    assert "more than 2 times the largest of 4 earlier distances" in drift.message
    assert not result.not_checked


def test_a_distance_that_neighbours_were_near_only_warns() -> None:
    seasons = [span(middle, seed=seed) for seed, middle in enumerate((0.0, 3.0, 0.0, 3.0, 0.0))]
    assert judged(span(3.0, seed=9), *seasons).verdict == "WARN"


@pytest.mark.parametrize(("past", "distance", "extreme"), [
    ((), 0.91, True), ((), 0.89, False), ((0.8, 0.8), 0.91, True), ((0.5, 0.1, 0.1), 0.95, False),
    ((0.2, 0.1, 0.1), 0.49, False), ((0.2, 0.1, 0.1), 0.51, True), ((0.3, 0.1, 0.1), 0.59, False),
    ((0.44, 0.1, 0.1), 0.91, True), ((0.46, 0.1, 0.1), 0.91, False),
])  # fmt: skip
def test_what_is_near(past: tuple[float, ...], distance: float, extreme: bool) -> None:
    assert bool(History({"x": past}).why_extreme("x", distance)) is extreme


def test_a_column_that_is_nearly_always_0_is_not_extreme_where_it_once_is_not() -> None:
    result = judged(span(1.0, seed=1, zero=0.99), span(1.0, zero=1.0))
    (drift,) = [each for each in result.drift if each.severity != "ok"]
    assert (drift.value > 0.9, drift.severity, drift.extreme) == (True, "warn", False)


@pytest.mark.parametrize(
    "current", [span(1000.0, rows=29, seed=1), span(0.0, rows=100, seed=1, distinct=10**6)]
)
def test_small_samples_are_not_checked_and_never_block(current: Statistics) -> None:
    result = judged(current, span(0.0))
    assert result.verdict == "WARN"
    assert any(sentence.startswith("Extreme drift of column") for sentence in result.not_checked)


def test_the_policy_has_a_kind_of_its_own_for_extreme_drift() -> None:
    for action, verdict in (("note", "WARN"), ("block", "BLOCK")):
        settings = GateSettings.model_validate({"policy": [{"anomaly": "drift_extreme", "action": action}]})
        result = judge_span(span(1000.0, seed=1), SCHEMA, span(0.0), settings, label="")
        assert result.verdict == verdict
