"""The ledger's versions: who published each model, when and why."""

import json
from collections.abc import Mapping
from typing import Any, Literal

from perennial.store.databases import DatabaseTable
from perennial.store.who import who

# How a version became live: by a run, by a person who approved a candidate that waited, as an older version
# that a person restored, or as one that a person restored after going back from it.
Action = Literal["push", "approve", "rollback", "forward"]


class VersionTable(DatabaseTable):
    """The table `versions`."""

    def publish(
        self,
        version: int,
        run_id: str,
        digest: str,
        published: str,
        restores: int | None,
        why: str,
        by: str = "",
        *,
        action: Action = "push",
        card: Mapping[str, Any] | None = None,
    ) -> None:
        """Records a published version; one that is already recorded is not changed.

        Args:
            version: Its number.
            run_id: The run that published it; empty for a person.
            digest: Of its files (`registry.model_digest`).
            published: When.
            restores: The older version that it restores.
            why: The reason, a sentence.
            by: Who published it; empty: the user of this process.
            action: How it became live.
            card: Its model card, which stays here when its folder is removed; None: it cannot be read.
        """
        self._rows(
            "INSERT OR IGNORE INTO versions (version, published, run_id, digest, restores, who, why, action,"
            " card) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            version,
            published,
            run_id,
            digest,
            restores,
            by or who(),
            why,
            action,
            json.dumps(card or {}),
        )

    def all(self) -> list[dict[str, Any]]:
        """Every version ever published, oldest first."""
        return [dict(row) for row in self._rows("SELECT * FROM versions ORDER BY version")]
