"""The process that makes calibrations of drift for a run: started at the first one, ended with the run."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

from perennial.drift.orders import CalibrationOrder, CalibrationOutcome
from perennial.errors import NodeFailed
from pipeline.config import REPOSITORY
from pipeline.execution.run_log import RunLog

_MODULE: Final = "perennial.drift.calibration_process"


class Calibrator:
    """`perennial.drift.calibration_process` in a process of its own, which holds no TFX."""

    def __init__(self, log: Path) -> None:
        """Remembers where errors go; nothing runs yet."""
        self._log = log
        self._process: subprocess.Popen[str] | None = None
        self._printed: RunLog | None = None

    def make(self, order: CalibrationOrder, file: Path) -> CalibrationOutcome:
        """Makes the calibration of an order.

        Raises:
            NodeFailed: What it is to be made from is damaged or empty, or the process ended without an
                answer.
        """
        process = self._started()
        line = json.dumps({"order": order.model_dump(mode="json"), "file": str(file)})
        try:
            if process.stdin is None or process.stdout is None:
                raise BrokenPipeError
            process.stdin.write(line + "\n")
            process.stdin.flush()
            reply = process.stdout.readline()
        except BrokenPipeError:
            reply = ""
        if not reply:
            code = process.wait()
            self.close()
            raise NodeFailed(
                f"The calibration of drift failed: its process ended with code {code}.",
                f"The log is {self._log}.",
            )
        answer = json.loads(reply)
        if "problem" in answer:
            raise NodeFailed(*answer["problem"])
        return CalibrationOutcome.model_validate(answer["outcome"])

    def close(self) -> None:
        """Ends the process; nothing where none was started."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None
        if self._printed is not None:
            self._printed.close()
            self._printed = None

    def _started(self) -> "subprocess.Popen[str]":
        if self._process is None:
            self._printed = RunLog(self._log)
            self._process = subprocess.Popen(
                [sys.executable, "-m", _MODULE],
                cwd=REPOSITORY,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._printed.descriptor,
                text=True,
                start_new_session=True,  # a signal for the run is for the run to handle
            )
        return self._process
