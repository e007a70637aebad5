"""Which distance from the previous span is extreme: by its history, without one, and of small samples."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
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
NUMBER = schema_pb2.Schema(default_environment=["TRAINING"], feature=SCHEMA.feature[:1])
Numbers: TypeAlias = npt.NDArray[np.float64]
Statistics: TypeAlias = statistics_pb2.DatasetFeatureStatisticsList


def span(middle: float, rows: int = 400, seed: int = 0, distinct: int = 4, zero: float = 0.0) -> Statistics:
    """A span of a number around `middle`, of which a share is 0, and of a text of some distinct values."""
    random = np.random.default_rng(seed)
    numbers = np.where(np.arange(rows) < zero * rows, 0.0, random.normal(middle, 1.0, rows))
    texts = [str(value).encode() for value in random.integers(0, distinct, rows)]
    table = pa.table({"x": pa.array(numbers, pa.float32()), "t": pa.array(texts, pa.binary())})
    return statistics_of(batches_of(table), SCHEMA)


def of_numbers(numbers: Numbers) -> Statistics:
    """A span of a number alone."""
    return statistics_of(batches_of(pa.table({"x": pa.array(numbers, pa.float32())})), NUMBER)


def judged(current: Statistics, *former: Statistics) -> GateResult:
    columns = {feature.path.step[0] for feature in current.datasets[0].features}
    schema = SCHEMA if "t" in columns else NUMBER
    return judge_span(current, schema, former[0], GateSettings(), label="", older_statistics=former[1:])


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
    ((0.95,), 1.0, False), ((0.44, 0.1, 0.1), 0.91, True), ((0.46, 0.1, 0.1), 0.91, False),
])  # fmt: skip
def test_what_is_near(past: tuple[float, ...], distance: float, extreme: bool) -> None:
    assert bool(History({"x": past}).why_extreme("x", distance)) is extreme


@pytest.mark.parametrize("heavy", [
    lambda random: random.exponential(1.0, 400),
    lambda random: random.pareto(0.8, 400),
    lambda random: np.where(random.random(400) < 0.6, 0.0, random.pareto(1.0, 400)),
    lambda random: np.where(random.random(400) < 0.99, 0.0, 1.0),
])  # fmt: skip
def test_another_sample_of_a_column_with_a_heavy_tail_is_no_drift(
    heavy: Callable[[np.random.Generator], Numbers],
) -> None:
    samples = [of_numbers(heavy(np.random.default_rng(seed))) for seed in range(6)]
    assert judged(samples[0], *samples[1:]).verdict == judged(samples[0], samples[1]).verdict == "OK"


# TFDV's mean and deviation of numbers with an infinite one.
@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
@pytest.mark.parametrize("far", [1e6, -1e6, np.inf, -np.inf, np.nan, -1.0, 1e30])
def test_one_far_value_is_neither_drift_nor_hides_another_unit(far: float) -> None:
    def month(seed: int, scale: float = 1.0) -> Statistics:
        numbers = scale * np.random.default_rng(seed).normal(20.0, 5.0, 3_000)
        return of_numbers(np.append(numbers, far))

    usual = [of_numbers(np.random.default_rng(seed).normal(20.0, 5.0, 3_000)) for seed in range(5)]
    assert judged(month(9), usual[0]).verdict == judged(month(9), *usual).verdict == "OK"
    former = [month(seed) for seed in range(5)]
    assert judged(month(9, 3.0), former[0]).verdict != "OK"
    assert judged(month(9, 3.0), *former).verdict == "BLOCK"


@pytest.mark.parametrize("spans", [1, 2, 12])
def test_a_column_with_one_value_a_span_such_as_a_year_only_warns(spans: int) -> None:
    former = [of_numbers(np.full(400, 2013.0)) for _ in range(spans)]
    result = judged(of_numbers(np.full(400, 2014.0)), *former)
    (drift,) = [each for each in result.drift if each.severity != "ok"]
    assert (result.verdict, drift.extreme) == ("WARN", False)
    assert drift.message.endswith("; each span has one value of it.")


def test_a_column_that_becomes_one_value_is_extreme() -> None:
    former = [span(0.0, seed=seed) for seed in range(5)]
    assert judged(of_numbers(np.full(400, 0.0)), *former).verdict == "BLOCK"


def test_a_column_that_always_rises_blocks_at_most_once() -> None:
    spans = [of_numbers(np.arange(400.0) + 400 * number) for number in range(5)]
    verdicts = [judged(spans[number], *spans[:number][::-1]).verdict for number in range(1, 5)]
    assert verdicts == ["BLOCK", "WARN", "WARN", "WARN"]


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
