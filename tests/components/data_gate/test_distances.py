"""Distances between spans by TFDV: of numbers on deciles, unless the schema names a source."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from components.data_gate.distances import Dataset, of_column, one_value, validated
from components.span_statistics.in_memory import batches_of, statistics_of

RANDOM = np.random.default_rng(0)
USUAL = RANDOM.normal(0.0, 1.0, 500)


def schema_of(kind: str, source: str = "") -> schema_pb2.Schema:
    named = f"source {{ type: {source} }}" if source else ""
    comparator = f"drift_comparator {{ jensen_shannon_divergence {{ threshold: 0.3 {named} }} }}"
    text = f'default_environment: "TRAINING" feature {{ name: "x" type: {kind} {comparator} }}'
    return text_format.Parse(text, schema_pb2.Schema())


def dataset(values: Any, schema: schema_pb2.Schema) -> Dataset:
    types = {schema_pb2.INT: pa.int64(), schema_pb2.FLOAT: pa.float32(), schema_pb2.BYTES: pa.binary()}
    table = pa.table({"x": pa.array(values, types[schema.feature[0].type])})
    return statistics_of(batches_of(table), schema).datasets[0]


def distance(current: Any, previous: Any, schema: schema_pb2.Schema) -> float:
    datasets = dataset(current, schema), dataset(previous, schema)
    (info,) = validated(*datasets, schema, "TRAINING").drift_skew_info
    return float(info.drift_measurements[0].value)


@pytest.mark.parametrize(("source", "far"), [("", False), ("QUANTILES", False), ("STANDARD", True)])
def test_a_source_that_the_schema_names_is_kept(source: str, far: bool) -> None:
    measured = distance(np.append(USUAL, 1e6), RANDOM.normal(0.0, 1.0, 500), schema_of("FLOAT", source))
    assert (measured > 0.9) is far


def test_the_rate_of_a_column_of_0_and_1_is_measured_exactly() -> None:
    rare, again, often = (np.arange(500) < count for count in (50, 51, 150))
    assert distance(again.astype(int), rare.astype(int), schema_of("INT")) < 0.001
    assert distance(often.astype(int), rare.astype(int), schema_of("INT")) > 0.04


@pytest.mark.parametrize(("kind", "values", "expected"), [
    ("INT", [2013, 2013, None], True), ("INT", [2013, 2014], False), ("INT", [None, None], False),
    ("BYTES", [b"winter", b"winter"], True), ("BYTES", [b"winter", b"spring"], False),
])  # fmt: skip
def test_one_value(kind: str, values: list[Any], expected: bool) -> None:
    assert one_value(of_column("x", dataset(values, schema_of(kind)))) is expected
    assert not one_value(of_column("y", dataset(values, schema_of(kind))))


@pytest.mark.parametrize(("kind", "values"), [("FLOAT", USUAL), ("BYTES", [b"a", b"b"] * 250)])
def test_a_column_that_the_span_before_lacks_has_no_distance(kind: str, values: Any) -> None:
    schema = schema_of(kind)
    new, absent = dataset(values, schema), dataset([None] * 500, schema)
    for previous in (absent, Dataset(num_examples=500)):
        validation = validated(new, previous, schema, "TRAINING")
        assert not validation.drift_skew_info
        assert not validation.anomaly_info
