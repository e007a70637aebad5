"""What dead runs left in the root of a use case."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

_COMPLETE, _CACHED = 3, 5
_ASIDE: Final = re.compile(r"\..+\.[0-9a-f]{32}")


def leftovers_of(root: Path) -> list[str]:
    """What dead runs of a use case left: staged versions, files aside, outputs of failed executions."""
    with closing(sqlite3.connect(root / "metadata.db")) as database:
        rows = database.execute(
            f"SELECT id FROM Execution WHERE last_known_state IN ({_COMPLETE}, {_CACHED})"
        )
        good = {str(row[0]) for row in rows}
    outputs = [
        path for path in root.glob("artifacts/*/*/*") if path.name.isdecimal() and path.name not in good
    ]
    aside = [path for path in root.rglob(".*") if _ASIDE.fullmatch(path.name) or path.name == ".parked"]
    working = root.glob("artifacts/*/.system/stateful_working_dir/*")
    paths = [*root.glob("models/.stage-*"), *outputs, *aside, *root.glob("tmp"), *working]
    return sorted(str(path.relative_to(root.parent)) for path in paths)
