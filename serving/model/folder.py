"""What a model's folder holds: its files' names, and what stands in them."""

import json
from pathlib import Path
from typing import Any, Final

# Either is a SavedModel's graph.
GRAPH_FILES: Final = ("saved_model.pb", "saved_model.pbtxt")
SCHEMA_FILE: Final = "assets.extra/schema.json"
TASK_FILE: Final = "assets.extra/task.json"
READING_FILE: Final = "assets.extra/reading.json"
WARMUP_FILE: Final = "assets.extra/tf_serving_warmup_requests"
# Written when a version is published; no part of the model's digest.
CARD_FILE: Final = "model_card.json"


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
