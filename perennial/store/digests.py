"""The ledger's digests: of files that were read, and of the outputs of nodes."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from perennial.files import file_digest
from perennial.store.databases import DatabaseTable


class FileDigests(DatabaseTable):
    """The table `files`."""

    def digest(self, path: Path) -> str:
        """SHA-256 of a file; it is read again only if its size or times have changed."""
        stat = path.stat()
        if known := self._known(path, stat):
            return known
        times = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        digest = file_digest(path)
        self._rows("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)", str(path), *times, digest)
        return digest

    def unrecorded(self, path: Path) -> str:
        """As `digest`, for who changes nothing: what is read is read again the next time.

        Raises:
            OSError: The file cannot be read.
        """
        return self._known(path, path.stat()) or file_digest(path)

    def is_known(self, path: Path) -> bool:
        """Whether `digest` does not need to read a file: it was read, and size and times are unchanged.

        Raises:
            OSError: The file cannot be looked at.
        """
        return bool(self._known(path, path.stat()))

    def _known(self, path: Path, stat: os.stat_result) -> str:
        """The digest of a file with this size and these times; empty if it was not read."""
        rows = self._rows(
            "SELECT sha256 FROM files WHERE path=? AND bytes=? AND mtime_ns=? AND ctime_ns=?",
            str(path),
            stat.st_size,
            stat.st_mtime_ns,
            stat.st_ctime_ns,
        )
        return str(rows[0]["sha256"]) if rows else ""

    def paths(self) -> list[Path]:
        """The files whose digests are known."""
        return [Path(row["path"]) for row in self._rows("SELECT path FROM files")]

    def forget(self, paths: Sequence[Path]) -> None:
        """Makes `digest` read these files again, even if their times have not changed."""
        for path in paths:
            self._rows("DELETE FROM files WHERE path=?", str(path))


class OutputDigests(DatabaseTable):
    """The table `outputs`: complete outputs of the chain's nodes."""

    def digests(self) -> dict[str, str]:
        """Digest of each complete output of a node, by its URI."""
        return {row["uri"]: row["digest"] for row in self._rows("SELECT uri, digest FROM outputs")}

    def note(self, digests: Mapping[str, str]) -> None:
        """Records the outputs of a node at its end: digest by URI."""
        if digests:
            with self._connection:  # no transaction stays open if it is interrupted
                self._connection.execute("BEGIN IMMEDIATE")
                self._connection.executemany("INSERT OR REPLACE INTO outputs VALUES (?, ?)", digests.items())

    def forget(self, uri: str) -> None:
        """Records that an output was removed."""
        self._rows("DELETE FROM outputs WHERE uri=?", uri)
