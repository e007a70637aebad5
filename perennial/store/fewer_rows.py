"""The ledger's acceptances of fewer rows: who let a run train on many fewer than the live model had."""

from collections.abc import Mapping
from typing import Any

from perennial import clock
from perennial.store.databases import DatabaseTable
from perennial.store.who import who

_COLUMNS = ("run_id", "version", "rows", "inputs", "who", "why", "at")


class FewerRowsTable(DatabaseTable):
    """The table `fewer_rows`: one acceptance a run that needed it."""

    def accept(self, run_id: str, version: int, rows: int, inputs: str, why: str) -> dict[str, Any]:
        """Records that a person accepted fewer rows.

        Args:
            run_id: The run that was given the acceptance.
            version: The version that was live, and trained on more rows.
            rows: Training rows that are accepted; those of the live version until `settle`.
            inputs: Digest of all that the training followed from.
            why: The person's reason.

        Returns:
            The acceptance: the arguments, `who` and `at`.
        """
        values = (run_id, version, rows, inputs, who(), why, clock.stamp(clock.now()))
        acceptance = dict(zip(_COLUMNS, values, strict=True))
        self.restore(acceptance)
        return acceptance

    def settle(self, run_id: str, rows: int | None) -> None:
        """Records how many rows a run had, of which fewer were accepted; None: it had not fewer."""
        if rows is None:
            self._rows("DELETE FROM fewer_rows WHERE run_id=?", run_id)
        else:
            self._rows("UPDATE fewer_rows SET rows=? WHERE run_id=?", rows, run_id)

    def last(self, version: int) -> dict[str, Any] | None:
        """The newest acceptance while `version` was live; None if there is none."""
        rows = self._rows("SELECT * FROM fewer_rows WHERE version=? ORDER BY rowid DESC LIMIT 1", version)
        return dict(rows[0]) if rows else None

    def restore(self, acceptance: Mapping[str, Any]) -> None:
        """Writes an acceptance, as `accept` returns it; one that is already recorded is not changed."""
        values = (acceptance[column] for column in _COLUMNS)
        self._rows("INSERT OR IGNORE INTO fewer_rows VALUES (?, ?, ?, ?, ?, ?, ?)", *values)
