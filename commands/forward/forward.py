"""What was live before the last rollback live again, and what follows from that."""

from typing import Any

from commands.rollback.roll_back import after_restoring, expect_reason, naming_what_is_live
from perennial.store.forward import forward
from pipeline.config import UseCase
from pipeline.ledgers import opened


def undo_rollback(use_case: UseCase, why: str) -> dict[str, Any]:
    """Undoes the last rollback that is not undone yet; alerts about the version before close.

    Args:
        use_case: The use case.
        why: The person's reason.

    Returns:
        As `after_restoring`, and `undoes`: the version that the rollback had made live.

    Raises:
        UsageError: There is no reason, no rollback to undo, or its version can no longer be restored.
        NotRecorded: It is live, but the disk is full or the ledger cannot be written.
    """
    expect_reason(why, "forward")
    with opened(use_case) as ledger, naming_what_is_live(use_case, "forward"):
        version, undone = forward(use_case.models_folder, ledger, why)
        return after_restoring(use_case, ledger, version) | {"undoes": undone}
