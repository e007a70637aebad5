"""The ledger: spans and their judgements, runs, versions and alerts, each with when, who and why."""

import sqlite3
from pathlib import Path

from perennial.errors import LedgerDamaged, UsageError
from perennial.store.alerts import AlertTable
from perennial.store.databases import is_whole
from perennial.store.digests import FileDigests, OutputDigests
from perennial.store.runs import RunTable
from perennial.store.spans import SpanTable
from perennial.store.versions import VersionTable

FORMAT = 3
_TABLES = """
CREATE TABLE IF NOT EXISTS spans (
    span TEXT NOT NULL, version INTEGER NOT NULL, digest TEXT NOT NULL, arrived TEXT NOT NULL,
    verdict TEXT NOT NULL DEFAULT 'NEW', reasons TEXT NOT NULL DEFAULT '[]',
    judged_with TEXT NOT NULL DEFAULT '', rows INTEGER NOT NULL DEFAULT 0,
    quarantined INTEGER NOT NULL DEFAULT 0, run_id TEXT NOT NULL DEFAULT '',
    examples TEXT NOT NULL DEFAULT '', statistics TEXT NOT NULL DEFAULT '', PRIMARY KEY (span, version));
CREATE TABLE IF NOT EXISTS judgements (
    span TEXT NOT NULL, version INTEGER NOT NULL, decision TEXT NOT NULL, who TEXT NOT NULL,
    why TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS failing_spans (
    span TEXT NOT NULL, version INTEGER NOT NULL, why TEXT NOT NULL, run_id TEXT NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (span, version));
CREATE TABLE IF NOT EXISTS runs (
    run_id TEXT PRIMARY KEY, began TEXT NOT NULL, who TEXT NOT NULL, ended TEXT, verdict TEXT,
    exit_code INTEGER, reason TEXT, fingerprint TEXT);
CREATE TABLE IF NOT EXISTS versions (
    version INTEGER PRIMARY KEY, published TEXT NOT NULL, run_id TEXT NOT NULL, digest TEXT NOT NULL,
    restores INTEGER, who TEXT NOT NULL, why TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS alerts (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL, message TEXT NOT NULL, run_id TEXT NOT NULL,
    closed TEXT);
CREATE TABLE IF NOT EXISTS files (
    path TEXT PRIMARY KEY, bytes INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL,
    sha256 TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS outputs (uri TEXT PRIMARY KEY, digest TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS busy (at TEXT NOT NULL);
"""


def damaged(path: Path, problem: str) -> LedgerDamaged:
    """The error of a ledger that "is damaged" or "is missing"."""
    remedy = f"Run `run {path.parent.name}`: it sets aside the rest and rebuilds what it can."
    return LedgerDamaged(f"{path} {problem}.", remedy)


class Ledger:
    """The SQLite file `ledger.db` of one use case.

    Attributes:
        spans: Arrivals, verdicts and decisions.
        runs: RunTable, and how often one was busy.
        files: Digests of files that were read.
        outputs: Digests of nodes' outputs.
        versions: Published models.
        alerts: Open and closed alerts.
    """

    def __init__(self, path: Path) -> None:
        """Opens the ledger at `path`; creates it if it does not exist.

        Raises:
            LedgerDamaged: It is not a valid SQLite file.
            UsageError: It was written by a newer release.
        """
        if path.is_file() and not is_whole(path):
            raise damaged(path, "is damaged")
        self._connection = sqlite3.connect(path, timeout=30, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        stored_format = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if stored_format > FORMAT:
            self.close()
            raise UsageError(
                f"The ledger has format {stored_format}; this release reads up to format {FORMAT}.",
                "Use the release that wrote it or a newer one.",
            )
        if stored_format < FORMAT:
            # One transaction, so that processes that open a new ledger at the same time wait for each other.
            self._connection.executescript(
                f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version={FORMAT}; COMMIT;"
            )
        self.spans = SpanTable(self._connection)
        self.runs = RunTable(self._connection)
        self.files = FileDigests(self._connection)
        self.outputs = OutputDigests(self._connection)
        self.versions = VersionTable(self._connection)
        self.alerts = AlertTable(self._connection)

    def close(self) -> None:
        """Closes the file."""
        self._connection.close()

    def newest_record(self) -> str:
        """Time of the newest entry; empty if there is none."""
        times = "SELECT arrived AS at FROM spans UNION SELECT began FROM runs UNION SELECT ended FROM runs"
        query = f"SELECT MAX(at) AS newest FROM ({times} UNION SELECT published FROM versions)"
        return str(self._connection.execute(query).fetchone()["newest"] or "")

    def forget_outputs(self) -> None:
        """Marks all verdicts and outputs as out of date: every span is read again before it is used."""
        self._connection.execute("UPDATE spans SET judged_with=''")
        self._connection.execute("DELETE FROM outputs")
