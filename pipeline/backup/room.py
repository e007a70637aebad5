"""Space on the disk of a backup or of a restored home: expected before, and reported where it ends."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from perennial import disk
from perennial.errors import DiskFull

_MEBIBYTE: Final = 1 << 20


def expect_room(folder: Path, needed: int, what: str, outcome: str, remedy: str) -> None:
    """Expects that many free bytes.

    Args:
        folder: Where it is written.
        needed: Bytes.
        what: What takes them, such as "The backup".
        outcome: What is true if there are fewer, a clause.
        remedy: What to do then.

    Raises:
        DiskFull: Fewer are free.
    """
    if (free := disk.free_bytes(folder)) < needed:
        raise DiskFull(
            f"{what} takes about {needed / _MEBIBYTE:,.1f} MiB, but only {free / _MEBIBYTE:,.1f} MiB are free"
            f" in {folder}; {outcome}.",
            remedy,
        )


@contextmanager
def room_in(folder: Path, outcome: str, remedy: str) -> Iterator[None]:
    """Says which disk is full, should it become full within; arguments as in `expect_room`.

    Raises:
        DiskFull: It did.
    """
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        number = error.errno if isinstance(error, OSError) else None
        if number in (errno.ENOSPC, errno.EDQUOT) or disk.reports_full_disk(str(error)):
            raise DiskFull(f"The disk of {folder} is full; {outcome}.", remedy) from error
        raise
