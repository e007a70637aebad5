"""Columns come from the curated schema, in its order, for one environment."""

from typing import Any

import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from perennial.errors import SchemaError
from perennial.reading.columns import Column, check_label, columns_from_json, columns_to_json, export_columns
from perennial.task import Task

SPECIES = Task("multiclass", "kind", ("setosa", "versicolor", "virginica"))
SIZES = Task("multiclass", "kind", (1, 2, 5))
SCHEMA = text_format.Parse(
    """
    default_environment: "TRAINING"
    default_environment: "SERVING"
    feature { name: "b" type: BYTES presence { min_fraction: 1.0 } }
    feature { name: "a" type: INT presence { min_count: 1 } }
    feature { name: "c" type: FLOAT presence { min_fraction: 0.0 } }
    feature { name: "late" type: INT not_in_environment: "SERVING" }
    feature { name: "served" type: INT not_in_environment: "TRAINING" }
    """,
    schema_pb2.Schema(),
)


def test_columns_follow_the_schema() -> None:
    assert export_columns(SCHEMA) == (
        Column("b", "string", required=True),
        Column("a", "int", required=True),
        Column("c", "float", required=False),
        Column("late", "int", required=False),
    )
    assert [column.name for column in export_columns(SCHEMA, "SERVING")] == ["b", "a", "c", "served"]


def test_columns_survive_the_way_through_json() -> None:
    assert columns_from_json(columns_to_json(export_columns(SCHEMA))) == export_columns(SCHEMA)


def test_a_feature_without_a_type_is_an_error() -> None:
    schema = schema_pb2.Schema()
    schema.feature.add(name="a")
    with pytest.raises(SchemaError, match="`a` of the schema must be INT, FLOAT or BYTES"):
        export_columns(schema)


def test_a_feature_that_is_set_aside_is_no_column() -> None:
    text = 'feature { name: "id" type: BYTES lifecycle_stage: DISABLED } feature { name: "x" type: FLOAT }'
    assert [column.name for column in export_columns(text_format.Parse(text, schema_pb2.Schema()))] == ["x"]


@pytest.mark.parametrize(
    ("kind", "task"),
    [
        ("string", Task("regression", "kind")),
        ("string", Task("binary", "kind")),
        ("string", SIZES),
        ("int", SPECIES),
        ("int", Task("binary", "kind", (0.5, 1.5))),
    ],
)
def test_a_schema_whose_label_cannot_be_one_is_refused(kind: Any, task: Task) -> None:
    with pytest.raises(SchemaError, match="label `kind`"):
        check_label(Column("kind", kind, required=True), task)


@pytest.mark.parametrize(
    ("kind", "task"),
    [
        ("string", SPECIES),
        ("int", SIZES),
        ("float", SIZES),
        ("int", Task("binary", "kind")),
        ("float", Task("regression", "kind")),
    ],
)
def test_a_schema_whose_label_can_be_one_is_not(kind: Any, task: Task) -> None:
    check_label(Column("kind", kind, required=True), task)
