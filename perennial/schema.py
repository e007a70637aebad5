"""Reads a curated schema, and says which columns a model has by it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from google.protobuf import json_format, text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from perennial.errors import SchemaError
from serving.model import columns
from serving.model.columns import InputColumn


def read_schema(path: Path) -> schema_pb2.Schema:
    """Reads a schema in text format.

    Raises:
        SchemaError: The file cannot be read, is not UTF-8, or does not parse.
    """
    return parse_schema(schema_text(path), _shown(path))


def schema_text(path: Path) -> str:
    """The text of a schema's file.

    Raises:
        SchemaError: The file cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise SchemaError(
            f"{_shown(path)} is missing or cannot be read.", "Write the use case's schema."
        ) from error
    except UnicodeDecodeError as error:
        raise SchemaError(f"{_shown(path)} is not UTF-8.", "Save it as UTF-8.") from error


def parse_schema(text: str, name: str) -> schema_pb2.Schema:
    """Parses a schema in text format.

    Args:
        text: The schema.
        name: What a message calls it, such as `schemas/flights.pbtxt`.

    Raises:
        SchemaError: It does not parse; the message has line and column.
    """
    try:
        return text_format.Parse(text, schema_pb2.Schema())
    except text_format.ParseError as error:
        problem = str(error).rstrip(".")
        raise SchemaError(f"{name}: {problem}.", "Fix the schema, then run the command again.") from error


def schema_as_dict(schema: schema_pb2.Schema) -> dict[str, Any]:
    """The schema in the form that `serving` reads, with the proto's own field names."""
    return dict(json_format.MessageToDict(schema, preserving_proto_field_name=True))


def schema_as_json(schema: schema_pb2.Schema) -> str:
    """The schema as it travels with a model."""
    return json_format.MessageToJson(schema, preserving_proto_field_name=True)


def schema_from_json(fields: Mapping[str, Any]) -> schema_pb2.Schema:
    """The schema that `serving.model.folder.schema_in` found with a model.

    Raises:
        json_format.ParseError: It is no schema.
    """
    return json_format.ParseDict(fields, schema_pb2.Schema())


def model_columns(schema: schema_pb2.Schema, environment: str) -> tuple[InputColumn, ...]:
    """The columns of one environment, by the rule that the server reads a model's schema with.

    Args:
        schema: The curated schema; each feature is INT, FLOAT or BYTES.
        environment: "TRAINING" has the label, "SERVING" not.

    Returns:
        The columns in the schema's order. Features that are set aside (`lifecycle_stage: DISABLED`) are none.
    """
    return columns.model_columns(schema_as_dict(schema), environment)


def every_column(schema: schema_pb2.Schema) -> tuple[InputColumn, ...]:
    """The columns of all environments, and those that are set aside, in the schema's order.

    A feature that is neither INT, FLOAT nor BYTES is none.
    """
    kinds = {feature.name: schema_pb2.FeatureType.Name(feature.type) for feature in schema.feature}
    return tuple(
        InputColumn(name, columns.KINDS[kind]) for name, kind in kinds.items() if kind in columns.KINDS
    )


def _shown(path: Path) -> str:
    """A schema's file as messages name it: `schemas/flights.pbtxt`."""
    return f"{path.parent.name}/{path.name}"
