"""The ledger's runs: who began each, how it ended, and what its training half followed from."""

from collections.abc import Callable, Sequence
from typing import Any

from perennial import clock
from perennial.store.databases import DatabaseTable
from perennial.store.who import who


def fingerprint(inputs: str, live: int | None, digest: str, rejected: Sequence[str] = ()) -> str:
    """What is stored of a settled run: the digest of its training half's inputs, and the live version.

    `rejected` names spans that the live version was trained on and that a person rejected since: the next
    run trains again.
    """
    return " ".join([f"{inputs} {live or 0} {digest}", *rejected])


class RunTable(DatabaseTable):
    """The tables `runs` and `busy`."""

    def begin(self, run_id: str, trigger: str) -> None:
        """Records the start of a run, and what started it; one that is already recorded is not changed."""
        self._rows(
            "INSERT OR IGNORE INTO runs (run_id, began, who, trigger, clock) VALUES (?, ?, ?, ?, ?)",
            run_id,
            clock.stamp(clock.now()),
            who(),
            trigger,
            clock.name(),
        )

    def end(self, run_id: str, verdict: str, exit_code: int, reason: str, fingerprint: str) -> None:
        """Records how a run ended.

        `fingerprint` is the digest of all that its training half followed from, if that ended PUSHED or KEPT
        (in this run, or in an earlier one that this one found to stand); else empty.
        """
        self._rows(
            "UPDATE runs SET ended=?, verdict=?, exit_code=?, reason=?, fingerprint=? WHERE run_id=?",
            clock.stamp(clock.now()),
            verdict,
            exit_code,
            reason,
            fingerprint,
            run_id,
        )
        self._rows("DELETE FROM busy")

    def intend(self, run_id: str, inputs: str) -> None:
        """Records the inputs of a run's training half, before it starts."""
        self._rows("UPDATE runs SET fingerprint=? WHERE run_id=?", inputs, run_id)

    def interrupted(self) -> list[tuple[str, str]]:
        """The runs that never ended, and the inputs of the training half of each; empty if it had none.

        If the caller holds the lock, none of them is still running.
        """
        rows = self._rows("SELECT run_id, fingerprint FROM runs WHERE ended IS NULL")
        return [(row["run_id"], row["fingerprint"] or "") for row in rows]

    def last(self, count: int) -> list[dict[str, Any]]:
        """The last `count` runs that ended, newest first."""
        rows = self._rows(
            "SELECT run_id, began, ended, verdict, exit_code, reason, trigger, clock FROM runs"
            " WHERE ended IS NOT NULL ORDER BY rowid DESC LIMIT ?",
            count,
        )
        return [dict(row) for row in rows]

    def newest(self, count: int) -> list[dict[str, Any]]:
        """The newest `count` runs, ended or not, newest first; `ended` and `verdict` may be None."""
        rows = self._rows(
            "SELECT run_id, began, ended, verdict, trigger FROM runs ORDER BY rowid DESC LIMIT ?", count
        )
        return [dict(row) for row in rows]

    def triggers_of_versions(self) -> dict[str, str]:
        """What started each run that published a version, by its id; without those no longer recorded."""
        rows = self._rows("SELECT run_id, trigger FROM runs WHERE run_id IN (SELECT run_id FROM versions)")
        return {row["run_id"]: row["trigger"] for row in rows}

    def count_after(self, run_id: str, trigger: str) -> int:
        """How many runs with a trigger were recorded after another run ("": how many at all)."""
        rows = self._rows(
            "SELECT COUNT(*) AS count FROM runs WHERE trigger=?"
            " AND rowid > COALESCE((SELECT rowid FROM runs WHERE run_id=?), 0)",
            trigger,
            run_id,
        )
        return int(rows[0]["count"])

    def is_since(self, run_id: str, trigger: str, moment: str) -> bool:
        """Whether a run has this trigger and did not begin before a moment, which is a stamp."""
        rows = self._rows(
            "SELECT 1 FROM runs WHERE run_id=? AND trigger=? AND began>=?", run_id, trigger, moment
        )
        return bool(rows)

    def settled_fingerprint(self) -> str:
        """Fingerprint of the last run that was settled; empty if there was none.

        A run that failed since, as on a share that was not mounted, is no reason to train on the same again.
        """
        rows = self._rows(
            "SELECT fingerprint FROM runs WHERE ended IS NOT NULL AND fingerprint != ''"
            " ORDER BY rowid DESC LIMIT 1"
        )
        return str(rows[0]["fingerprint"]) if rows else ""

    def fingerprint_of(self, run_id: str) -> str:
        """Fingerprint of a run; empty if it was not settled or there is none."""
        rows = self._rows("SELECT fingerprint FROM runs WHERE run_id=?", run_id)
        return str(rows[0]["fingerprint"] or "") if rows else ""

    def settle_again(self, champion: int, settled: Callable[[str], str]) -> None:
        """Gives the last run that was settled another fingerprint, if it was so while `champion` was live.

        Args:
            champion: A version; 0 for none.
            settled: From the digest of the run's inputs, the new fingerprint.
        """
        inputs, _, rest = self.settled_fingerprint().partition(" ")
        if rest.partition(" ")[0] == str(champion):
            last = "SELECT MAX(rowid) FROM runs WHERE ended IS NOT NULL AND fingerprint != ''"
            self._rows(f"UPDATE runs SET fingerprint=? WHERE rowid=({last})", settled(inputs))

    def unsettle(self, run_id: str) -> None:
        """Makes every run unsettled that followed from the same inputs as this one, so that the next trains.

        A run with nothing new repeats the fingerprint of the one before it.
        """
        inputs = self.fingerprint_of(run_id).partition(" ")[0]
        self._rows("UPDATE runs SET fingerprint='' WHERE fingerprint LIKE ? || ' %'", inputs)

    def restore(
        self,
        run_id: str,
        began: str,
        ended: str | None,
        verdict: str | None,
        exit_code: int | None,
        reason: str | None,
    ) -> None:
        """Restores a run from its folder; who started it is not known."""
        self._rows(
            "INSERT INTO runs VALUES (?, ?, 'unknown', ?, ?, ?, ?, '', '', '')",
            run_id,
            began,
            ended,
            verdict,
            exit_code,
            reason,
        )

    def note_busy(self) -> int:
        """Records that a run found another one running; returns how many did since the last run ended."""
        self._rows("INSERT INTO busy VALUES (?)", clock.stamp(clock.now()))
        return int(self._rows("SELECT COUNT(*) AS count FROM busy")[0]["count"])
