"""An older version live again, and the alerts that follow from that."""

from typing import Any

from perennial.errors import UsageError
from perennial.store import registry
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
        `use_case`, `live_version`, `restores` (the version that it restores), `live_stale`: that it was
        trained on rejected spans and what to do, or None; and `candidate_void`: that a candidate which
        waited can no longer be pushed, and why, or None.

    Raises:
        UsageError: There is no reason, or no such version that could be restored.
    """
    if not why.strip():
        raise UsageError("`rollback` needs a reason.", "Add --why REASON.")
    with opened(use_case) as ledger:
        version = registry.rollback(use_case.models_folder, ledger, to, why)
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
