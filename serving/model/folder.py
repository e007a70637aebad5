"""What a model's folder holds: its files' names, what stands in them, and which values mean missing."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

# Either is a SavedModel's graph.
GRAPH_FILES: Final = ("saved_model.pb", "saved_model.pbtxt")
SCHEMA_FILE: Final = "assets.extra/schema.json"
TASK_FILE: Final = "assets.extra/task.json"
WARMUP_FILE: Final = "assets.extra/tf_serving_warmup_requests"
# Written when a version is published; no part of the model's digest.
CARD_FILE: Final = "model_card.json"

# INT64_MIN would be the natural choice, and is not exact in JSON numbers.
MISSING_INT: Final = -2147483648
MISSING_FLOAT: Final = math.nan
MISSING_STRING: Final = b""
MISSING: Final[Mapping[str, int | float | bytes]] = {
    "int": MISSING_INT,
    "float": MISSING_FLOAT,
    "string": MISSING_STRING,
}


def schema_in(folder: Path) -> dict[str, Any]:
    """The schema that travels with a model: TensorFlow Metadata's as JSON, with the proto's field names.

    Raises:
        OSError, ValueError: There is none, or it is no JSON.
    """
    schema: dict[str, Any] = json.loads((folder / SCHEMA_FILE).read_text(encoding="utf-8"))
    return schema


def task_in(folder: Path) -> dict[str, Any] | None:
    """The task that travels with a model: `task`, `label`, `classes`; None where none does.

    Raises:
        OSError, ValueError: It cannot be read, or is no JSON.
    """
    file = folder / TASK_FILE
    if not file.exists():
        return None
    task: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return task
