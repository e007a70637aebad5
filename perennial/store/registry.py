"""Versions on disk, in TF Serving's layout: which is live, publish, roll back, clean up."""

import fcntl
import itertools
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perennial import clock
from perennial.errors import Busy, LiveChanged, UsageError
from perennial.files import folder_digest, read_json, sync, sync_tree, write_json, written_aside
from perennial.store.ledger import Ledger
from perennial.store.versions import Action
from serving.model.folder import CARD_FILE

CARD_FORMAT = 1
_STAGE = "stage-"
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
    if not models.is_dir():
        return []
    numbers = sorted(
        int(path.name) for path in models.iterdir() if _NUMBER.fullmatch(path.name) and path.is_dir()
    )
    return [Version(number, models / str(number), _card(models / str(number))) for number in numbers]


def live(models: Path) -> Version | None:
    """The live version: the highest number, as in TF Serving; None if there is none."""
    published = versions(models)
    return published[-1] if published else None


def intact(models: Path) -> list[int]:
    """The versions that are not damaged, in the order in which to use them.

    First the live one, then what was live before its model, newest first: a version that restores another
    counts as that one. Last come the versions that a rollback has passed over.
    """
    by_number = {version.number: version for version in versions(models)}
    highest, original = max(by_number, default=0), _original(by_number) if by_number else 0
    whole = [number for number, version in by_number.items() if not version.damage()]
    return sorted(whole, key=lambda number: (number != highest, number > original, -number))


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
    with _publishing(models):
        present = expect_live(models, champion)
        highest = max((row["version"] for row in ledger.versions.all()), default=0)
        number = max(highest, present.number if present else 0) + 1
        with written_aside(models / str(number), _STAGE) as stage:
            shutil.copytree(source, stage, ignore=shutil.ignore_patterns(CARD_FILE))
            published = clock.stamp(clock.now())
            digest = model_digest(stage)
            facts = {"version": number, "published_at": published, "run_id": run_id, "restores": restores}
            facts |= {"why": why, "model_digest": digest}
            facts |= {"candidate_run": candidate_run, "approved_by": approved_by, "action": action}
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
    by_number = {version.number: version for version in versions(models)}
    if not by_number:
        raise UsageError(
            "No version is live: there is nothing to roll back.", f"Run `run {models.parent.name}` first."
        )
    present = by_number[max(by_number)]
    target = by_number.get(_before(by_number) if to is None else to)
    if target is None:
        raise _no_such_version(by_number, to)
    if target.number == present.number:
        raise UsageError(f"Version {target.number} is already live.", "Choose an older version with --to.")
    if damage := target.damage():
        others = [str(number) for number in intact(models) if number != present.number]
        choice = f"Choose an intact version with --to: {', '.join(others)}."
        raise UsageError(damage, choice if others else _none_intact(models))
    try:
        number = publish(
            models,
            ledger,
            target.folder,
            target.card or {},
            champion=present.number,
            run_id="",
            why=why,
            restores=target.number,
            action="rollback",
        )
    except LiveChanged as error:
        problem = f"Version {present.number} is no longer live; nothing was rolled back."
        raise UsageError(problem, "Run `status`, then run `rollback` again if you still want it.") from error
    return Version(number, models / str(number), _card(models / str(number)))


def _named(number: int | None) -> str:
    return f"version {number}" if number else "no version"


def _no_such_version(by_number: Mapping[int, Version], to: int | None) -> UsageError:
    """The error of a rollback to a version that does not exist, or without an older version."""
    numbers = ", ".join(str(number) for number in sorted(by_number))
    if to is not None:
        return UsageError(f"Version {to} does not exist; versions: {numbers}.", "Choose one with --to.")
    present, original = max(by_number), _original(by_number)
    problem = f"Nothing precedes version {present}."
    if original != present:
        problem = f"Version {present} restores version {original}; nothing precedes it."
    remedy = f"Use --to; versions: {numbers}." if len(by_number) > 1 else "It is the only version."
    return UsageError(problem, remedy)


def why_rolled_back(ledger: Ledger, digest: str) -> str:
    """A sentence if a person once rolled back from a model with this digest; else empty."""
    rows = ledger.versions.all()
    for former, restored in itertools.pairwise(rows):
        if restored["restores"] is not None and former["digest"] == digest:
            version, why = former["version"], restored["why"]
            return f'Not pushed: identical to version {version}, which was rolled back ("{why}").'
    return ""


def _before(by_number: Mapping[int, Version]) -> int:
    """The version before the live one, which counts as the one that it restores; 0 if there is none."""
    original = _original(by_number)
    return max((number for number in by_number if number < original), default=0)


def _original(by_number: Mapping[int, Version]) -> int:
    """The version whose model is live: one that restores version N counts as N, however often."""
    original = max(by_number)
    while original in by_number and (restored := (by_number[original].card or {}).get("restores")):
        original = restored
    return original


def sweep(models: Path, ledger: Ledger) -> list[str]:
    """Removes partly published versions, and records those that the ledger lacks; returns what it did."""
    done = []
    models.mkdir(parents=True, exist_ok=True)
    with _publishing(models):
        for path in models.glob(f".{_STAGE}*"):
            shutil.rmtree(path)
            done.append("removed a version whose publishing was interrupted")
    known = {row["version"] for row in ledger.versions.all()}
    for version in versions(models):
        if version.number not in known:
            card = version.card or {}
            ledger.versions.publish(
                version.number,
                str(card.get("run_id", "")),
                str(card.get("model_digest", "")),
                str(card.get("published_at", clock.stamp(clock.now()))),
                card.get("restores"),
                str(card.get("why", "Found on disk.")),
                str(card.get("approved_by") or ""),
                action=card.get("action") or ("rollback" if card.get("restores") else "push"),
                card=card,
            )
            done.append(f"added version {version.number}, which was on disk but not in the ledger")
    return done


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
    with _publishing(models):
        present = live(models)
        if (present.number if present else None) != number:
            named = _named(present.number if present else None)
            raise Busy(f"Meanwhile {named} became live.", "Run the command again.")
        yield


@contextmanager
def _publishing(models: Path) -> Iterator[None]:
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
