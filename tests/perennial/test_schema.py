"""A schema is read in one way, with an error that names the file, and gives the same columns everywhere."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorflow_metadata.proto.v0 import schema_pb2

from perennial.errors import SchemaError
from perennial.reading.columns import export_columns
from perennial.schema import (
    every_column,
    model_columns,
    parse_schema,
    read_schema,
    schema_as_dict,
    schema_as_json,
    schema_from_json,
)
from serving.model.columns import InputColumn
from serving.model.folder import SCHEMA_FILE, schema_in

ENVIRONMENTS = ("TRAINING", "SERVING")
TEXT = 'feature { name: "a" type: INT presence { min_count: 1 } }'


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"feature { nam: 1 }", "^schemas/x.pbtxt: 1:11 : .*Fix the schema"),
        (b"\xe9", "^schemas/x.pbtxt is not UTF-8"),
        (None, "^schemas/x.pbtxt is missing or cannot be read"),
    ],
)
def test_a_file_that_is_no_schema_is_named(tmp_path: Path, content: bytes | None, problem: str) -> None:
    file = tmp_path / "schemas" / "x.pbtxt"
    file.parent.mkdir()
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SchemaError, match=problem):
        read_schema(file)


def test_a_schema_survives_the_way_into_a_models_folder(tmp_path: Path) -> None:
    schema = parse_schema(TEXT, "it")
    (tmp_path / SCHEMA_FILE).parent.mkdir()
    (tmp_path / SCHEMA_FILE).write_text(schema_as_json(schema))
    assert schema_in(tmp_path) == schema_as_dict(schema)
    assert schema_from_json(schema_in(tmp_path)) == schema


@st.composite
def schemas(draw: st.DrawFn) -> schema_pb2.Schema:
    some = st.lists(st.sampled_from(ENVIRONMENTS), unique=True)
    schema = schema_pb2.Schema(default_environment=draw(some))
    for number in range(draw(st.integers(0, 4))):
        schema.feature.add(
            name=f"f{number}",
            type=draw(st.sampled_from([schema_pb2.INT, schema_pb2.FLOAT, schema_pb2.BYTES])),
            in_environment=draw(some),
            not_in_environment=draw(some),
            lifecycle_stage=draw(st.sampled_from([schema_pb2.DISABLED, schema_pb2.PRODUCTION])),
            presence=schema_pb2.FeaturePresence(
                min_count=draw(st.integers(0, 1)), min_fraction=draw(st.sampled_from([0.0, 0.5]))
            ),
        )
    return schema


@given(schemas(), st.sampled_from(ENVIRONMENTS))
def test_an_exports_columns_are_the_models_with_what_is_required(
    schema: schema_pb2.Schema, environment: str
) -> None:
    exported = export_columns(schema, environment)
    assert tuple(InputColumn(each.name, each.kind) for each in exported) == model_columns(schema, environment)
    features = {feature.name: feature for feature in schema.feature}
    for column in exported:
        presence = features[column.name].presence
        assert column.required == (presence.min_count >= 1 or presence.min_fraction > 0)


def test_every_column_is_of_any_environment_and_set_aside_or_not() -> None:
    text = """
        default_environment: "TRAINING"
        feature { name: "a" type: INT not_in_environment: "TRAINING" }
        feature { name: "b" type: BYTES lifecycle_stage: DISABLED }
        feature { name: "c" type: STRUCT }
    """
    assert every_column(parse_schema(text, "it")) == (InputColumn("a", "int"), InputColumn("b", "string"))
