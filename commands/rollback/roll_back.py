"""An older version live again, and what follows from that: alerts, and a candidate that waits."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from perennial.errors import NotRecorded, UsageError
from perennial.store import registry
from perennial.store.ledger import Ledger
from perennial.text import wrapped
from pipeline.config import UseCase
from pipeline.finding_kinds import LIVE_MODEL_FAILS
from pipeline.ledgers import opened
from pipeline.run.stale_live import stale_message
from pipeline.run.warnings import refresh_alerts


def roll_back(use_case: UseCase, to: int | None, why: str) -> dict[str, Any]:
    """Publishes an older version again; alerts about the version before it close.

    Args:
        use_case: The use case.
        to: The version to restore; None: the one before the live version.
        why: The person's reason.

    Returns:
        As `after_restoring`.

    Raises:
        UsageError: There is no reason, or no such version that could be restored.
        NotRecorded: It is live, but the disk is full or the ledger cannot be written.
    """
    expect_reason(why, "rollback")
    with opened(use_case) as ledger, naming_what_is_live(use_case, "rollback"):
        return after_restoring(use_case, ledger, registry.rollback(use_case.models_folder, ledger, to, why))


def expect_reason(why: str, command: str) -> None:
    """Expects a reason with at least a character that is no blank.

    Raises:
        UsageError: There is none.
    """
    if not why.strip():
        raise UsageError(f"`{command}` needs a reason.", "Add --why REASON.")


@contextmanager
def naming_what_is_live(use_case: UseCase, command: str) -> Iterator[None]:
    """An error after the restored version became live says so: who repeats `rollback` goes further back.

    Raises:
        NotRecorded: In the place of that error.
    """
    before = registry.numbers(use_case.models_folder)[-1:]
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        live = registry.numbers(use_case.models_folder)[-1:]
        if live == before:
            raise
        problem = error.strerror if isinstance(error, OSError) else str(error)
        raise NotRecorded(
            f"Version {live[0]} is live, but not all that follows from that could be recorded: {problem}.",
            f"Fix this, and do not run `{command}` again: the next `run {use_case.name}` records it.",
        ) from error


def after_restoring(use_case: UseCase, ledger: Ledger, version: registry.Version) -> dict[str, Any]:
    """Brings alerts and what waits into line with a version that a person has just restored.

    Returns:
        `use_case`, `live_version`, `restores` (the version that it restores), `live_stale`: that it was
        trained on rejected spans and what to do, or None; and `candidate_void`: that a candidate which
        waited can no longer be pushed, and why, or None.
    """
    # Whether the restored model fails is for the next run to find out.
    ledger.alerts.set({}, among=[LIVE_MODEL_FAILS], run_id="")
    void = refresh_alerts(use_case, ledger)
    stale = stale_message(version, ledger, use_case)
    return {
        "use_case": use_case.name,
        "live_version": version.number,
        "restores": (version.card or {}).get("restores"),
        "live_stale": stale or None,
        "candidate_void": void or None,
    }


def restored_text(content: Mapping[str, Any], sentence: str) -> str:
    """What `after_restoring` gave, for a person, below a sentence."""
    further = [wrapped(content[key]) for key in ("live_stale", "candidate_void") if content[key]]
    return "\n".join([sentence, *further])
