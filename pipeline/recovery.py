"""Takes up what an interrupted run left: its versions, its entry in the ledger, its executions in MLMD."""

import sqlite3
from pathlib import Path

from pipeline import clock, registry
from pipeline.config import UseCase
from pipeline.ledger import Ledger, fingerprint


def recover(use_case: UseCase, ledger: Ledger) -> str:
    """Brings everything into order after a dead run; called under the lock, before anything is begun.

    A run that had pushed its model ended PUSHED, though it could not say so any more, and is settled; any
    other one FAILED. Half-published versions go, and so does what nodes had half written. A damaged MLMD
    file is set aside: it is lineage and cache, so every span is read anew and nothing but time is lost.

    Returns:
        A sentence on what was damaged; empty where nothing was.
    """
    damage = _set_aside_if_damaged(use_case.root / "metadata.db")
    if damage:
        ledger.forget_judging()
    registry.sweep(use_case.models_folder, ledger)
    dead = ledger.interrupted()
    pushed = {
        str(version.card["run_id"]): version
        for version in registry.versions(use_case.models_folder)
        if version.card and version.card.get("run_id")
    }
    for run_id, inputs in dead:
        version = pushed.get(run_id)
        if version is None or version.card is None:
            reason = "The run was interrupted; the next one took up what it left."
            ledger.end(run_id, "FAILED", 1, reason, "")
        else:
            reason = f"Version {version.number} is live. The run was interrupted before it could say so."
            settled = fingerprint(inputs, version.number, str(version.card["model_digest"]))
            ledger.end(run_id, "PUSHED", 0, reason, settled if inputs else "")
    if dead:
        sweep_metadata(use_case)
    return damage


def _set_aside_if_damaged(database: Path) -> str:
    """Renames an SQLite file that is not whole; says so, or nothing."""
    if not database.is_file():
        return ""
    connection = sqlite3.connect(database)
    try:
        if connection.execute("PRAGMA quick_check").fetchone()[0] == "ok":
            return ""
    except sqlite3.DatabaseError:
        pass  # as damaged as one whose check finds something
    finally:
        connection.close()
    aside = database.with_name(f"{database.name}.damaged-{clock.now():%Y%m%dT%H%M%S}")
    database.rename(aside)
    return f"{database.name} was damaged: it is set aside as {aside.name}, and every span was read anew."


def sweep_metadata(use_case: UseCase) -> None:
    """Marks the executions that nothing runs any more as FAILED, and removes what they had half written."""
    # MLMD takes a third of a second to import, and a run in good order needs none of it here.
    from pipeline.lineage import Lineage

    database = use_case.root / "metadata.db"
    if database.is_file():
        Lineage(str(database)).sweep(use_case.root / "artifacts")
