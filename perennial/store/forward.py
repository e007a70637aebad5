"""Undoes the last rollback that is not undone yet: what was live before it is live again."""

from pathlib import Path
from typing import Final

from perennial.errors import UsageError
from perennial.store import registry
from perennial.store.ledger import Ledger
from perennial.store.recorded import recorded
from perennial.store.undo import DoneRollback, VersionRow, restorable, rollbacks

_HOW: Final = {
    "push": "a run pushed it",
    "approve": "{who} approved it",
    "rollback": "{who} restored version {restores}",
    "forward": "{who} brought back version {restores}",
}


def forward(models: Path, ledger: Ledger, why: str) -> tuple[registry.Version, int]:
    """Makes the version live again that was live before the last rollback, as one with a higher number.

    Where that one restored another, the other is restored. After a push or an `approve` nothing before it can
    be undone.

    Args:
        models: The models folder.
        ledger: Records it.
        why: The person's reason.

    Returns:
        The new version, and the one that the undone rollback had made live.

    Raises:
        UsageError: No rollback is left to undo; what it went back from is damaged or no longer on disk; or
            another version has become live in between.
    """
    name, on_disk = models.parent.name, registry.numbers(models)
    if not on_disk:
        raise UsageError("No version is live: there is nothing to undo.", f"Run `run {name}` first.")
    # A version above the live one was removed by hand.
    rows = [row for row in recorded(models, ledger) if row["version"] <= on_disk[-1]]
    left = rollbacks(rows).open
    if not left:
        raise _nothing_to_undo(rows[-1], name)
    last = left[-1]
    before = int(last.before["version"])
    targets = restorable(rows, before, on_disk)
    if not targets:
        raise _no_longer_there(models, before, last)
    whole = [number for number in targets if not registry.version_at(models, number).damage()]
    target = (whole or targets)[0]
    restored = registry.restore(models, ledger, on_disk[-1], target, "forward", why)
    return restored, last.row["version"]


def how_live(row: VersionRow) -> str:
    """How a version became live and why, such as `ada restored version 4 ("it is wrong")`."""
    if row["action"] == "push" and not row["run_id"]:
        return "it was in the models folder; which run made it live is not known"
    why = f' ("{row["why"]}")' if row["action"] != "push" and row["why"] else ""
    return _HOW[row["action"]].format(**row) + why


def _nothing_to_undo(live: VersionRow, name: str) -> UsageError:
    """The error where no rollback is left; says what is live and why."""
    return UsageError(
        f"No rollback is left to undo. Version {live['version']} is live since {live['published']}:"
        f" {how_live(live)}.",
        f"Run `history {name}` to see what was live, `rollback {name} --to VERSION` to restore any of them.",
    )


def _no_longer_there(models: Path, target: int, last: DoneRollback) -> UsageError:
    """The error where the files of the version to restore are gone; names the versions that are intact."""
    name, present = models.parent.name, registry.numbers(models)[-1]
    whole = ", ".join(str(number) for number in registry.intact(models) if number != present)
    remedy = f"Choose an intact version with `rollback {name} --to`: {whole}."
    return UsageError(
        f"The rollback that made version {last.row['version']} live went back from version {target},"
        " whose files are no longer on disk.",
        remedy if whole else f"No other version is intact: run `run {name}` to train a new one.",
    )
