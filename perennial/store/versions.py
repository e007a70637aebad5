"""The ledger's versions: who published each model, when and why."""

import json
from collections.abc import Collection, Mapping
from typing import Any, Final, Literal, cast, get_args

from perennial.store.databases import DatabaseTable
from perennial.store.who import who

# How a version became live: by a run, by a person who approved a candidate that waited, as an older version
# that a person restored, or as one that a person restored after going back from it.
Action = Literal["push", "approve", "rollback", "forward"]
# Who made a version live, where neither the ledger nor its card says so.
_UNKNOWN: Final = "unknown"
_NOT_PUBLISHED: Final = "It was in the models folder."


def action_of(card: Mapping[str, Any]) -> Action:
    """How a version became live, by its model card; that of an older release does not say it in a word."""
    if card.get("action") in get_args(Action):
        return cast(Action, card["action"])
    if card.get("restores"):
        return "rollback"
    return "approve" if card.get("approved_by") else "push"


def row_of_card(version: int, card: Mapping[str, Any], otherwise: str) -> dict[str, Any]:
    """The row of a version that was not recorded, by its model card, as `VersionTable.all` gives rows.

    The card of another version, whose folder a person copied, says nothing of how and when this one became
    live; nor does one that cannot be read. Such a version is a push without a run.

    Args:
        version: Its number.
        card: Its model card; empty if that cannot be read.
        otherwise: When it was published, if the card does not say so.
    """
    if card.get("version", version) != version:
        card = {"model_digest": card.get("model_digest", "")}
    return {
        "version": version,
        "published": str(card.get("published_at") or otherwise),
        "run_id": str(card.get("run_id", "")),
        "digest": str(card.get("model_digest", "")),
        "restores": card.get("restores"),
        "who": str(card.get("who") or card.get("approved_by") or _UNKNOWN),
        "why": str(card.get("why", _NOT_PUBLISHED)),
        "action": action_of(card),
        "removed": None,
    }


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
        """Every version ever published, oldest first; the columns of its row without its card."""
        columns = "version, published, run_id, digest, restores, who, why, action, removed"
        return [dict(row) for row in self._rows(f"SELECT {columns} FROM versions ORDER BY version")]

    def cards(self, wanted: Collection[int]) -> dict[int, dict[str, Any]]:
        """Version -> its model card; without those that an older release recorded without one."""
        rows = self._rows("SELECT version, card FROM versions WHERE card != '{}'")
        return {row["version"]: json.loads(row["card"]) for row in rows if row["version"] in wanted}

    def without_card(self) -> set[int]:
        """Versions whose cards are not recorded."""
        return {row["version"] for row in self._rows("SELECT version FROM versions WHERE card = '{}'")}

    def add_card(self, version: int, action: Action, card: Mapping[str, Any]) -> None:
        """Records the card of a version that has none, and how it became live, which its card says."""
        self._rows(
            "UPDATE versions SET card=?, action=? WHERE version=? AND card='{}'",
            json.dumps(card),
            action,
            version,
        )
