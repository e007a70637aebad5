"""The ledger: spans and their judgements, runs, versions and alerts, each with when, who and why."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from perennial.errors import LedgerDamaged, UsageError
from perennial.store.alerts import AlertTable
from perennial.store.backfills import BackfillTable
from perennial.store.calibrations import CalibrationTable
from perennial.store.candidates import CandidateTable
from perennial.store.databases import PATIENCE, is_whole
from perennial.store.digests import FileDigests, OutputDigests
from perennial.store.fewer_rows import FewerRowsTable
from perennial.store.figures import LedgerFigures
from perennial.store.migration import stored_format, too_new
from perennial.store.predictions import PredictionTable
from perennial.store.prunes import PruneTable
from perennial.store.retrainings import RetrainingTable
from perennial.store.runs import RunTable
from perennial.store.spans import SpanTable
from perennial.store.tables import FORMAT, TABLES
from perennial.store.ticks import TickTable
from perennial.store.versions import VersionTable


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
        fewer_rows: Who accepted fewer training rows.
        retrainings: Runs that trained without rejected spans and kept the stale live version.
        ticks: The schedule's times, its pauses, and where it stands.
        candidates: Candidates that passed and were not pushed; one waits at most.
        prunes: What was removed.
        backfills: Backfills, and which of their spans are done.
        calibrations: Calibrations of drift, and the rate that a person set.
        predictions: What the live model answered on the rows of spans.
        figures: Counts and last entries, for those who watch from outside.
    """

    def __init__(self, path: Path, patience: float = PATIENCE, *, is_checked: bool = True) -> None:
        """Opens the ledger at `path`; creates it if it does not exist.

        Args:
            path: The file; one that this user may only read is opened for reading.
            patience: Seconds to wait for a transaction of another process.
            is_checked: Whether SQLite checks the whole file first. Without, damage is an `sqlite3.Error` of
                the query that meets it, if one does.

        Raises:
            LedgerDamaged: It is not a valid SQLite file.
            UsageError: It was written by a newer release, or by an older one and is not converted yet.
        """
        if is_checked and path.is_file() and not is_whole(path, patience):
            raise damaged(path, "is damaged")
        self._connection = sqlite3.connect(path, timeout=patience, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        number = stored_format(self._connection)
        if number > FORMAT:
            self.close()
            raise too_new(number)
        if 0 < number < FORMAT:
            self.close()
            raise UsageError(
                f"{path} has format {number}, of an older release; this release uses format {FORMAT}.",
                f"Run `doctor --migrate` or `run {path.parent.name}`: a copy is kept, then it is converted.",
            )
        if not number:
            # One transaction, so that processes that open a new ledger at the same time wait for each other.
            self._connection.executescript(f"BEGIN IMMEDIATE; {TABLES} PRAGMA user_version={FORMAT}; COMMIT;")
        self.spans = SpanTable(self._connection)
        self.runs = RunTable(self._connection)
        self.files = FileDigests(self._connection)
        self.outputs = OutputDigests(self._connection)
        self.versions = VersionTable(self._connection)
        self.alerts = AlertTable(self._connection)
        self.fewer_rows = FewerRowsTable(self._connection)
        self.retrainings = RetrainingTable(self._connection)
        self.ticks = TickTable(self._connection)
        self.candidates = CandidateTable(self._connection)
        self.prunes = PruneTable(self._connection)
        self.backfills = BackfillTable(self._connection)
        self.calibrations = CalibrationTable(self._connection)
        self.predictions = PredictionTable(self._connection)
        self.figures = LedgerFigures(self._connection)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All that is read meanwhile is of one moment; writers wait, so be quick."""
        self._connection.execute("BEGIN")
        try:
            yield
        finally:
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Closes the file."""
        self._connection.close()

    def newest_record(self) -> str:
        """Time of the newest entry; empty if there is none."""
        times = "SELECT arrived AS at FROM spans UNION SELECT began FROM runs UNION SELECT ended FROM runs"
        query = f"SELECT MAX(at) AS newest FROM ({times} UNION SELECT published FROM versions)"
        return str(self._connection.execute(query).fetchone()["newest"] or "")

    def forget_outputs(self) -> None:
        """Forgets all outputs, and by what verdicts were given: every span is read again before it is used.

        The folders of outputs have MLMD's ids as names. These start again, so that the URI of a lost output
        may soon be that of another reading.
        """
        self.spans.forget_outputs()
        self._connection.execute("DELETE FROM outputs")
        self._connection.execute("DELETE FROM predictions")
