"""A use case at one moment: copies of its two databases, and which of its files belong to them."""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from perennial.errors import LedgerDamaged
from perennial.store.databases import PATIENCE
from perennial.store.ledger import damaged
from perennial.store.migration import too_new
from perennial.store.tables import FORMAT
from pipeline.run.rebuild import ledger_problem
from pipeline.run.recovery import metadata_problem

_Rows = dict[str, list[tuple[Any, ...]]]
_OF_LEDGER: Final = {
    "outputs": "SELECT uri FROM outputs",
    "versions": "SELECT version FROM versions",
    "runs": "SELECT run_id, ended FROM runs",
    "spans": "SELECT DISTINCT span FROM spans",
    "format": "PRAGMA user_version",
}


@dataclass(frozen=True)
class RootSnapshot:
    """What a ledger says at one moment.

    Attributes:
        databases: The copies, by file name: the ledger, and MLMD, which may be a little newer.
        ledger_format: Its format; 0 where there is no ledger.
        outputs: Folders of complete outputs of nodes.
        versions: Published versions.
        runs: Runs that had begun, each with whether it had ended.
        spans: How many spans it knows.
    """

    databases: dict[str, IO[bytes]]
    ledger_format: int
    outputs: frozenset[Path]
    versions: frozenset[str]
    runs: dict[str, bool]
    spans: int


@contextmanager
def snapshot_of(root: Path, scratch: Path) -> Iterator[RootSnapshot]:
    """Copies the databases of a use case, without waiting for a run that is in progress.

    The ledger is first: MLMD then has all that the ledger names, and what it has more is no output that is
    copied. Versions and runs are listed before the ledger as well: one that is on disk and not in the ledger
    yet was published by a run that was killed at that moment, and the next run adds it.

    Args:
        root: The use case's root.
        scratch: The name of the copies while they are made; what a killed process left there is replaced.

    Raises:
        LedgerDamaged: The ledger is damaged or missing, or MLMD is.
        UsageError: A newer release wrote the ledger.
    """
    if problem := ledger_problem(root):
        raise damaged(root / "ledger.db", problem)
    on_disk = [{path.name for path in root.glob(f"{folder}/[!.]*")} for folder in ("models", "runs")]
    with ExitStack() as files:
        databases: dict[str, IO[bytes]] = {}
        rows: _Rows = {}
        if _has_content(root / "ledger.db"):
            databases["ledger.db"], rows = _copy(root / "ledger.db", scratch, _OF_LEDGER)
            files.enter_context(databases["ledger.db"])
        ((number,),) = rows.get("format", [(0,)])
        if number > FORMAT:
            raise too_new(number)
        if problem := metadata_problem(root / "metadata.db"):
            remedy = f"Run `run {root.name}`: it sets aside the rest and reads every span again."
            raise LedgerDamaged(f"{root / 'metadata.db'} {problem}.", remedy)
        if _has_content(root / "metadata.db"):
            databases["metadata.db"], _ = _copy(root / "metadata.db", scratch, {})
            files.enter_context(databases["metadata.db"])
        yield RootSnapshot(
            databases=databases,
            ledger_format=number,
            outputs=frozenset(Path(uri) for (uri,) in rows.get("outputs", [])),
            versions=frozenset(on_disk[0] | {str(version) for (version,) in rows.get("versions", [])}),
            runs=dict.fromkeys(on_disk[1], True) | {run: bool(ended) for run, ended in rows.get("runs", [])},
            spans=len(rows.get("spans", [])),
        )


def _has_content(database: Path) -> bool:
    return database.is_file() and database.stat().st_size > 0


def _copy(database: Path, scratch: Path, queries: Mapping[str, str]) -> tuple[IO[bytes], _Rows]:
    """A copy of an SQLite file as of one moment, and the rows of queries to it.

    The copy loses its name at once: the system removes it when it is closed, also if this process is killed.
    """
    scratch.unlink(missing_ok=True)
    copy = os.fdopen(os.open(scratch, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "rb")
    try:
        with (
            closing(sqlite3.connect(database, timeout=PATIENCE)) as source,
            closing(sqlite3.connect(scratch)) as target,
        ):
            source.backup(target)
            return copy, {key: target.execute(query).fetchall() for key, query in queries.items()}
    except BaseException:  # whatever ended it, the file is closed
        copy.close()
        raise
    finally:
        scratch.unlink()
