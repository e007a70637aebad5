"""The ledger's retrainings: runs that trained without a stale live model's rejected spans, and kept it."""

import json
from collections.abc import Sequence
from typing import Any

from perennial import clock
from perennial.store.databases import DatabaseTable


class RetrainingTable(DatabaseTable):
    """The table `retrainings`: one row a run of which the candidate was not pushed."""

    def note(self, run_id: str, version: int, rejected: Sequence[str], why: str, setting: str) -> None:
        """Records that a run trained without the rejected spans of the live version, which it kept.

        Args:
            run_id: The run.
            version: The live version.
            rejected: The rejected spans that it was trained on.
            why: Why it was kept, in sentences.
            setting: The setting of the use case that kept it; empty if none alone did.
        """
        at = clock.stamp(clock.now())
        values = (run_id, version, json.dumps(list(rejected)), why, setting, at)
        self._rows("INSERT OR REPLACE INTO retrainings VALUES (?, ?, ?, ?, ?, ?)", *values)

    def last(self, version: int, rejected: Sequence[str]) -> dict[str, Any] | None:
        """The newest while `version` was live, and just these of its spans were rejected; None: none yet.

        Returns:
            `run_id`, `version`, `rejected` (as JSON), `why`, `setting` and `at`.
        """
        rows = self._rows(
            "SELECT * FROM retrainings WHERE version=? AND rejected=? ORDER BY rowid DESC LIMIT 1",
            version,
            json.dumps(list(rejected)),
        )
        return dict(rows[0]) if rows else None
