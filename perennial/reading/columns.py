"""What an export's columns are: names, kinds and presence, taken from the schema and never guessed."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from tensorflow_metadata.proto.v0 import schema_pb2

from perennial.errors import SchemaError
from perennial.schema import schema_as_dict
from perennial.task import Task
from serving.model.columns import KINDS, features_of
from serving.reading.values import Kind

_CLASS_TYPES: dict[Kind, tuple[type, ...]] = {"int": (int,), "float": (int, float), "string": (str,)}
_CLASS_NAMES: dict[Kind, str] = {"int": "integers", "float": "numbers", "string": "text, quoted"}


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


def export_columns(schema: schema_pb2.Schema, environment: str = "TRAINING") -> tuple[Column, ...]:
    """What an export is expected to hold: the model's columns, and which of them no file may lack.

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
    for feature in features_of(schema_as_dict(schema), environment):
        name, kind = feature["name"], feature.get("type", "TYPE_UNKNOWN")
        if kind not in KINDS:
            raise SchemaError(
                f"Feature `{name}` of the schema must be INT, FLOAT or BYTES, not {kind}.",
                "Set its type to one of the three.",
            )
        presence = feature.get("presence", {})
        # JSON has 64-bit integers as strings.
        required = int(presence.get("min_count", 0)) >= 1 or presence.get("min_fraction", 0) > 0
        columns.append(Column(name, KINDS[kind], required))
    return tuple(columns)


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
            f"The label `{column.name}` of a {task.kind} task must be {wanted}, but is BYTES in the schema.",
            "Set it to INT or FLOAT there, or list its `classes` in the use case.",
        )
    if not all(isinstance(name, _CLASS_TYPES[column.kind]) for name in task.classes):
        raise SchemaError(
            f"The classes of the label `{column.name}` must be {_CLASS_NAMES[column.kind]}, as its type in"
            " the schema.",
            "Fix `classes` in the use case, or the type in the schema.",
        )
