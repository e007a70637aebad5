"""Rewrites the absolute paths of a use case whose home is restored under another path."""

import json
import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

from perennial.files import write_text

# What may stand before a path in a text, and after the home in it: else the home is a part of another path.
_BEFORE: Final = r"(?<![\w./~+-])"
_AFTER: Final = r"(?=[/\s\"',;:)\]\\]|\.?$|\.\s)"


class MovedPaths:
    """Paths below one home become those below another."""

    def __init__(self, former: str, present: str) -> None:
        """Both are absolute paths, without a `/` at the end."""
        self._former = former
        self._plain = {former: present}
        # In JSON a path may have escaped letters; which, depends on who wrote it.
        self._in_json = {_escaped(former, only): _escaped(present, only) for only in (True, False)}

    def text(self, value: str) -> str:
        """A text with its paths moved; one that begins as JSON does is rewritten as JSON."""
        pairs = self._in_json if value.startswith(("{", "[", '"')) else self._plain
        for former, present in pairs.items():
            if former in value:
                pattern = _BEFORE + re.escape(former) + _AFTER
                value = re.sub(pattern, lambda _, present=present: present, value)  # type: ignore[misc]
        return value

    def database(self, path: Path) -> None:
        """Moves the paths in every text of an SQLite file, in one transaction."""
        forms = sorted({*self._plain, *self._in_json})
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.create_function("moved", 1, self.text, deterministic=True)
            for table, column in _texts(connection):
                has_path = " OR ".join(f'instr("{column}", ?)' for _ in forms)
                connection.execute(
                    f'UPDATE "{table}" SET "{column}" = moved("{column}")'
                    f" WHERE typeof(\"{column}\") = 'text' AND ({has_path})",
                    forms,
                )

    def json_file(self, path: Path) -> None:
        """Moves the paths in a JSON file; one that is damaged stays as it is."""
        try:
            former = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return
        present = self.text(former)
        if present != former:
            write_text(path, present)


def renew_files(ledger: Path, restored: Mapping[str, tuple[Path, str]]) -> None:
    """Gives the ledger's digests of export files the times of the restored ones, so that none is read again.

    Args:
        ledger: The ledger.
        restored: By the path that a file will have: where it is now, and its SHA-256 as it was checked.
    """
    with closing(sqlite3.connect(ledger)) as connection, connection:
        for path, sha256 in connection.execute("SELECT path, sha256 FROM files").fetchall():
            present, checked = restored.get(path, (None, ""))
            if present is not None and sha256 == checked:
                stat = present.stat()
                connection.execute(
                    "UPDATE files SET bytes=?, mtime_ns=?, ctime_ns=? WHERE path=?",
                    (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, path),
                )


def _texts(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """The tables of an SQLite file and their columns of text."""
    tables = connection.execute(
        "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite%'"
    ).fetchall()
    return [
        (table, name)
        for (table,) in tables
        for _, name, kind, *_ in connection.execute(f'PRAGMA table_info("{table}")').fetchall()
        if "TEXT" in kind.upper() or "CHAR" in kind.upper()
    ]


def _escaped(text: str, ascii_only: bool) -> str:
    return json.dumps(text, ensure_ascii=ascii_only)[1:-1]
