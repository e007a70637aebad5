"""The root that backtests of a use case work in: it begins as a copy of the ledger and of MLMD's file.

So the outputs of spans that were read are shared, by their URIs; nothing is ever written to, or removed from,
the use case's own root.
"""

import contextlib
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from perennial.errors import NodeFailed
from perennial.files import read_json, sync, write_json
from perennial.store.databases import PATIENCE
from pipeline.config import UseCase
from pipeline.ledgers import opened
from pipeline.plan import SchemaPlan
from pipeline.run.curated_schema import import_schema
from pipeline.run.rebuild import ledger_problem
from pipeline.run.recovery import metadata_problem
from pipeline.run.through import is_through

BACKTESTS: Final = "backtests"
RESULTS: Final = "results"
MODELS: Final = "models"
LOCK: Final = "lock"
LOG: Final = "log.txt"
WORK: Final = "work"
_ORIGIN: Final = "origin.json"
_DATABASES: Final = ("ledger.db", "metadata.db")


def backtests_of(use_case: UseCase) -> Path:
    """Folder of all that backtests of a use case write."""
    return use_case.root / BACKTESTS


def own_use_case(use_case: UseCase) -> UseCase:
    """The use case in the root of its backtests, with the same exports and with all spans in its window.

    Its models begin cold: with which one a model begins warm is part of a policy.
    """
    folder = use_case.exports_folder
    # A folder that is named has to exist; that in the home need not.
    path = use_case.exports.path or (folder if folder.is_dir() else None)
    return use_case.model_copy(
        update={
            "home": backtests_of(use_case) / WORK,
            # A span that is missing holds up a run, not a look at the past.
            "exports": use_case.exports.model_copy(update={"path": path, "gap": "skip"}),
            "window": use_case.window.model_copy(update={"spans": "all", "since": None}),
            "training": use_case.training.model_copy(update={"start": "cold"}),
        }
    )


def prepare(use_case: UseCase, last: str) -> UseCase:
    """Makes the root ready; called under its lock.

    It is made anew if the use case has other versions of a span up to `last`, or another decision of a
    person about one, than when it was copied, if the use case's root was moved, or if the copy is damaged.
    Results stay.

    Returns:
        The use case in that root.

    Raises:
        LedgerDamaged: The use case's ledger is damaged.
        NodeFailed: Its MLMD file is.
    """
    own = own_use_case(use_case)
    origin = _origin(use_case)
    if not _is_current(own, origin, last) or _is_damaged(own):
        if problem := metadata_problem(use_case.root / "metadata.db"):
            raise NodeFailed(
                f"metadata.db of {use_case.name} {problem}.",
                f"Run `run {use_case.name}`: it sets the file aside and reads every span again.",
            )
        shutil.rmtree(own.home, ignore_errors=True)
        own.home.mkdir(parents=True, mode=0o700)
        own.root.mkdir(mode=0o700)
        for name in _DATABASES:  # MLMD second: it has all outputs that the ledger names
            copy_database(use_case.root / name, own.root / name)
        write_json(own.home / _ORIGIN, origin)  # last: without it the copy is not whole
        sync(own.home)
    return own


def ledger_for(use_case: UseCase, last: str) -> Path:
    """The ledger that a backtest up to `last` would begin with; it need not exist."""
    own = own_use_case(use_case)
    return (own if _is_current(own, _origin(use_case), last) else use_case).root / "ledger.db"


def _origin(use_case: UseCase) -> dict[str, Any]:
    """The use case's root, and of each version of a span what decides whether it is in use."""
    with opened(use_case, make=False) as ledger:
        versions = [version for each in ledger.spans.versions().values() for version in each]
    spans = [
        [version.span, version.version, version.digest, version.verdict, version.decision, version.failing]
        for version in sorted(versions, key=lambda version: (version.span, version.version))
    ]
    return {"root": str(use_case.root), "spans": spans}


def _is_current(own: UseCase, origin: dict[str, Any], last: str) -> bool:
    try:
        copied = read_json(own.home / _ORIGIN)
    except (OSError, ValueError):
        return False
    kind = own.exports.span

    def concerned(spans: Sequence[Sequence[Any]]) -> list[list[Any]]:
        return [list(each) for each in spans if is_through(each[0], last, kind)]

    return bool(copied["root"] == origin["root"] and concerned(copied["spans"]) == concerned(origin["spans"]))


def _is_damaged(own: UseCase) -> bool:
    """Whether a database of the copy is damaged; its ledger has to be there."""
    there = (own.root / "ledger.db").is_file()
    return not there or bool(ledger_problem(own.root) or metadata_problem(own.root / "metadata.db"))


def copy_database(source: Path, target: Path) -> None:
    """Copies an SQLite file while others write to it; nothing where there is none."""
    if not source.is_file():
        return
    with (
        contextlib.closing(sqlite3.connect(source, timeout=PATIENCE)) as reading,
        contextlib.closing(sqlite3.connect(target)) as writing,
    ):
        reading.backup(writing)


def schema_of(use_case: UseCase, own: UseCase) -> SchemaPlan:
    """The curated schema, in the folder where the use case's runs have it: so it is the same artifact.

    Raises:
        SchemaError: As `import_schema`.
    """
    schema = import_schema(own)
    shared = use_case.root / "schemas" / Path(schema.uri).name
    copied = Path(schema.uri) / "schema.pbtxt"
    there = shared / copied.name
    if there.is_file() and there.read_bytes() == copied.read_bytes():
        return schema.model_copy(update={"uri": str(shared)})
    return schema
