"""The work of `prune`: under the lock of a use case's runs, and what is answered."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from perennial.errors import PerennialError
from pipeline import config
from pipeline.config import UseCase
from pipeline.ledgers import opened
from pipeline.run import lock
from pipeline.run.retention.prune import Pruned, counts_of, problem_of, prune


def prune_one(use_case: UseCase, *, is_dry: bool) -> dict[str, Any]:
    """Prunes a use case.

    Args:
        use_case: Whose.
        is_dry: Whether it is only said what would go.

    Returns:
        `use_case`, `dry_run`; `removed`: by kind `count`, `bytes` and `keys`; `bytes` that are freed on disk;
        `metadata_rows`: `before` and `removed`; `kept`: a list of `kind`, `key` and `why` (a list); `last`:
        the prune before this one, null if there was none.

    Raises:
        Busy: A run of this use case is in progress, or a backup copies its files.
        ExportsUnreadable: The exports folder cannot be listed.
    """
    if not use_case.root.is_dir():
        return _content(use_case, Pruned(), is_dry=is_dry)
    with (
        lock.held(use_case.root / "lock", "prune"),
        opened(use_case, make=False) as ledger,
    ):
        return _content(use_case, prune(use_case, ledger, is_dry=is_dry), is_dry=is_dry)


def prune_all(names: Sequence[str], *, is_dry: bool) -> tuple[dict[str, Any], int]:
    """Prunes every use case; one that cannot be pruned does not stop the others.

    Returns:
        `use_cases`: what `prune_one` returns of each, or its `error` and `remedy`; and the first exit code
        that is not 0.
    """
    answers: list[dict[str, Any]] = []
    code = 0
    for name in names:
        try:
            answers.append(prune_one(config.load(name), is_dry=is_dry))
        except PerennialError as error:
            answers.append({"use_case": name, "error": error.problem, "remedy": error.remedy})
            code = code or error.exit_code
        except (OSError, sqlite3.Error) as error:
            remedy = "Fix this, then run the command again; `doctor` shows more."
            answers.append({"use_case": name, "error": problem_of(error), "remedy": remedy})
            code = code or 1
    return {"use_cases": answers}, code


def _content(use_case: UseCase, pruned: Pruned, *, is_dry: bool) -> dict[str, Any]:
    keys: dict[str, list[str]] = {}
    for item in pruned.goes:
        keys.setdefault(item.kind, []).append(item.key)
    sizes = pruned.bytes or {}
    return {
        "use_case": use_case.name,
        "dry_run": is_dry,
        "removed": {
            kind: {"count": count, "bytes": sizes.get(kind, 0), "keys": keys.get(kind, [])}
            for kind, count in counts_of(pruned).items()
        },
        "bytes": pruned.total_bytes,
        "metadata_rows": {"before": pruned.metadata.before, "removed": pruned.metadata.goes},
        "kept": [{"kind": item.kind, "key": item.key, "why": list(item.whys)} for item in pruned.stays],
        "last": dict(pruned.last) if pruned.last else None,
    }
