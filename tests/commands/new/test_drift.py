"""Neighbouring spans of a table are compared as the data gate will compare them."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from tensorflow_metadata.proto.v0 import schema_pb2

from commands.cutting.spans import TableSpan
from commands.new import drift
from perennial.schema import parse_schema
from pipeline import config
from tests.small_config import TEXT

SCHEMA = """
default_environment: "TRAINING"
feature { name: "size" type: INT presence { min_fraction: 0.5 min_count: 1 }
  drift_comparator { jensen_shannon_divergence { threshold: 0.3 } } }
feature { name: "note" type: INT lifecycle_stage: DISABLED }
feature { name: "late" type: INT presence { min_fraction: 1 min_count: 1 } }
"""
SPANS = (TableSpan("1", 100), TableSpan("2", 100), TableSpan("3", 100))
GATE = config.parse(
    f"{TEXT}data: {{drift_min_rows: 50}}\n", name="trains", home=Path("home"), source="trains.yaml"
).data
NUMBERS = np.repeat(np.arange(3), 100)


@pytest.fixture
def schema() -> schema_pb2.Schema:
    return parse_schema(SCHEMA, "test")


@pytest.fixture
def table() -> pa.Table:
    size = np.concatenate([np.arange(100), np.arange(100), np.arange(100) + 1000])
    return pa.table({"size": size, "note": size, "late": np.arange(300) % 2})


def test_the_span_that_differs_is_the_one_with_the_distance(
    table: pa.Table, schema: schema_pb2.Schema
) -> None:
    spans = drift.statistics_by_span(table, NUMBERS, SPANS, schema)
    results = drift.judged(spans, schema, GATE, "late")
    assert [result.verdict for result in results] == ["OK", "OK", "BLOCK"]
    assert drift.largest_drift(results) == {"size": pytest.approx(1.0)}


def test_what_is_set_aside_is_not_counted(table: pa.Table, schema: schema_pb2.Schema) -> None:
    spans = drift.statistics_by_span(table, NUMBERS, SPANS, schema)
    features = {each.path.step[0] for each in spans.statistics[0].datasets[0].features}
    assert features == {"size", "late"}


def test_too_many_columns_and_spans_are_not_measured(table: pa.Table, schema: schema_pb2.Schema) -> None:
    many = tuple(TableSpan(str(number), 1) for number in range(drift.MOST_CELLS))
    assert drift.statistics_by_span(table, NUMBERS, many, schema).statistics == ()
    assert drift.largest_drift([]) == {}
