"""Copies of an exported model with bounds in its schema, and reading rules of a use case."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from serving.model.folder import READING_FILE
from serving.reading.version_rules import VersionRules


def bounded(
    exported: str, folder: Path, bounds: Mapping[str, Any], rules: VersionRules | None = None
) -> Path:
    """Copies an exported model, and adds to features of its schema what `bounds` has under their names.

    With rules, they become those by which it reads cells.
    """
    shutil.copytree(exported, folder)
    file = folder / "assets.extra" / "schema.json"
    schema = json.loads(file.read_text())
    for feature in schema["feature"]:
        feature |= bounds.get(feature["name"], {})
    file.write_text(json.dumps(schema))
    if rules:
        (folder / READING_FILE).write_text(rules.to_json())
    return folder
