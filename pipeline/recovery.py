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
    """Sets MLMD's file aside with its artifacts, where it is not whole; says so, or nothing.

    The artifacts go with it, also where it is gone: their folders are named by its counting, which begins
    anew.
    """
    artifacts = database.with_name("artifacts")
    if database.is_file():
        problem = "" if _is_whole(database) else "was damaged"
    else:
        problem = "is gone" if artifacts.exists() else ""
    if not problem:
        return ""
    ending = f".damaged-{clock.now():%Y%m%dT%H%M%S}"
    for path in (database, artifacts):
        if path.exists():
            path.rename(path.with_name(path.name + ending))
    return f"{database.name} {problem}: what is left is set aside (*{ending}), and every span was read anew."


def _is_whole(database: Path) -> bool:
    """Whether an SQLite file passes SQLite's own check."""
    connection = sqlite3.connect(database)
    try:
        return bool(connection.execute("PRAGMA quick_check").fetchone()[0] == "ok")
    except sqlite3.DatabaseError:
        return False
    finally:
        connection.close()


def sweep_metadata(use_case: UseCase) -> None:
    """Marks the executions that nothing runs any more as FAILED, and removes what they had half written."""
    # MLMD takes a third of a second to import, and a run in good order needs none of it here.
    from pipeline.lineage import Lineage

    database = use_case.root / "metadata.db"
    if database.is_file():
        Lineage(str(database)).sweep(use_case.root / "artifacts")
