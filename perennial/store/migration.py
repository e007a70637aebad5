"""Converts the ledger of an older release: a copy is left beside it, and its tables get what they lack."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from perennial.errors import UsageError
from perennial.files import sync, written_aside
from perennial.store.tables import FORMAT, TABLES

# Columns that a format added to a table which the format before it had.
_ADDED: Final = {
    3: (
        "ALTER TABLE spans ADD COLUMN later_verdict TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE spans ADD COLUMN later_reasons TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE spans ADD COLUMN read_as TEXT NOT NULL DEFAULT ''",
    ),
    4: (
        "ALTER TABLE spans ADD COLUMN columns TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE alerts ADD COLUMN columns TEXT NOT NULL DEFAULT '[]'",
    ),
    5: (
        "ALTER TABLE runs ADD COLUMN trigger TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE runs ADD COLUMN clock TEXT NOT NULL DEFAULT ''",
    ),
    6: (
        "ALTER TABLE versions ADD COLUMN action TEXT NOT NULL DEFAULT 'push'",
        "ALTER TABLE versions ADD COLUMN card TEXT NOT NULL DEFAULT '{}'",
        "ALTER TABLE versions ADD COLUMN removed TEXT",
        "UPDATE versions SET action='rollback' WHERE restores IS NOT NULL",
    ),
    7: ("ALTER TABLE spans ADD COLUMN days TEXT NOT NULL DEFAULT ''",),
}


def stored_format(connection: sqlite3.Connection) -> int:
    """The format of a ledger; 0 for a new file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(path: Path) -> str:
    """Converts a ledger to the present format; the caller holds the use case's lock.

    The former file is kept as `ledger.db.format-N`, which appears by a rename. The conversion is one
    transaction: an interrupted one leaves the ledger as it was.

    Args:
        path: The ledger; one that does not exist, or is empty, is left alone.

    Returns:
        What was done, in a sentence; empty if there was nothing to convert.

    Raises:
        UsageError: It was written by a newer release.
    """
    if not path.is_file():
        return ""
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
        former = stored_format(connection)
        if former > FORMAT:
            raise too_new(former)
        if former in (0, FORMAT):
            return ""
        copy = path.with_name(f"{path.name}.format-{former}")
        with written_aside(copy) as aside, closing(sqlite3.connect(aside)) as copied:
            connection.backup(copied)
        sync(path.parent)
        later = range(former + 1, FORMAT + 1)
        script = "".join(f"{statement}; " for number in later for statement in _ADDED.get(number, ()))
        connection.executescript(f"BEGIN IMMEDIATE; {script} {TABLES} PRAGMA user_version={FORMAT}; COMMIT;")
    return f"{path.name} was converted from format {former} to {FORMAT}; the former file is {copy.name}."


def too_new(number: int) -> UsageError:
    """The error of a ledger that a newer release wrote."""
    return UsageError(
        f"The ledger has format {number}; this release reads up to format {FORMAT}.",
        "Use the release that wrote it or a newer one.",
    )
