"""A server that a benchmark starts, asks and stops: `python -m serving`, in the serving environment."""

import io
import json
import re
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import psutil

from pipeline.config import REPOSITORY

_PORTS: Final = re.compile(r"REST at https?://\S+?:(\d+)(?:, gRPC at \S+:(\d+))?;")
_LIVE: Final = re.compile(r"version (\d+) of (\S+) is live")


class ServerProcess:
    """A server, from its start to its end.

    Attributes:
        log: What it wrote to standard error, line by line.
        live: (model, version) -> when it last reported that the version is live (`time.monotonic`).
        rest_port: Port of REST.
        grpc_port: Port of gRPC; 0: none.
    """

    def __init__(self, arguments: Sequence[str], python: Path | None = None) -> None:
        """Starts it at free ports and waits until its log names them.

        Args:
            arguments: Of `python -m serving`, ports apart.
            python: The interpreter; None: the serving environment's.
        """
        command = [
            str(python or REPOSITORY / ".venv-serving" / "bin" / "python"),
            *("-m", "serving", "--port", "0", "--grpc-port", "auto", *arguments),
        ]
        self.log: list[str] = []
        self.live: dict[tuple[str, int], float] = {}
        self.rest_port = self.grpc_port = 0
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY
        )
        threading.Thread(target=self._listen, daemon=True).start()
        self.wait(lambda: self.rest_port, "its ports")

    def wait(self, ready: Callable[[], Any], what: str, seconds: float = 60.0) -> Any:
        """Waits until something is true; gives it.

        Raises:
            TimeoutError: It is not within the time, or the server has ended.
        """
        give_up = time.monotonic() + seconds
        while not (value := ready()):
            if time.monotonic() > give_up or self.process.poll() is not None:
                tail = "\n".join(self.log[-20:])
                raise TimeoutError(f"No {what} after {seconds:g} s. The end of the server's log:\n{tail}")
            time.sleep(0.02)
        return value

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of a path; 0 where nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.rest_port}{path}", timeout=10) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def states(self, model: str) -> dict[int, tuple[str, str]]:
        """Version -> state and error message, as TF Serving's status has them."""
        code, text = self.get(f"/v1/models/{model}")
        if code != 200:
            return {}
        return {
            int(each["version"]): (each["state"], each["status"]["error_message"])
            for each in json.loads(text)["model_version_status"]
        }

    def workers(self) -> list[psutil.Process]:
        """Its workers, the oldest first."""
        children = psutil.Process(self.process.pid).children()
        return sorted(children, key=lambda child: child.create_time())

    def stop(self, seconds: float = 60.0) -> int:
        """Asks it to end; gives its exit code."""
        self.process.terminate()
        return self.process.wait(seconds)

    def _listen(self) -> None:
        with self.process.stderr or io.StringIO() as lines:
            for line in lines:
                self.log.append(line.rstrip())
                if match := _PORTS.search(line):
                    self.rest_port, self.grpc_port = int(match[1]), int(match[2] or 0)
                if match := _LIVE.search(line):
                    self.live[match[2], int(match[1])] = time.monotonic()
