"""What an export's columns are: names, kinds and presence, taken from the schema and never guessed."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from tensorflow_metadata.proto.v0 import schema_pb2

from perennial.errors import SchemaError
from perennial.task import Task

Kind = Literal["int", "float", "string"]

_KINDS: dict[int, Kind] = {schema_pb2.INT: "int", schema_pb2.FLOAT: "float", schema_pb2.BYTES: "string"}
_CLASS_TYPES: dict[Kind, tuple[type, ...]] = {"int": (int,), "float": (int, float), "string": (str,)}
_CLASS_NAMES: dict[Kind, str] = {"int": "whole numbers", "float": "numbers", "string": "text, quoted"}


@dataclass(frozen=True)
class Column:
    """One column of an export.

    Attributes:
        name: Its name in the header, in the schema and in every tf.Example.
        kind: "int" (int64), "float" (float32) or "string" (bytes, valid UTF-8 without NUL).
        required: Whether a file without this column is refused.
    """

    name: str
    kind: Kind
    required: bool


def columns_of(schema: schema_pb2.Schema, environment: str = "TRAINING") -> tuple[Column, ...]:
    """The columns of an environment, in the order of the schema's features.

    Args:
        schema: The curated schema.
        environment: Features not in this environment are left out (the label, in SERVING).

    Returns:
        One column a feature; required where the presence asks for at least one value. A feature that is set
        aside (`lifecycle_stage: DISABLED`) is none.

    Raises:
        SchemaError: a feature is neither INT, FLOAT nor BYTES.
    """
    columns = []
    for feature in schema.feature:
        set_aside = feature.lifecycle_stage == schema_pb2.DISABLED
        if set_aside or not _in_environment(feature, schema, environment):
            continue
        if feature.type not in _KINDS:
            raise SchemaError(
                f"The schema's feature {feature.name!r} must be INT, FLOAT or BYTES"
                f" and is {schema_pb2.FeatureType.Name(feature.type)}.",
                "Give it one of the three types.",
            )
        required = feature.presence.min_count >= 1 or feature.presence.min_fraction > 0
        columns.append(Column(feature.name, _KINDS[feature.type], required))
    return tuple(columns)


def _in_environment(feature: schema_pb2.Feature, schema: schema_pb2.Schema, environment: str) -> bool:
    if environment in feature.not_in_environment:
        return False
    defaults = schema.default_environment
    return environment in feature.in_environment or environment in defaults or not defaults


def columns_to_json(columns: Sequence[Column]) -> str:
    """The columns as one JSON string with sorted keys, which is how they travel as an exec property."""
    return json.dumps([asdict(column) for column in columns], sort_keys=True)


def columns_from_json(text: str) -> tuple[Column, ...]:
    """The inverse of `columns_to_json`."""
    return tuple(Column(**fields) for fields in json.loads(text))


def check_label(column: Column, task: Task) -> None:
    """Refuses a schema whose label cannot hold what the task asks for.

    Raises:
        SchemaError: The label is text and no class is named, or the classes are of another type.
    """
    if column.kind == "string" and not task.named:
        wanted = "a number" if task.kind == "regression" else "0 or 1"
        raise SchemaError(
            f"The label {column.name!r} of a {task.kind} task was expected to be {wanted}, and is BYTES in"
            " the schema.",
            "Make it INT or FLOAT there, or name its `classes` in the use case.",
        )
    if not all(isinstance(name, _CLASS_TYPES[column.kind]) for name in task.classes):
        raise SchemaError(
            f"The classes of the label {column.name!r} were expected to be {_CLASS_NAMES[column.kind]}, as"
            " its column in the schema is, and are not.",
            "Mend `classes` in the use case, or the type in the schema.",
        )
