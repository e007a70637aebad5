"""Figures over the ledger's runs, spans and pauses, for those who watch from outside."""

import json
from collections import Counter
from typing import NamedTuple

from perennial.store.databases import DatabaseTable


class JudgedRows(NamedTuple):
    """The rows of a judged span: those that can be used, those in quarantine; and the run that judged it."""

    rows: int
    quarantined: int
    run_id: str


class LedgerFigures(DatabaseTable):
    """Counts and last entries, each by one query."""

    def runs_by_verdict(self) -> dict[str, int]:
        """How many runs ever ended with each verdict, those that were pruned since included."""
        query = "SELECT verdict, COUNT(*) AS count FROM runs WHERE ended IS NOT NULL GROUP BY verdict"
        counts = Counter({row["verdict"]: row["count"] for row in self._rows(query)})
        for row in self._rows("SELECT removed FROM prunes"):
            counts.update(json.loads(row["removed"])["verdicts"])
        return dict(counts)

    def last_success(self) -> str | None:
        """When the last run with exit code 0 ended, as a stamp; None if none did."""
        query = "SELECT ended FROM runs WHERE exit_code=0 AND ended IS NOT NULL ORDER BY rowid DESC LIMIT 1"
        return next((row["ended"] for row in self._rows(query)), None)

    def live_version(self) -> int:
        """The highest version that was ever published, which is live; 0: none was."""
        return int(self._rows("SELECT COALESCE(MAX(version), 0) AS highest FROM versions")[0]["highest"])

    def last_judged(self) -> JudgedRows | None:
        """The rows of the last judged span, of several in a run the last to arrive; None: none is judged."""
        query = (
            "SELECT s.rows, s.quarantined, s.run_id FROM spans s LEFT JOIN runs r ON r.run_id = s.run_id"
            " WHERE s.verdict <> 'NEW' ORDER BY r.rowid DESC, s.rowid DESC LIMIT 1"
        )
        return next((JudgedRows(*row) for row in self._rows(query)), None)

    def is_paused(self) -> bool:
        """Whether a person paused the schedule, and nobody has resumed it."""
        return bool(self._rows("SELECT 1 FROM pauses WHERE ended IS NULL LIMIT 1"))
