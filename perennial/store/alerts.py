"""The ledger's alerts: what is wrong now, and since when."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from perennial import clock
from perennial.store.databases import DatabaseTable


class SubjectAlert(NamedTuple):
    """One of several alerts of a kind: what it is about, its message, the columns."""

    subject: str
    message: str
    columns: tuple[str, ...]


class AlertTable(DatabaseTable):
    """The table `alerts`."""

    def set_subjects(self, kind: str, alerts: Sequence[SubjectAlert], run_id: str) -> None:
        """Opens these alerts of a kind, one for each subject, and closes its others.

        An open one keeps its start time and gets the new message and columns.

        Args:
            kind: The kind.
            alerts: Its alerts, each subject once.
            run_id: The run that made them; "" outside of a run.
        """
        now = clock.stamp(clock.now())
        query = "SELECT id, subject FROM alerts WHERE kind=? AND closed IS NULL"
        known = {str(row["subject"]): int(row["id"]) for row in self._rows(query, kind)}
        for each in alerts:
            values = (each.message, json.dumps(list(each.columns)))
            if each.subject in known:
                number = known[each.subject]
                self._rows("UPDATE alerts SET message=?, columns=? WHERE id=?", *values, number)
            else:
                self._rows(
                    "INSERT INTO alerts (message, columns, at, kind, run_id, subject)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    *(*values, now, kind, run_id, each.subject),
                )
        for subject in known.keys() - {each.subject for each in alerts}:
            self._rows("UPDATE alerts SET closed=? WHERE id=?", now, known[subject])

    def set(
        self,
        alerts: Mapping[str, str],
        among: Sequence[str],
        run_id: str,
        columns: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Opens these alerts and closes the others of the kinds `among`.

        At most one of a kind is open; an open one keeps its start time and gets the new message and columns.

        Args:
            alerts: Message by kind.
            among: The kinds that are set.
            run_id: The run that found them; "" outside of a run.
            columns: By kind, the columns that an alert is about; None: none is about a column.
        """
        now = clock.stamp(clock.now())
        for kind in among:
            named = json.dumps(list((columns or {}).get(kind, ())))
            if kind not in alerts:
                self._rows("UPDATE alerts SET closed=? WHERE kind=? AND closed IS NULL", now, kind)
            elif self._rows("SELECT 1 FROM alerts WHERE kind=? AND closed IS NULL", kind):
                self._rows(
                    "UPDATE alerts SET message=?, columns=? WHERE kind=? AND closed IS NULL",
                    alerts[kind],
                    named,
                    kind,
                )
            else:
                self._rows(
                    "INSERT INTO alerts (at, kind, message, run_id, columns) VALUES (?, ?, ?, ?, ?)",
                    now,
                    kind,
                    alerts[kind],
                    run_id,
                    named,
                )

    def open(self) -> list[dict[str, Any]]:
        """The alerts that are open, oldest first: `columns` and `subject` are there where there are any."""
        rows = self._rows(
            "SELECT id, at, at AS since, kind, message, run_id, columns, subject FROM alerts"
            " WHERE closed IS NULL"
        )
        alerts = [dict(row) | {"columns": json.loads(row["columns"])} for row in rows]
        return [
            {key: value for key, value in alert.items() if value or key not in ("columns", "subject")}
            for alert in alerts
        ]

    def closed_before(self, moment: str) -> list[int]:
        """Ids of the alerts that were closed before a stamp; never the newest, so that none is reused."""
        rows = self._rows(
            "SELECT id FROM alerts WHERE closed < ? AND id < (SELECT MAX(id) FROM alerts) ORDER BY id", moment
        )
        return [int(row["id"]) for row in rows]
