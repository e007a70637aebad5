"""Copies of an exported model whose schema bounds its columns."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def bounded(exported: str, folder: Path, bounds: Mapping[str, Any]) -> Path:
    """Copies an exported model, and adds to features of its schema what `bounds` has under their names."""
    shutil.copytree(exported, folder)
    file = folder / "assets.extra" / "schema.json"
    schema = json.loads(file.read_text())
    for feature in schema["feature"]:
        feature |= bounds.get(feature["name"], {})
    file.write_text(json.dumps(schema))
    return folder
