"""The folder that the workers' metrics lie in, so that any of them can answer for all."""

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Final

from serving.observe import metrics
from serving.observe.families import OURS

_PREFIX: Final = "perennial-serving-"
_LOCK: Final = "lock"
# A folder this young may be one that another server has made and not locked yet.
_GRACE_SECONDS: Final = 60.0


class MetricsFolder:
    """A temporary folder that is locked as long as its server lives.

    Attributes:
        path: The folder, `SERVING_METRICS_FOLDER` of the workers.
    """

    def __init__(self, parent: Path | None = None) -> None:
        """Makes it, and sweeps those of servers that were killed.

        Args:
            parent: None: the system's folder for temporary files.
        """
        parent = parent or Path(tempfile.gettempdir())
        _sweep(parent)
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        self._lock = (self.path / _LOCK).open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def forget(self, process: int) -> None:
        """Removes the gauges of a worker that has ended; its counts stay."""
        with contextlib.suppress(OSError):  # a full disk, at which what it counted is lost
            metrics.bury(OURS, self.path, process)

    def remove(self) -> None:
        """Removes it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.close()


def _sweep(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):  # another user's, another server's, or gone
            status = folder.stat()
            if status.st_uid != os.getuid() or time.time() - status.st_mtime < _GRACE_SECONDS:
                continue
            with (folder / _LOCK).open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
