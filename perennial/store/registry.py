"""Versions on disk, in TF Serving's layout: which is live, publish, roll back, clean up."""

import fcntl
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from perennial import clock
from perennial.errors import Busy, LiveChanged, UsageError
from perennial.files import copy_folder, folder_digest, read_json, sync, sync_tree, write_json, written_aside
from perennial.store.ledger import Ledger
from perennial.store.undo import original, rollbacks
from perennial.store.versions import Action
from perennial.store.who import who
from serving.model.folder import CARD_FILE

CARD_FORMAT = 1
STAGE: Final = "stage-"
_NUMBER = re.compile(r"[1-9][0-9]*")


@dataclass(frozen=True)
class Version:
    """A published version: its number, its folder and its model card (None if that cannot be read)."""

    number: int
    folder: Path
    card: Mapping[str, Any] | None

    def damage(self) -> str:
        """What is wrong with its files, one sentence; empty if they are unchanged since publishing."""
        if self.card is None:
            return f"Version {self.number} is damaged: it has no readable model card."
        if model_digest(self.folder) != self.card["model_digest"]:
            return f"Version {self.number} is damaged: its files have changed since it was published."
        return ""


def model_digest(folder: Path) -> str:
    """Digest of a SavedModel's files; its model card, written at publishing, is not one of them."""
    return folder_digest(folder, leave_out=CARD_FILE)


def versions(models: Path) -> list[Version]:
    """All versions in a models folder, oldest first; folders with other names are ignored."""
    return [version_at(models, number) for number in numbers(models)]


def numbers(models: Path) -> list[int]:
    """The numbers of all versions in a models folder, in order; as `versions`, without a look at any file."""
    if not models.is_dir():
        return []
    return sorted(
        int(path.name) for path in models.iterdir() if _NUMBER.fullmatch(path.name) and path.is_dir()
    )


def version_at(models: Path, number: int) -> Version:
    """A version on disk by its number."""
    return Version(number, models / str(number), _card(models / str(number)))


def live(models: Path) -> Version | None:
    """The live version: the highest number, as in TF Serving; None if there is none."""
    published = versions(models)
    return published[-1] if published else None


def version_of_model(models: Path, digest: str) -> Version | None:
    """The newest version with a model of this digest, as its card says; None if there is none.

    A version that restores another has the same model under another number.
    """
    whole = (version for version in reversed(versions(models)) if version.card)
    return next((each for each in whole if each.card and each.card["model_digest"] == digest), None)


def intact(models: Path) -> list[int]:
    """The versions that are not damaged, in the order in which to use them.

    First the live one, then what was live before its model, newest first: a version that restores another
    counts as that one. Last come the versions that a rollback has passed over.
    """
    by_number = {version.number: version for version in versions(models)}
    highest = max(by_number, default=0)
    first = original(_restores(by_number.values()), highest)
    whole = [number for number, version in by_number.items() if not version.damage()]
    return sorted(whole, key=lambda number: (number != highest, number > first, -number))


def repair(models: Path) -> str:
    """What to do about a damaged live version: go back to an intact one, or train a new one."""
    name, whole = models.parent.name, intact(models)
    if not whole:
        return _none_intact(models)
    listed = ", ".join(map(str, whole))
    choice = f" (intact versions: {listed})" if len(whole) > 1 else ""
    return f"Run `rollback {name} --to {whole[0]} --why ...`{choice}, or `run {name}` to train a new one."


def _none_intact(models: Path) -> str:
    return f"No other version is intact: run `run {models.parent.name}` to train a new one."


def published_by(models: Path, run_id: str) -> Version | None:
    """The version that a run published; None if it published none."""
    published = versions(models)
    return next(
        (version for version in published if version.card and version.card.get("run_id") == run_id), None
    )


def publish(
    models: Path,
    ledger: Ledger,
    source: Path,
    card: Mapping[str, Any],
    *,
    champion: int | None,
    run_id: str,
    why: str,
    restores: int | None = None,
    candidate_run: str | None = None,
    approved_by: str | None = None,
    action: Action = "push",
) -> int:
    """Makes the SavedModel in `source` the live version: staged aside, synced to disk, renamed.

    Args:
        models: The models folder.
        ledger: Records the version; the next number is above all in the ledger and on disk.
        source: A SavedModel folder; it is copied, never moved.
        card: The model card; number, time and digest are added.
        champion: The version that was live when the decision was made.
        run_id: The run that publishes; empty for a person.
        why: The reason, one sentence.
        restores: The older version that this one restores.
        candidate_run: The run whose candidate waited until now; None if it did not wait.
        approved_by: Who approved it; None if no person did.
        action: How it becomes live.

    Returns:
        The new version: the highest number so far, plus one.

    Raises:
        LiveChanged: Another version than `champion` is live now.
    """
    models.mkdir(parents=True, exist_ok=True)
    with publishing(models):
        present = expect_live(models, champion)
        highest = max((row["version"] for row in ledger.versions.all()), default=0)
        number = max(highest, present.number if present else 0) + 1
        with written_aside(models / str(number), STAGE) as stage:
            copy_folder(source, stage, leave_out=CARD_FILE)
            published = clock.stamp(clock.now())
            digest = model_digest(stage)
            facts = {"version": number, "published_at": published, "run_id": run_id, "restores": restores}
            facts |= {"why": why, "model_digest": digest}
            facts |= {"candidate_run": candidate_run, "approved_by": approved_by, "action": action}
            facts |= {"who": who()}
            written = {"format": CARD_FORMAT, **card, **facts}
            write_json(stage / CARD_FILE, written)
            sync_tree(stage)
        sync(models)
        ledger.versions.publish(number, run_id, digest, published, restores, why, action=action, card=written)
    return number


def expect_live(models: Path, champion: int | None) -> Version | None:
    """The live version, which must be the one that a candidate was compared with; None for none.

    Raises:
        LiveChanged: It is another one.
    """
    present = live(models)
    if (present.number if present else None) != champion:
        raise LiveChanged(
            f"{_named(present.number if present else None).capitalize()} is live now, but the candidate"
            f" was compared with {_named(champion)}.",
            "The next run compares again.",
        )
    return present


def rollback(models: Path, ledger: Ledger, to: int | None, why: str) -> Version:
    """Makes an older version live again, as a new version with a higher number.

    Args:
        models: The models folder.
        ledger: Records it.
        to: The version to restore; None: the one that was live before the current one, where a version that
            restores another counts as that one.
        why: The person's reason.

    Raises:
        UsageError: The version does not exist, is damaged, or is live; or another version has become live
            in between.
    """
    on_disk = versions(models)
    if not on_disk:
        raise UsageError(
            "No version is live: there is nothing to roll back.", f"Run `run {models.parent.name}` first."
        )
    present = on_disk[-1].number
    # The ledger knows what a version restored that is no longer on disk.
    rows = ledger.versions.all()
    first = original(_restores(on_disk) | {row["version"]: row["restores"] for row in rows}, present)
    former = [version.number for version in on_disk if version.number < first]
    target = (former[-1] if former else 0) if to is None else to
    if target not in numbers(models):
        raise _no_such_version(rows, numbers(models), first, to)
    if target == present:
        raise UsageError(f"Version {target} is already live.", "Choose an older version with --to.")
    return restore(models, ledger, present, target, "rollback", why)


def restore(models: Path, ledger: Ledger, present: int, target: int, action: Action, why: str) -> Version:
    """Publishes a version again.

    Args:
        models: The models folder.
        ledger: Records it.
        present: The version that is live.
        target: The version to restore; it is on disk.
        action: `rollback` or `forward`.
        why: The person's reason.

    Raises:
        UsageError: It is damaged, or another version than `present` has become live.
    """
    version, name = version_at(models, target), models.parent.name
    if damage := version.damage():
        whole = [number for number in intact(models) if number != present]
        choice = f"Choose an intact version with `rollback {name} --to`: {', '.join(map(str, whole))}."
        raise UsageError(damage, choice if whole else _none_intact(models))
    try:
        number = publish(
            models,
            ledger,
            version.folder,
            version.card or {},
            champion=present,
            run_id="",
            why=why,
            restores=target,
            action=action,
        )
    except LiveChanged as error:
        problem = f"Version {present} is no longer live; nothing was restored."
        raise UsageError(problem, f"Run `status`, then run `{action}` again if you still want it.") from error
    return version_at(models, number)


def _restores(on_disk: Iterable[Version]) -> dict[int, int | None]:
    return {version.number: (version.card or {}).get("restores") for version in on_disk}


def _named(number: int | None) -> str:
    return f"version {number}" if number else "no version"


def _no_such_version(
    rows: Iterable[Mapping[str, Any]], on_disk: Sequence[int], first: int, to: int | None
) -> UsageError:
    """The error of a rollback to a version that is not on disk, or without an older version.

    `first` is the version whose model is live.
    """
    listed = ", ".join(map(str, on_disk))
    if to is not None:
        removed = next((row["removed"] for row in rows if row["version"] == to and row["removed"]), None)
        problem = f"Version {to} does not exist; versions: {listed}."
        if removed:
            problem = f"Version {to} was removed at {removed} (`keep.models`); versions: {listed}."
        return UsageError(problem, "Choose one with --to.")
    present = on_disk[-1]
    problem = f"Nothing precedes version {present}."
    if first != present:
        problem = f"Version {present} restores version {first}; nothing precedes it."
    return UsageError(
        problem, f"Use --to; versions: {listed}." if len(on_disk) > 1 else "It is the only version."
    )


def why_rolled_back(ledger: Ledger, digest: str) -> str:
    """A sentence if a person went back from a model with this digest and has not restored it; else empty."""
    mark = rollbacks(ledger.versions.all()).marks.get(digest)
    if mark is None:
        return ""
    return f'Not pushed: identical to version {mark["version"]}, which was rolled back ("{mark["why"]}").'


@contextmanager
def unchanged(models: Path, number: int | None) -> Iterator[None]:
    """Nothing is published or restored meanwhile, in any process; waits for what is in progress.

    Args:
        models: The models folder.
        number: The version that must be live; None: none.

    Raises:
        Busy: It is another one.
    """
    models.mkdir(parents=True, exist_ok=True)
    with publishing(models):
        present = live(models)
        if (present.number if present else None) != number:
            named = _named(present.number if present else None)
            raise Busy(f"Meanwhile {named} became live.", "Run the command again.")
        yield


@contextmanager
def publishing(models: Path) -> Iterator[None]:
    """One publisher at a time, in any process; waits for the other."""
    with (models / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _card(folder: Path) -> Mapping[str, Any] | None:
    try:
        card = read_json(folder / CARD_FILE)
    except (OSError, ValueError):
        return None
    return card if isinstance(card, dict) and "model_digest" in card else None
