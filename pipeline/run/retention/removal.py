"""The removal of what a plan says, in an order that a kill cannot hurt.

First what is left of spans is written, which nothing reads yet; then the ledger forgets, in one transaction;
then folders are renamed away, and removed; then MLMD forgets, in another transaction. TFX takes no output
from its cache whose folder is gone, so a full disk has room again before MLMD's file needs some. Whatever is
left when the process is killed is not used by any run, and the next prune has it in its plan again.
"""

import itertools
from collections.abc import Iterable
from pathlib import Path

from perennial.files import link_or_copy, remove, sync, written_aside
from perennial.store import registry
from pipeline.run.leftovers import TRASH, remove_empty
from pipeline.run.retention.lineage_rows import remove_rows
from pipeline.run.retention.plan import REMNANT_FILES, Plan
from pipeline.run.retention.standing import Standing


def carry_out(standing: Standing, plan: Plan, run_id: str, counts: dict[str, int], size: int) -> None:
    """Removes what a plan says; called under the run's lock and the lock on the files.

    Args:
        standing: What the plan was derived from.
        plan: The plan.
        run_id: The run that prunes; "" for a person.
        counts: How many of each kind go, for the record.
        size: Bytes that it frees, for the record.

    Raises:
        Busy: A version became live since the plan was made; nothing was changed.
        OSError: Something cannot be written or removed; what is left goes with the next prune.
        sqlite3.Error: The ledger or MLMD's file cannot be written.
    """
    root, ledger = standing.content.root, standing.ledger
    _leave_remnants(standing, plan)
    versions = [item.path for item in plan.goes if item.kind == "versions" and item.path]
    # What a `rollback` copies must not go meanwhile.
    with registry.unchanged(root / "models", max(standing.content.versions, default=None)):
        ledger.prunes.carry_out(plan.rows, run_id, counts, size)
        ledger.spans.reload()
        _into_trash(root, versions)
    others = (item.path for item in plan.goes if item.kind != "versions" and item.path)
    _into_trash(root, [*others, *plan.work])
    remove_rows(root / "metadata.db", root / "artifacts", plan.outputs)
    remove_empty(root)


def _leave_remnants(standing: Standing, plan: Plan) -> None:
    """Puts aside what stays of the Examples that go."""
    current = {
        (version.span, version.version): version.examples
        for arrivals in standing.ledger.spans.versions().values()
        for version in arrivals
    }
    for span in plan.rows.spans:
        target = Path(span.remnant)
        if not span.remnant or target.is_dir():
            continue
        source = Path(current[span.span, span.version])
        target.parent.mkdir(parents=True, exist_ok=True)
        with written_aside(target) as aside:
            for name in REMNANT_FILES:
                if (source / name).is_file():
                    link_or_copy(source / name, aside / name)
            sync(aside)
        sync(target.parent)


def _into_trash(root: Path, paths: Iterable[Path]) -> None:
    """Renames what goes away, so that nobody meets half of it, and removes it."""
    trash = root / TRASH
    trash.mkdir(mode=0o700, exist_ok=True)
    for path, number in zip(paths, itertools.count()):
        path.rename(trash / f"{number}-{path.name}")
    remove(trash)
