"""A run's hold on what makes its page; a failure there is reported and changes no verdict."""

import contextlib
import json
import subprocess
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pipeline.config import REPOSITORY

FILE: Final = "report.html"
# A page takes half a second, the start of the drawing engine a few seconds more. Where both take longer,
# the process hangs, or the machine is too busy.
_LONGEST: Final = 30.0


class PageWriter:
    """Has a page made by a process of its own; makes it in this one if there is nothing to draw."""

    def __init__(self, log: Path) -> None:
        """Starts nothing yet; what goes wrong is written to `log`."""
        self._log = log
        self._process: subprocess.Popen[str] | None = None

    def expect_charts(self) -> None:
        """Starts the process, because its drawing engine takes longer to start than the page takes."""
        if self._process is not None:
            return
        with contextlib.suppress(OSError), self._log.open("ab") as complaints:
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
        # Charts are of what this run read or trained; whatever its verdict is.
        if self._process is None and not (order["spans"] or order["trained"]):
            return self._write_here(order)
        self.expect_charts()
        if self._process is None:
            return False
        try:
            self._process.communicate(json.dumps(order) + "\n", timeout=_LONGEST)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        return self._process.returncode == 0

    def _write_here(self, order: Mapping[str, Any]) -> bool:
        try:
            # A run that trains does not need the template engine.
            from pipeline.report.page_file import write_page

            write_page(order, FILE)
        except Exception:  # the edge of a page, as its process is otherwise
            with contextlib.suppress(OSError), self._log.open("a", errors="backslashreplace") as complaints:
                traceback.print_exc(file=complaints)
            return False
        return True
