"""One run of a use case at a time: a lock that is freed when the processes that hold it end."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from perennial import clock
from perennial.errors import Busy

_TRIES = 5
_PAUSE = 0.05  # seconds


@contextmanager
def held(path: Path, run_id: str) -> Iterator[int]:
    """Holds the lock at `path`; yields its descriptor, which a child process may hold as well.

    The kernel frees it when the last process that holds it ends, even if it is killed, so no lock is stale.
    The content of the file (process, run, since when) is for people.

    Raises:
        Busy: Another run holds it; names the run and since when.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _taken(descriptor):
            raise Busy(f"{holder(path)}.", "Wait until it ends, or run `doctor`.")
        content = json.dumps({"pid": os.getpid(), "run_id": run_id, "since": clock.stamp(clock.now())})
        os.ftruncate(descriptor, 0)
        with suppress(OSError):  # a full disk: what works under the lock says so
            os.pwrite(descriptor, content.encode(), 0)
        yield descriptor
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    """Takes the lock; waits a moment in case a process only tests whether it is held (`is_held`)."""
    for _ in range(_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(_PAUSE)
    return False


def holder(path: Path) -> str:
    """Who holds the lock, in words."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return (
            f"Run {content['run_id']} (process {content['pid']}) has held the lock since {content['since']}"
        )
    except (OSError, ValueError, KeyError):
        return "Another run holds the lock"


def since(path: Path) -> datetime | None:
    """Since when the lock is held, as its holder wrote it; None if that cannot be read."""
    try:
        return clock.moment(json.loads(path.read_text(encoding="utf-8"))["since"])
    except (OSError, ValueError, KeyError):
        return None


def is_held(path: Path) -> bool:
    """Whether any process holds the lock at `path`; several may ask at the same time."""
    if not path.is_file():
        return False
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
