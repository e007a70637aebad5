"""Runs `serving.offline.probe` in the serving environment, in a process that inherits nothing."""

import contextlib
import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Final

from perennial.errors import Unservable

REPOSITORY: Final = Path(__file__).resolve().parents[2]


class ProbeProcess:
    """A started probe; it imports while its caller prepares the request. Leaving the context ends it."""

    # Started ahead of the node that asks it, by interpreter: importing TensorFlow takes it two seconds, which
    # pass beside Transform and Trainer.
    _ahead: ClassVar[dict[str, "ProbeProcess"]] = {}

    @classmethod
    def start_ahead(cls, python: str) -> None:
        """Starts the process that the next `started` gives; it ends with this process, asked or not."""
        if python not in cls._ahead:
            # Where it does not start, `started` says so at its time.
            with contextlib.suppress(Unservable):
                cls._ahead[python] = cls(python)

    @classmethod
    def started(cls, python: str) -> "ProbeProcess":
        """The process that was started ahead, or a new one where that is gone.

        Raises:
            Unservable: There is no such interpreter.
        """
        ahead = cls._ahead.pop(python, None)
        if ahead and ahead._process.poll() is None:
            return ahead
        if ahead:
            ahead._process.communicate()  # closes its pipes
        return cls(python)

    def __init__(self, python: str) -> None:
        """Starts it.

        Args:
            python: Path of an interpreter that has TensorFlow and needs no TFX.

        Raises:
            Unservable: There is no such interpreter.
        """
        # Nothing of this environment: what a candidate needs has to be in the serving environment.
        environment = {"PYTHONPATH": str(REPOSITORY), "TF_CPP_MIN_LOG_LEVEL": "3", "LANG": "C.UTF-8"}
        try:
            self._process = subprocess.Popen(
                [python, "-s", "-m", "serving.offline.probe"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                cwd=REPOSITORY,
                env=environment,
            )
        except OSError as error:
            raise Unservable(
                f"The Python of the serving environment, {python}, does not start ({error.strerror}).",
                "Run `make setup`.",
            ) from error

    def __enter__(self) -> "ProbeProcess":
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        """Ends the process if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()

    def send(self, model: Path, requests: Path) -> None:
        """Sends the one request.

        Args:
            model: Folder of the SavedModel.
            requests: File that `serving.offline.probe.write_requests` wrote.
        """
        request = json.dumps({"model": str(model), "requests": str(requests)})
        if self._process.stdin:
            # Where the process has ended already, `reply` tells why.
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.write(request + "\n")
                self._process.stdin.flush()

    def reply(self, timeout: float) -> dict[str, Any]:
        """Waits for the reply.

        Args:
            timeout: Seconds.

        Raises:
            Unservable: No reply within the time, or the process ended without one.
        """
        try:
            out, err = self._process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            raise Unservable(
                f"The serving process did not answer within {timeout:g} seconds.",
                "Check whether the machine is overloaded, then run again.",
            ) from None
        try:
            return dict(json.loads(out))
        except ValueError:
            last = err.strip().splitlines()[-1:] or ["no output"]
            raise Unservable(
                f"The serving process ended with code {self._process.returncode}: {last[0][:300]}.",
                "Run `python -m serving.offline.probe` in the serving environment to see why.",
            ) from None
