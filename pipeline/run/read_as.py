"""How a span's outputs were read, and whether a model can be trained on them with the present schema."""

import json
from typing import Final

from pipeline.config import UseCase
from pipeline.plan import SchemaPlan

_KINDS: Final = {"int": "INT", "float": "FLOAT", "string": "BYTES"}
_SETTINGS: Final = {
    "label": "`label`",
    "task": "`task` or `classes`",
    "time_column": "`exports.time_column`",
}


def read_as(use_case: UseCase, schema: SchemaPlan) -> str:
    """What the meaning of a span's outputs depends on, as JSON: columns, label, task, time column."""
    content = {
        "columns": {column["name"]: column["kind"] for column in json.loads(schema.columns)},
        "label": use_case.label,
        "task": json.loads(use_case.answers.to_json()),
        "time_column": use_case.exports.time_column,
    }
    return json.dumps(content, sort_keys=True)


def contradiction(former: str, present: str) -> str:
    """Why outputs that were read as `former` cannot be trained on as `present`; empty if they can.

    A column that only one of the two has is no contradiction: it is missing in the outputs, or is not used.

    Args:
        former: From `read_as`; empty if it is not known, as after an older release: nothing is compared then.
        present: From `read_as`.
    """
    if not former:
        return ""
    then, now = json.loads(former), json.loads(present)
    for name, kind in now["columns"].items():
        if (known := then["columns"].get(name, kind)) != kind:
            return f"its column `{name}` was read as {_KINDS[known]}, and the schema now has {_KINDS[kind]}"
    for key, setting in _SETTINGS.items():
        if then[key] != now[key]:
            return f"it was read with another {setting}"
    return ""
