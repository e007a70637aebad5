"""One worker as the supervisor has it: a process, and a channel of JSON lines."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Final

from serving.settings import ServerSettings

_CODE_FOLDER: Final = Path(__file__).resolve().parents[2]
# A channel that is closed means a process that ends; one that does not is ended.
_LEAVE_SECONDS: Final = 5.0
_LONGEST_LINE: Final = 2**24


class WorkerProcess:
    """A worker that was started.

    Attributes:
        identity: Its number, which no other one of this server has had.
        pid: Of its process.
        greeted: Whether it has said that it listens.
    """

    def __init__(self, identity: int, process: "subprocess.Popen[bytes]", channel: socket.socket) -> None:
        """Takes what `start` made."""
        self.identity = identity
        self.pid = process.pid
        self.greeted = False
        self._process = process
        self._channel = channel
        self._writer: asyncio.StreamWriter | None = None

    @classmethod
    def start(
        cls, identity: int, settings: ServerSettings, rest: socket.socket, environment: Mapping[str, str]
    ) -> "WorkerProcess":
        """Starts a worker.

        Args:
            identity: Its number.
            settings: Its first message.
            rest: The listening socket that it accepts from.
            environment: Of its process.
        """
        mine, its = socket.socketpair()
        with its:
            process = subprocess.Popen(
                [sys.executable, "-m", "serving.supervisor.worker", str(its.fileno())],
                pass_fds=(its.fileno(), rest.fileno()),
                env=dict(environment),
                cwd=_CODE_FOLDER,
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the supervisor, which tells the workers
            )
        mine.setblocking(False)
        worker = cls(identity, process, mine)
        worker._first = {"settings": settings.to_json(), "rest_fd": rest.fileno()}
        return worker

    _first: Mapping[str, Any]

    async def messages(self) -> AsyncIterator[Mapping[str, Any]]:
        """What it says, until its channel closes."""
        reader, self._writer = await asyncio.open_connection(sock=self._channel, limit=_LONGEST_LINE)
        self.send(self._first)
        try:
            while line := await reader.readline():
                yield json.loads(line)
        except (ConnectionError, ValueError):  # it died in the middle of a line
            return

    def send(self, message: Mapping[str, Any]) -> None:
        """Says something to it; to one that has just died, nothing."""
        if self._writer and not self._writer.is_closing():
            self._writer.write(json.dumps(message).encode() + b"\n")

    async def ended(self) -> str:
        """Waits until its process is over; gives how it ended, as the end of a sentence."""
        waited = 0.0
        while self._process.poll() is None:
            if waited > _LEAVE_SECONDS:
                self.kill()
            await asyncio.sleep(0.02)
            waited += 0.02
        if self._writer:
            self._writer.close()
        code = self._process.returncode
        if code >= 0:
            return f"with exit code {code}"
        return f"by {signal.Signals(-code).name}"

    def kill(self) -> None:
        """Ends it at once."""
        if self._process.poll() is None:
            os.kill(self.pid, signal.SIGKILL)
