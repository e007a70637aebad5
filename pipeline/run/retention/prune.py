"""Prunes a use case: the plan, its removal, and what is said of it."""

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perennial import disk
from perennial.errors import PerennialError
from perennial.store import recorded
from perennial.store.ledger import Ledger
from pipeline import files_lock
from pipeline.config import UseCase
from pipeline.run.leftovers import sweep_leftovers
from pipeline.run.retention.lineage_rows import NO_ROWS, RowCounts, count_rows
from pipeline.run.retention.on_disk import freed_bytes
from pipeline.run.retention.plan import Item, Plan, plan
from pipeline.run.retention.removal import carry_out
from pipeline.run.retention.standing import Standing
from pipeline.run.scope import NEWEST_SPANS, SpanScope


@dataclass(frozen=True)
class Pruned:
    """What was pruned, or would be.

    Attributes:
        goes: What goes.
        stays: What stays, each with why.
        ticks: How many times of the schedule go.
        bytes: Bytes on disk that this frees, by kind of what goes.
        metadata: Rows of MLMD.
        last: The prune before this one, as the ledger has it; None: there was none.
    """

    goes: tuple[Item, ...] = ()
    stays: tuple[Item, ...] = ()
    ticks: int = 0
    bytes: Mapping[str, int] | None = None
    metadata: RowCounts = NO_ROWS
    last: Mapping[str, Any] | None = None

    @property
    def total_bytes(self) -> int:
        """Bytes on disk that this frees; MLMD's file and the ledger keep their size, and use it again."""
        return sum((self.bytes or {}).values())


def prune(
    use_case: UseCase,
    ledger: Ledger,
    *,
    run_id: str = "",
    scope: SpanScope = NEWEST_SPANS,
    is_dry: bool = False,
) -> Pruned:
    """Removes what no need keeps (`needs.py`); called under the run's lock, while no store of MLMD is open.

    Args:
        use_case: Whose.
        ledger: Its ledger.
        run_id: The run that prunes; "" for a person.
        scope: Which spans this run read.
        is_dry: Whether it is only said what would go.

    Raises:
        Busy: A backup or a backtest uses the files, or a version became live meanwhile; nothing was changed.
        ExportsUnreadable: The exports folder cannot be listed: which spans are in the window is not known.
        OSError: Something cannot be written or removed.
        sqlite3.Error: The ledger or MLMD's file cannot be used.
    """
    if is_dry:
        return _answer(*_planned(use_case, ledger, scope))
    with files_lock.alone(use_case.root), _room(use_case.root):
        sweep_leftovers(use_case.root)
        # A version keeps its card when its files go: no run has recorded those of an older release yet.
        recorded.sweep(use_case.models_folder, ledger)
        standing, planned = _planned(use_case, ledger, scope)
        pruned = _answer(standing, planned)
        if pruned.goes or pruned.ticks or pruned.metadata.goes or planned.rows.is_any:
            counts = {**counts_of(pruned), "metadata_rows": pruned.metadata.goes}
            carry_out(standing, planned, run_id, counts, pruned.total_bytes)
    return pruned


def prune_after_run(use_case: UseCase, run_id: str, scope: SpanScope) -> str:
    """Prunes after a run's verdict is written; whatever goes wrong changes nothing of that.

    Args:
        use_case: Whose.
        run_id: The run.
        scope: Which spans it read.

    Returns:
        What went wrong, in sentences; empty if nothing did.
    """
    try:
        ledger = Ledger(use_case.root / "ledger.db", is_checked=False)
        try:
            prune(use_case, ledger, run_id=run_id, scope=scope)
        finally:
            ledger.close()
    except PerennialError as error:
        return f"Nothing was pruned. {error.problem} The next run prunes."
    except (OSError, sqlite3.Error) as error:
        return f"Pruning failed: {problem_of(error)} The next run prunes what is left."
    return ""


def problem_of(error: OSError | sqlite3.Error) -> str:
    """What could not be done, and with which file, as a sentence."""
    if isinstance(error, sqlite3.Error):
        return f"{error}."
    return f"{error.filename}: {error.strerror}." if error.filename else f"{error.strerror or error}."


def counts_of(pruned: Pruned) -> dict[str, int]:
    """How many of each kind of thing go; only kinds of which some do."""
    counts: dict[str, int] = {}
    for item in pruned.goes:
        counts[item.kind] = counts.get(item.kind, 0) + 1
    return {**counts, "ticks": pruned.ticks} if pruned.ticks else counts


def _planned(use_case: UseCase, ledger: Ledger, scope: SpanScope) -> tuple[Standing, Plan]:
    standing = Standing.of(use_case, ledger, scope)
    return standing, plan(standing)


@contextlib.contextmanager
def _room(root: Path) -> Iterator[None]:
    """On a full disk the ledger's transaction has the room of the reserve, which is set aside again after."""
    reserve = disk.Reserve(root)
    if disk.is_full(root):
        reserve.release()
    try:
        yield
    finally:
        reserve.keep()


def _answer(standing: Standing, planned: Plan) -> Pruned:
    root = standing.content.root
    paths: dict[str, list[Path]] = {}
    for item in planned.goes:
        paths.setdefault(item.kind, [])
        paths[item.kind] += [item.path] if item.path else []
    return Pruned(
        goes=planned.goes,
        stays=planned.stays,
        ticks=planned.ticks,
        bytes=freed_bytes({**paths, "outputs": [*paths.get("outputs", []), *planned.work]}),
        metadata=count_rows(root / "metadata.db", root / "artifacts", planned.outputs),
        last=standing.ledger.prunes.last(),
    )
