"""SQLite files: their tables, whether one is whole, and how a damaged one is set aside."""

import sqlite3
from pathlib import Path
from typing import Any, Final

from perennial import clock

# What SQLite keeps beside a file while it writes; left beside another file they would be played into that.
_BESIDE: Final = ("", "-journal", "-wal", "-shm")
ASIDE: Final = "*.damaged-*"
# Seconds to wait for a transaction of another process.
PATIENCE: Final = 30.0


class DatabaseTable:
    """Queries and changes of one subject's tables; each statement is a transaction of its own."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """`connection` gives rows by name and commits by itself."""
        self._connection = connection

    def _rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        return self._connection.execute(query, values).fetchall()


def is_whole(database: Path, patience: float = PATIENCE) -> bool:
    """Whether an SQLite file passes SQLite's own check; waits `patience` seconds while it is locked.

    Raises:
        sqlite3.OperationalError: It cannot be opened or is locked, which says nothing of its content.
    """
    connection = sqlite3.connect(database, timeout=patience)
    try:
        return bool(connection.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok")
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        return False
    finally:
        connection.close()


def set_aside(database: Path, *others: Path) -> str:
    """Renames a database, what SQLite keeps beside it, and `others`; gives the ending that they now have."""
    ending = f".damaged-{clock.now():%Y%m%dT%H%M%S}"
    for path in [*(database.with_name(database.name + beside) for beside in _BESIDE), *others]:
        if path.exists():
            path.rename(path.with_name(path.name + ending))
    return ending
