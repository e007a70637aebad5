"""A run's hold on the process that makes its page; a failure there is reported and changes no verdict."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pipeline.config import REPOSITORY

FILE: Final = "report.html"
# It takes half a second; who waits longer waits for a machine that does nothing any more.
_LONGEST: Final = 30.0


class PageWriter:
    """Begins the process at once, for its imports take as long as the page does; it ends with the run."""

    def __init__(self, log: Path) -> None:
        """Starts; what the process complains of goes to `log`."""
        self._process: subprocess.Popen[str] | None = None
        with contextlib.suppress(OSError), log.open("ab") as complaints:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pipeline.report.process"],
                cwd=REPOSITORY,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                start_new_session=True,
                text=True,
            )

    def write(self, order: Mapping[str, Any]) -> bool:
        """Has the page of `order` (see `pipeline.report.sources.order_of`) written; says whether it was."""
        if self._process is None:
            return False
        try:
            self._process.communicate(json.dumps(order) + "\n", timeout=_LONGEST)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        return self._process.returncode == 0
