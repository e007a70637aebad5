"""The ledger's ticks: the times of the schedule and what became of each, its pauses, and where it stands."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from perennial import clock
from perennial.errors import UsageError
from perennial.store.databases import DatabaseTable
from perennial.store.who import who

TICKS_KEPT: Final = 1000


class TickTable(DatabaseTable):
    """The tables `ticks`, `pauses` and `schedule`.

    A tick is a time of `schedule.cron`; its outcome is the trigger of the run that it started, or `missed`,
    `skipped` (a run was in progress) or `paused`.
    """

    def record(self, outcomes: Mapping[datetime, str]) -> None:
        """Records what became of ticks, in place of what was recorded; the newest 1,000 ticks are kept."""
        if not outcomes:
            return
        now = clock.stamp(clock.now())
        rows = [(clock.stamp(due), now, outcome) for due, outcome in outcomes.items()]
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany("INSERT OR REPLACE INTO ticks VALUES (?, ?, ?)", rows)
            self._connection.execute(
                "DELETE FROM ticks WHERE due NOT IN (SELECT due FROM ticks ORDER BY due DESC LIMIT ?)",
                (TICKS_KEPT,),
            )

    def outcomes(self, after: datetime | None) -> dict[datetime, str]:
        """The outcome of each recorded tick after a moment (None: of all), oldest first."""
        since = clock.stamp(after) if after else ""
        rows = self._rows("SELECT due, outcome FROM ticks WHERE due > ? ORDER BY due", since)
        return {clock.moment(row["due"]): str(row["outcome"]) for row in rows}

    def count_before(self, moment: str) -> int:
        """How many ticks were due before a stamp; the newest does not count."""
        query = "SELECT COUNT(*) AS count FROM ticks WHERE due < ? AND due < (SELECT MAX(due) FROM ticks)"
        return int(self._rows(query, moment)[0]["count"])

    def counts(self) -> dict[str, int]:
        """How many of the recorded ticks had each outcome."""
        rows = self._rows("SELECT outcome, COUNT(*) AS count FROM ticks GROUP BY outcome")
        return {str(row["outcome"]): int(row["count"]) for row in rows}

    def newest(self) -> dict[str, Any] | None:
        """The newest tick: `due`, `at` (when it was recorded) and `outcome`; None if there is none."""
        rows = self._rows("SELECT due, at, outcome FROM ticks ORDER BY due DESC LIMIT 1")
        return dict(rows[0]) if rows else None

    def remember(self, values: Mapping[str, str]) -> None:
        """Stores where the schedule stands: a text by its key."""
        for key, value in values.items():
            self._rows("INSERT OR REPLACE INTO schedule VALUES (?, ?)", key, value)

    def remembered(self) -> dict[str, str]:
        """Where the schedule stands: a text by its key."""
        return {row["key"]: row["value"] for row in self._rows("SELECT key, value FROM schedule")}

    def pause(self, why: str) -> None:
        """Pauses the schedule of the use case.

        Raises:
            UsageError: It is paused.
        """
        if paused := self.paused():
            raise UsageError(
                f"The schedule is paused already: since {paused['since']}, by {paused['who']}.",
                "Nothing to do; `schedule resume NAME --why ...` ends the pause.",
            )
        self._rows(
            "INSERT INTO pauses (began, who, why) VALUES (?, ?, ?)", clock.stamp(clock.now()), who(), why
        )

    def resume(self, why: str) -> None:
        """Ends the pause.

        Raises:
            UsageError: It is not paused.
        """
        if self.paused() is None:
            raise UsageError(
                "The schedule is not paused.", "Nothing to do: `status NAME` shows the next run."
            )
        self._rows(
            "UPDATE pauses SET ended=?, ended_who=?, ended_why=? WHERE ended IS NULL",
            clock.stamp(clock.now()),
            who(),
            why,
        )

    def paused(self) -> dict[str, Any] | None:
        """The pause that goes on: `since`, `who`, `why`; None where there is none."""
        rows = self._rows("SELECT began AS since, who, why FROM pauses WHERE ended IS NULL")
        return dict(rows[-1]) if rows else None

    def pauses(self, count: int) -> Iterable[tuple[str, str | None]]:
        """When each of the last `count` pauses began and ended (None: it goes on), newest first."""
        rows = self._rows("SELECT began, ended FROM pauses ORDER BY rowid DESC LIMIT ?", count)
        return [(row["began"], row["ended"]) for row in rows]
