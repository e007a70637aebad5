"""The ledger's versions and those in the models folder, as one: read together, and brought into line."""

import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

from perennial import clock
from perennial.store import registry
from perennial.store.ledger import Ledger
from perennial.store.versions import action_of, row_of_card

# What `VersionTable.publish` is given, in its order.
_PUBLISHED: Final = ("version", "run_id", "digest", "published", "restores", "why", "who")


def recorded(models: Path, ledger: Ledger) -> list[dict[str, Any]]:
    """The ledger's versions, and those that only the models folder has, oldest first; writes nothing.

    Returns:
        Their rows, as `VersionTable.all` gives them.
    """
    rows = {row["version"]: row for row in ledger.versions.all()}
    for number in registry.numbers(models):
        if number not in rows:
            rows[number] = _row(registry.version_at(models, number))
    return [rows[number] for number in sorted(rows)]


def cards(models: Path, ledger: Ledger, wanted: Collection[int]) -> dict[int, dict[str, Any]]:
    """Version -> its model card: the ledger's, else that in its folder; without those that have neither."""
    known = ledger.versions.cards(wanted)
    for number in set(registry.numbers(models)).intersection(wanted) - known.keys():
        if card := registry.version_at(models, number).card:
            known[number] = dict(card)
    return known


def sweep(models: Path, ledger: Ledger) -> list[str]:
    """Removes partly published versions, and records what the ledger lacks of the others.

    That are versions which it does not have, and cards, which an older release did not record.

    Returns:
        What it did about versions, in sentences.
    """
    done = []
    models.mkdir(parents=True, exist_ok=True)
    with registry.publishing(models):
        for path in models.glob(f".{registry.STAGE}*"):
            shutil.rmtree(path)
            done.append("removed a version whose publishing was interrupted")
    known = {row["version"] for row in ledger.versions.all()}
    lacking = ledger.versions.without_card()
    for version in registry.versions(models):
        if version.number not in known:
            row = _row(version)
            given = (row[key] for key in _PUBLISHED)
            ledger.versions.publish(*given, action=row["action"], card=version.card)
            done.append(f"added version {version.number}, which was on disk but not in the ledger")
        elif version.number in lacking and version.card:
            ledger.versions.add_card(version.number, action_of(version.card), version.card)
    return done


def _row(version: registry.Version) -> dict[str, Any]:
    return row_of_card(version.number, version.card or {}, clock.stamp(clock.now()))
