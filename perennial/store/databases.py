"""SQLite files: whether one is whole, and how one that is not is set aside with all that belongs to it."""

import sqlite3
from pathlib import Path
from typing import Final

from perennial import clock

# What SQLite keeps beside a file while it writes; left beside another file they would be played into that.
_BESIDE: Final = ("", "-journal", "-wal", "-shm")
ASIDE: Final = "*.damaged-*"


def is_whole(database: Path) -> bool:
    """Whether an SQLite file passes SQLite's own check.

    Raises:
        sqlite3.OperationalError: It cannot be opened or is locked, which says nothing of its content.
    """
    connection = sqlite3.connect(database, timeout=30)
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
