"""The ledger's alerts: what is wrong now, and since when."""

from collections.abc import Mapping, Sequence
from typing import Any

from perennial import clock
from perennial.store.databases import DatabaseTable


class AlertTable(DatabaseTable):
    """The table `alerts`."""

    def set(self, alerts: Mapping[str, str], among: Sequence[str], run_id: str) -> None:
        """Opens these alerts (message by kind) and closes the others of the kinds `among`.

        At most one of a kind is open; an open one keeps its start time and gets the new message.
        """
        now = clock.stamp(clock.now())
        for kind in among:
            if kind not in alerts:
                self._rows("UPDATE alerts SET closed=? WHERE kind=? AND closed IS NULL", now, kind)
            elif self._rows("SELECT 1 FROM alerts WHERE kind=? AND closed IS NULL", kind):
                self._rows("UPDATE alerts SET message=? WHERE kind=? AND closed IS NULL", alerts[kind], kind)
            else:
                self._rows(
                    "INSERT INTO alerts (at, kind, message, run_id) VALUES (?, ?, ?, ?)",
                    now,
                    kind,
                    alerts[kind],
                    run_id,
                )

    def open(self) -> list[dict[str, Any]]:
        """AlertTable that are open, oldest first."""
        return [
            dict(row)
            for row in self._rows("SELECT id, at, kind, message, run_id FROM alerts WHERE closed IS NULL")
        ]
