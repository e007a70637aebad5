"""The ledger's digests: of files that were read, and of the outputs of nodes."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from perennial.files import file_digest
from perennial.store.databases import DatabaseTable


class FileDigests(DatabaseTable):
    """The table `files`."""

    def digest(self, path: Path) -> str:
        """SHA-256 of a file; it is read again only if its size or times have changed."""
        stat = path.stat()
        known = self._rows("SELECT * FROM files WHERE path=?", str(path))
        times = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        if known and (known[0]["bytes"], known[0]["mtime_ns"], known[0]["ctime_ns"]) == times:
            return str(known[0]["sha256"])
        digest = file_digest(path)
        self._rows("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)", str(path), *times, digest)
        return digest

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
