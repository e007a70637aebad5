"""Opens a use case's ledger for whoever asks."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from perennial.store.databases import PATIENCE
from perennial.store.ledger import Ledger, damaged
from pipeline.config import UseCase
from pipeline.run.rebuild import ledger_problem


@contextmanager
def opened(use_case: UseCase, *, make: bool = True, patience: float = PATIENCE) -> Iterator[Ledger]:
    """The ledger of a use case for the length of a `with`.

    Args:
        use_case: Whose.
        make: Where there is none yet: make it, or (False) give an empty one that leaves nothing behind.
        patience: Seconds to wait for a transaction of another process.

    Raises:
        LedgerDamaged: It is damaged, or gone though there were runs; only `run` makes a new one then.
    """
    path = use_case.root / "ledger.db"
    if problem := ledger_problem(use_case.root, patience):
        raise damaged(path, problem)
    if make:
        use_case.make_root()
    ledger = Ledger(path if make or path.exists() else Path(":memory:"), patience)
    try:
        yield ledger
    finally:
        ledger.close()
