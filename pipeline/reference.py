"""Writes what of the reference follows from the code: `docs/reference/summary.schema.json`."""

import inspect
import json
import re
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from perennial.files import write_text
from pipeline import summary, summary_parts
from pipeline.config import REPOSITORY
from pipeline.summary import Summary

SCHEMA: Final = REPOSITORY / "docs" / "reference" / "summary.schema.json"
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_ATTRIBUTE: Final = re.compile(r"^(\w+): (.+)$")


def schema_text() -> str:
    """JSON Schema of `summary.json` and `run --json`, each key with what its docstring says of it."""
    schema = Summary.model_json_schema(mode="serialization")
    _describe(schema, Summary)
    models = {**vars(summary_parts), **vars(summary)}
    for name, definition in schema["$defs"].items():
        _describe(definition, models[name])
    return json.dumps({"$schema": _DIALECT, **schema}, indent=2, ensure_ascii=False) + "\n"


def _describe(definition: dict[str, Any], model: type[BaseModel]) -> None:
    """Puts a docstring's first line at the object, and those of its attributes at the properties."""
    head, _, attributes = (inspect.getdoc(model) or "").partition("\n\nAttributes:\n")
    definition["description"] = head
    # A line that goes on is indented further than the one that it belongs to.
    for line in inspect.cleandoc(attributes).replace("\n    ", " ").splitlines():
        if match := _ATTRIBUTE.match(line):
            definition["properties"][match[1]]["description"] = match[2]


def main(target: Path = SCHEMA) -> None:
    """Writes the file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    write_text(target, schema_text())


if __name__ == "__main__":
    main()
