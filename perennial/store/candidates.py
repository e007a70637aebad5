"""The ledger's candidates: those that passed and were not pushed, each with why, and what became of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perennial import clock
from perennial.push_rules import Withheld
from perennial.store.databases import DatabaseTable


@dataclass(frozen=True)
class WaitingCandidate:
    """A candidate that passed both gates and waits until it is pushed.

    Attributes:
        run_id: The run that trained it.
        at: Since when it waits.
        model: Folder of its SavedModel.
        digest: Digest of that folder's files.
        card: Its model card.
        champion: The version that it was compared with; 0 for none.
        withheld: Why it waits.
    """

    run_id: str
    at: str
    model: Path
    digest: str
    card: Mapping[str, Any]
    champion: int
    withheld: Withheld


class CandidateTable(DatabaseTable):
    """The table `candidates`; one waits at most.

    `state` is `waits`, `pushed` (`version` and `who` say as what and by whom), `replaced` (by the candidate
    of a later run) or `void`. `why` is why it waits; once it is void, a sentence why it is.
    """

    def wait(self, run_id: str, facts: Mapping[str, Any]) -> None:
        """Records that the candidate of a run waits; one that waited before is replaced.

        Args:
            run_id: The run.
            facts: `model`, `digest`, `card`, `champion` and `withheld`, as `WaitingCandidate` has them.
        """
        now = clock.stamp(clock.now())
        card = json.dumps(facts["card"], sort_keys=True)
        values = (run_id, now, facts["model"], facts["digest"], card, facts["champion"], facts["withheld"])
        inserted = "INSERT INTO candidates VALUES (?, ?, ?, ?, ?, ?, ?, 'waits', NULL, NULL, NULL)"
        with self._connection:  # one transaction
            self._rows("BEGIN IMMEDIATE")
            self.note_replaced()
            self._rows(inserted, *values)

    def waiting(self) -> WaitingCandidate | None:
        """The candidate that waits; None if none does."""
        rows = self._rows("SELECT * FROM candidates WHERE state='waits'")
        if not rows:
            return None
        row = rows[0]
        return WaitingCandidate(
            run_id=row["run_id"],
            at=row["at"],
            model=Path(row["model"]),
            digest=row["digest"],
            card=json.loads(row["card"]),
            champion=row["champion"],
            withheld=row["why"],
        )

    def note_pushed(self, run_id: str, version: int, who: str) -> None:
        """Records that the candidate of a run became a version, and by whom; one that is settled stays so."""
        self._rows(
            "UPDATE candidates SET state='pushed', settled=?, version=?, who=?"
            " WHERE run_id=? AND state='waits'",
            clock.stamp(clock.now()),
            version,
            who,
            run_id,
        )

    def note_replaced(self) -> None:
        """Records that a newer candidate takes the place of the one that waits, if one does."""
        now = clock.stamp(clock.now())
        self._rows("UPDATE candidates SET state='replaced', settled=? WHERE state='waits'", now)

    def note_void(self, run_id: str, why: str) -> None:
        """Records that the candidate of a run can no longer be pushed; one that is settled stays so."""
        self._rows(
            "UPDATE candidates SET state='void', settled=?, why=? WHERE run_id=? AND state='waits'",
            clock.stamp(clock.now()),
            why,
            run_id,
        )

    def of_run(self, run_id: str) -> dict[str, Any] | None:
        """The candidate of a run, whatever became of it; None if that run had none that waited.

        Returns:
            The columns `run_id`, `at`, `champion`, `why`, `state`, `settled`, `who` and `version`.
        """
        return self._one("WHERE run_id=?", run_id)

    def last(self) -> dict[str, Any] | None:
        """The newest candidate that ever waited, with the same columns; None if none ever did."""
        return self._one("ORDER BY rowid DESC")

    def _one(self, which: str, *values: Any) -> dict[str, Any] | None:
        columns = "run_id, at, champion, why, state, settled, who, version"
        rows = self._rows(f"SELECT {columns} FROM candidates {which} LIMIT 1", *values)
        return dict(rows[0]) if rows else None
