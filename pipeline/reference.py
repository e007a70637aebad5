"""Writes what of the reference follows from the code: the JSON Schema of a run, the gates, reading."""

import inspect
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from components.data_gate.kinds import KINDS, REMEDIES
from components.data_gate.settings import GateSettings
from components.evaluator.checks import CHECKS
from perennial.files import write_text
from pipeline import finding_kinds, summary, summary_parts, summary_references
from pipeline.config import REPOSITORY
from pipeline.reading_reference import reading_text
from pipeline.summary import Summary

_FOLDER: Final = REPOSITORY / "docs" / "reference"
SCHEMA: Final = _FOLDER / "summary.schema.json"
GATES: Final = _FOLDER / "gates.md"
READING: Final = _FOLDER / "reading.md"
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_ATTRIBUTE: Final = re.compile(r"^(\w+): (.+)$")


def schema_text() -> str:
    """JSON Schema of `summary.json` and `run --json`, each key with what its docstring says of it."""
    schema = Summary.model_json_schema(mode="serialization")
    _describe(schema, Summary)
    models = {**vars(summary_parts), **vars(summary_references), **vars(summary)}
    for name, definition in schema["$defs"].items():
        _describe(definition, models[name])
    return json.dumps({"$schema": _DIALECT, **schema}, indent=2, ensure_ascii=False) + "\n"


def gates_text() -> str:
    """Every finding of the gates: what it means, what it does by default, what to do about it."""
    ours = {**finding_kinds.WARNINGS, **finding_kinds.OF_WINDOW}
    return "\n".join(
        [
            "# Gates",
            "",
            "`make reference` writes this page from the code. block: what comes next is withheld. warn: the",
            "run goes on, and an alert is open. note: it is written beside the verdict.",
            "",
            "## A span's data",
            "DataGate, and `check`. `data.policy` of a use case sets another action.",
            "",
            *_table((kind, GateSettings().action("", kind), KINDS[kind], REMEDIES[kind]) for kind in KINDS),
            "",
            "## The window and the live model",
            "",
            *_table((name, kind.default, kind.meaning, kind.remedy) for name, kind in ours.items()),
            "",
            "## A candidate",
            "The Evaluator's checks: what each holds, and what happens if it does not.",
            "",
            *_table((name, kind.default, kind.meaning, kind.advice) for name, kind in CHECKS.items()),
            "",
        ]
    )


def _table(rows: Iterable[tuple[str, str, str, str]]) -> list[str]:
    head = ["| finding | default | means | what to do |", "|---|---|---|---|"]
    texts = ([cell.replace("{use_case}", "NAME").replace("|", "\\|") for cell in row] for row in rows)
    return [*head, *(f"| {' | '.join(cells)} |" for cells in texts)]


def _describe(definition: dict[str, Any], model: type[BaseModel]) -> None:
    """Puts a docstring's first line at the object, and those of its attributes at the properties."""
    head, _, attributes = (inspect.getdoc(model) or "").partition("\n\nAttributes:\n")
    definition["description"] = head
    # A line that goes on is indented further than the one that it belongs to.
    for line in inspect.cleandoc(attributes).replace("\n    ", " ").splitlines():
        if match := _ATTRIBUTE.match(line):
            definition["properties"][match[1]]["description"] = match[2]


def main(folder: Path = _FOLDER) -> None:
    """Writes the files."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / SCHEMA.name, schema_text())
    write_text(folder / GATES.name, gates_text())
    write_text(folder / READING.name, reading_text())


if __name__ == "__main__":
    main()
