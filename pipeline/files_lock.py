"""The lock on a use case's files: backups and backtests share it, what removes files holds it alone."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from perennial.errors import Busy

NAME: Final = ".files.lock"


@contextmanager
def shared(root: Path) -> Iterator[None]:
    """No file below `root` is pruned meanwhile; waits while something is.

    Args:
        root: A use case's root, which exists.
    """
    with _opened(root) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Nobody copies the files below `root` meanwhile.

    Args:
        root: A use case's root, which exists.

    Raises:
        Busy: A backup or a backtest uses them, or another process prunes them.
    """
    with _opened(root) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            problem = f"A backup or a backtest uses the files of {root.name}, or another process prunes them."
            raise Busy(problem, "Wait until it ends, then run the command again.") from None
        yield


@contextmanager
def _opened(root: Path) -> Iterator[int]:
    descriptor = os.open(root / NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if os.geteuid() == 0:
            # A backup by root must not keep the user whose runs write here from pruning.
            owner = root.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        yield descriptor
    finally:
        os.close(descriptor)
