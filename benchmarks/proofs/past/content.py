"""What the root of a use case holds, as entries by which two ends are compared."""

import hashlib
import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from perennial.files import file_digest
from pipeline import files_lock
from pipeline.backtest.root import BACKTESTS

_LEDGER, _MLMD = "ledger.db", "metadata.db"
_LOCKS: Final = ("lock", files_lock.NAME)
# A row for each prune: of one that was killed and gone on with there may be two.
_PRUNES: Final = "prunes"


def content_of(root: Path) -> dict[str, Any]:
    """What a root holds, without its locks and its backtests.

    Args:
        root: Of a use case.

    Returns:
        For each folder in it a digest of the files and folders below, for each file its digest; for each
        table of the ledger a digest of its rows, of the records of prunes the sums of the verdicts that they
        count; for each table of MLMD the number of its rows.

    Raises:
        OSError: A file cannot be read.
        sqlite3.Error: Ledger or MLMD's file cannot be read.
    """
    ledger = _tables(root / _LEDGER)
    records = ledger.pop(_PRUNES, [])
    verdicts: Counter[str] = Counter()
    for record in records:
        verdicts.update(json.loads(record["removed"])["verdicts"])
    return {
        **{f"files: {name}": digest for name, digest in _files(root).items()},
        **{f"ledger: {table}": digest_of(sorted(map(repr, rows))) for table, rows in ledger.items()},
        "ledger: verdicts of pruned runs": dict(verdicts),
        **{f"MLMD: {table}": len(rows) for table, rows in _tables(root / _MLMD).items()},
    }


def differing(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """Names of the entries that only one of two ends has, or that differ."""
    nothing = object()
    names = first.keys() | second.keys()
    return sorted(name for name in names if first.get(name, nothing) != second.get(name, nothing))


def digest_of(content: Any) -> str:
    """A short digest of plain values."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _files(root: Path) -> dict[str, str]:
    """Digests of what lies in a root, by the first part of its path; a folder without files counts."""
    parts: dict[str, list[list[str]]] = defaultdict(list)
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root)
        first = name.parts[0]
        if first in (*_LOCKS, BACKTESTS) or first.startswith((_LEDGER, _MLMD)):
            continue
        parts[first].append([str(name), _digest(path)])
    return {first: digest_of(entries) for first, entries in parts.items()}


def _digest(path: Path) -> str:
    if path.is_symlink():
        return f"link to {path.readlink()}"
    return "folder" if path.is_dir() else file_digest(path)


def _tables(database: Path) -> dict[str, list[dict[str, Any]]]:
    """The rows of each table, by column."""
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        names = connection.execute("SELECT name FROM sqlite_master WHERE type='table'").fetchall()
        return {
            name: [dict(row) for row in connection.execute(f'SELECT * FROM "{name}"')]
            for (name,) in names
            if not name.startswith("sqlite_")
        }
