"""How large a home is: files and bytes on the disk, and rows of the two databases of a use case."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

_TABLES: Final = "SELECT name FROM sqlite_master WHERE type = 'table'"
_BLOCK: Final = 512  # bytes that `st_blocks` counts in


def size_of(folder: Path) -> dict[str, int]:
    """`files` below a folder, and the `bytes` that they take on the disk."""
    files = size = 0
    for where, _, names in os.walk(folder):
        for name in names:
            files += 1
            size += Path(where, name).lstat().st_blocks * _BLOCK
    return {"files": files, "bytes": size}


def rows_held(root: Path) -> dict[str, int]:
    """How many rows all tables of MLMD (`mlmd_rows`) and of the ledger (`ledger_rows`) of a use case hold.

    Args:
        root: The use case's folder in the home; no run may be in progress.
    """
    files = {"mlmd_rows": root / "metadata.db", "ledger_rows": root / "ledger.db"}
    return {kind: sum(_rows_of_tables(file)) for kind, file in files.items()}


def _rows_of_tables(file: Path) -> Iterator[int]:
    if not file.is_file():
        return
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)) as database:
        for (table,) in database.execute(_TABLES).fetchall():
            yield database.execute(f'SELECT COUNT(*) FROM "{table}"').fetchone()[0]
