"""The ledger's versions: who published each model, when and why."""

from typing import Any

from perennial.store.databases import DatabaseTable
from perennial.store.who import who


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
    ) -> None:
        """Records a published version; one that is already recorded is not changed.

        `by` is who published it; empty: the user of this process.
        """
        self._rows(
            "INSERT OR IGNORE INTO versions VALUES (?, ?, ?, ?, ?, ?, ?)",
            version,
            published,
            run_id,
            digest,
            restores,
            by or who(),
            why,
        )

    def all(self) -> list[dict[str, Any]]:
        """Every version ever published, oldest first."""
        return [dict(row) for row in self._rows("SELECT * FROM versions ORDER BY version")]
