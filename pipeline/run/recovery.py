"""Cleans up after an interrupted run: its versions, its entry in the ledger, its executions in MLMD."""

import contextlib
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from perennial.store import recorded, registry
from perennial.store.databases import PATIENCE, is_whole, set_aside
from perennial.store.ledger import Ledger
from perennial.store.runs import fingerprint
from pipeline.config import UseCase
from pipeline.run.live_rows import rejected_spans
from pipeline.run.outputs import Outputs
from pipeline.run.settled import settled


def recover(use_case: UseCase, ledger: Ledger, outputs: Outputs) -> str:
    """Brings everything into order after a dead run; called under the lock, before anything is begun.

    A run that had pushed its model ended PUSHED, though it could not report it, and is settled; any
    other one FAILED. One whose candidate waits ended KEPT. Half-published versions go, and so does what
    nodes had half written. A damaged MLMD file is set aside: it is lineage and cache, so every span is read
    again and nothing but time is lost.

    Returns:
        A sentence on what was damaged; empty where nothing was.
    """
    damage = _set_aside_if_damaged(use_case.root / "metadata.db")
    if damage:
        ledger.forget_outputs()
    correct_future_times(use_case.root / "metadata.db")
    recorded.sweep(use_case.models_folder, ledger)
    dead = ledger.runs.interrupted()
    pushed = {
        str(version.card["run_id"]): version
        for version in registry.versions(use_case.models_folder)
        if version.card and version.card.get("run_id")
    }
    for run_id, inputs in dead:
        version, candidate = pushed.get(run_id), ledger.candidates.of_run(run_id)
        if candidate and candidate["state"] in ("waits", "pushed"):
            reason = "Its candidate passed and waited. The run was interrupted before it could report it."
            ledger.runs.end(run_id, "KEPT", 0, reason, _fingerprint_of(use_case, ledger, inputs, candidate))
        elif version is None or version.card is None:
            reason = "The run was interrupted; the next run cleaned up after it."
            ledger.runs.end(run_id, "FAILED", 1, reason, "")
        else:
            reason = f"Version {version.number} is live. The run was interrupted before it could report it."
            left = fingerprint(inputs, version.number, str(version.card["model_digest"]))
            ledger.runs.end(run_id, "PUSHED", 0, reason, left if inputs else "")
    if dead:
        sweep_metadata(use_case)
    outputs.take_up(interrupted=bool(dead))
    return damage


def _fingerprint_of(use_case: UseCase, ledger: Ledger, inputs: str, candidate: Mapping[str, Any]) -> str:
    """The fingerprint of a run whose candidate waits, or was pushed since."""
    number = candidate["version"] or candidate["champion"]
    known = (version for version in registry.versions(use_case.models_folder) if version.number == number)
    live = next(known, None)
    return settled(inputs, live, rejected_spans(live, ledger))


def _set_aside_if_damaged(database: Path) -> str:
    """Sets MLMD's file and its artifacts aside if the file is damaged or missing; returns a sentence, or "".

    The artifacts are set aside too, because their folders are named by MLMD's ids, which start again at 1.
    """
    problem = metadata_problem(database)
    if not problem:
        return ""
    ending = set_aside(database, database.with_name("artifacts"))
    return (
        f"{database.name} {problem}: what is left was set aside (*{ending}), and every span was read again."
    )


def metadata_problem(database: Path) -> str:
    """What is wrong with MLMD's file, such as "is missing"; empty if it is whole or not due yet."""
    # An empty file is a whole database to SQLite, and one that has lost everything to us.
    if database.is_file() and database.stat().st_size:
        return "" if is_whole(database) else "is damaged"
    return "is missing" if database.with_name("artifacts").exists() else ""


def correct_future_times(database: Path) -> None:
    """Gives what MLMD recorded in the future, by a clock that was set back since, the present time.

    MLMD lists by time, newest first, 100 a page, and the next page has lower ids only: of more than 100
    executions in the future, none that follows them is listed, and no node gets its inputs.
    """
    if not database.is_file() or not database.stat().st_size:
        return
    with contextlib.closing(sqlite3.connect(database, timeout=PATIENCE)) as connection, connection:
        (now,) = connection.execute("SELECT strftime('%s', 'now') * 1000").fetchone()
        made = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        for table in made & {"Execution", "Artifact", "Context"}:
            connection.execute(
                f"UPDATE {table} SET create_time_since_epoch=:now,"
                " last_update_time_since_epoch=MIN(last_update_time_since_epoch, :now)"
                " WHERE create_time_since_epoch > :now",
                {"now": now},
            )


def sweep_metadata(use_case: UseCase) -> None:
    """Marks interrupted executions as FAILED, and removes their outputs.

    A damaged file is left for the next run, which sets it aside.
    """
    # Importing MLMD takes a third of a second, and most runs do not need it here.
    from pipeline.execution.lineage import Lineage

    database = use_case.root / "metadata.db"
    if database.is_file() and not metadata_problem(database):
        Lineage(str(database)).sweep(use_case.root / "artifacts")
