"""Labels that are all equal, swapped or in another unit, of each kind of label; and what few rows tell."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from components.data_gate.gate import GateResult, judge_span
from components.data_gate.settings import GateSettings
from components.span_statistics.in_memory import batches_of, statistics_of

TYPES = {"BYTES": pa.binary(), "INT": pa.int64(), "FLOAT": pa.float32()}
RATE = {"label_rate": {"min": 0.1, "max": 0.5, "min_rows": 30}}
SHARES = {"min": 0.1, "max": 0.5}
YES = {"label_shares": {"min_rows": 30, "shares": {"no": {"min": 0.5, "max": 0.9}, "yes": SHARES}}}
STARS = {"label_shares": {"min_rows": 30, "shares": {1: {"min": 0.4, "max": 0.8}, 2: SHARES, 3: SHARES}}}
PRICE = {
    "label_numbers": {"mean": {"min": 5, "max": 15}, "deviation": {"min": 0.5, "max": 5}, "min_rows": 30}
}


def judged(values: Any, kind: str, domain: str, settings: dict[str, Any]) -> GateResult:
    text = f'default_environment: "TRAINING" feature {{ name: "y" type: {kind} {domain} }}'
    schema = text_format.Parse(text, schema_pb2.Schema())
    table = pa.table({"y": pa.array(values, TYPES[kind])})
    statistics = statistics_of(batches_of(table), schema)
    return judge_span(statistics, schema, None, GateSettings.model_validate(settings), label="y")


def kinds(result: GateResult) -> list[str]:
    return [each.kind for each in result.anomalies]


@pytest.mark.parametrize(("ones", "expected"), [(80, []), (0, ["label_rate"]), (200, ["label_rate"]),
                                             (150, ["label_rate"]), (105, [])])  # fmt: skip
def test_the_rate_of_a_label_of_0_and_1(ones: int, expected: list[str]) -> None:
    result = judged([1] * ones + [0] * (200 - ones), "INT", "", RATE)
    assert (kinds(result), result.label_rate) == (expected, ones / 200)


@pytest.mark.parametrize(
    ("yes", "expected"), [(60, []), (0, 2 * ["label_shares"]), (150, 2 * ["label_shares"])]
)
def test_the_shares_of_named_classes(yes: int, expected: list[str]) -> None:
    result = judged([b"yes"] * yes + [b"no"] * (200 - yes), "BYTES", "", YES)
    assert (kinds(result), result.label_rate) == (expected, None)


@pytest.mark.parametrize(("counts", "expected"), [((120, 40, 40), 0), ((20, 140, 40), 2), ((0, 0, 200), 3)])
def test_the_shares_of_classes_that_are_integers(counts: tuple[int, ...], expected: int) -> None:
    values = np.repeat([1, 2, 3], counts)
    result = judged(values, "INT", "int_domain { min: 1 max: 3 is_categorical: true }", STARS)
    assert kinds(result) == ["label_shares"] * expected


@pytest.mark.parametrize(
    ("times", "plus", "expected"),
    [
        (1, 0, []),
        (0, 10, ["label_deviation"]),
        (100, 0, ["label_mean", "label_deviation"]),
        (1, 9, ["label_mean"]),
    ],
)
def test_mean_and_deviation_of_a_number(times: float, plus: float, expected: list[str]) -> None:
    numbers = np.random.default_rng(1).normal(10, 2, 200)
    assert kinds(judged(times * numbers + plus, "FLOAT", "", PRICE)) == expected


def test_what_few_rows_cannot_tell_is_no_anomaly() -> None:
    assert kinds(judged([0] * 19, "INT", "", {"label_rate": {"min": 0.1, "max": 0.5}})) == []
    assert kinds(judged([0] * 135, "INT", "", {"label_rate": {"min": 0.1, "max": 0.5}})) == ["label_rate"]


def test_a_class_that_is_absent_is_an_anomaly_where_the_bound_lets_two_rows_expect() -> None:
    rare = {"label_rate": {"min": 0.01, "max": 0.2}}
    assert kinds(judged([0] * 199, "INT", "", rare)) == []
    assert kinds(judged([0] * 200, "INT", "", rare)) == ["label_rate"]
    assert kinds(judged([1] + [0] * 400, "INT", "", rare)) == []


@pytest.mark.parametrize("settings", [RATE, YES, PRICE])
def test_fewer_labelled_rows_than_asked_for_are_not_checked(settings: dict[str, Any]) -> None:
    values: list[Any] = [b"no"] * 29 if settings is YES else [0] * 29
    result = judged(values, "BYTES" if settings is YES else "INT", "", settings)
    assert (result.verdict, kinds(result)) == ("OK", [])
    (key,) = settings
    assert f"fewer than {key}.min_rows (30)" in " ".join(result.not_checked)


def test_a_label_without_bounds_is_not_checked_and_the_setting_is_named() -> None:
    assert "label_shares is not set" in " ".join(judged([b"a"], "BYTES", "", {}).not_checked)
    assert "neither label_rate nor label_numbers is set" in " ".join(
        judged([1.5], "FLOAT", "", {}).not_checked
    )


def test_shares_of_a_number_whose_values_are_not_counted_are_not_checked_and_the_schema_is_named() -> None:
    result = judged([1, 2, 3] * 20, "INT", "", STARS)
    assert "Set `is_categorical: true` in its int_domain" in " ".join(result.not_checked)


def test_a_class_that_yaml_reads_as_true_is_refused_with_a_hint() -> None:
    with pytest.raises(ValueError, match="quote it"):
        GateSettings.model_validate({"label_shares": {"shares": {True: SHARES}}})
