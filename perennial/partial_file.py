"""A file that a command writes for a person: aside, under a lock, and whole when it appears."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from perennial.errors import Busy


@contextmanager
def partial_file(path: Path, mode: int = 0o666) -> Iterator[IO[bytes]]:
    """A file to write what `path` shall hold; leaving the context in order renames it to `path`.

    Where nothing was written to it, `path` is not there afterwards, whatever was there before. The file is
    called `.NAME.partial`, beside `path`, and locked while it is written. What a killed process left there is
    taken over by the next.

    Args:
        path: Where the file appears.
        mode: Who may read and write it, less what the umask takes.

    Raises:
        Busy: Another process writes it.
    """
    partial = path.with_name(f".{path.name}.partial")
    with _locked(partial, path, mode) as file:
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
            if file.tell():
                partial.replace(path)
            else:
                partial.unlink()
                path.unlink(missing_ok=True)
        except BaseException:  # whatever ended it, what is half is not left behind
            partial.unlink(missing_ok=True)
            raise


@contextmanager
def _locked(partial: Path, path: Path, mode: int) -> Iterator[IO[bytes]]:
    while True:
        descriptor = os.open(partial, os.O_RDWR | os.O_CREAT, mode)
        with os.fdopen(descriptor, "r+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Busy(
                    f"Another process is writing {path.name}.",
                    "Wait until it ends, or choose another name.",
                ) from None
            # Between opening and locking, who had it may have renamed it to what it is for.
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(file.fileno()), partial.stat()):
                    file.truncate()
                    yield file
                    return
