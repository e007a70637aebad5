"""Keeps workers running, watches the models' folders, and tells workers what to load and what holds."""

import asyncio
import contextlib
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from serving.observe.metrics_folder import MetricsFolder
from serving.settings import ModelSettings, ServerSettings
from serving.supervisor.fleet import Command, Fleet, LoadVersion, Notice, Restart, SendState
from serving.supervisor.listening import CannotStart, listen, port_of, reserve
from serving.supervisor.versions import VersionFolder
from serving.supervisor.watch import scan
from serving.supervisor.worker_process import WorkerProcess

SCAN_SECONDS: Final = 0.5
# A worker that has not answered a load by then is ended.
LOAD_SECONDS: Final = 900.0
# Between the end of a worker and the start of the next one: the first and the longest time; and how long a
# worker has to live for the next one to be started after the first time again.
_FIRST_DELAY: Final = 0.1
_LONGEST_DELAY: Final = 10.0
_HEALTHY_SECONDS: Final = 60.0
# So many workers that end before they listen, and none that ever did, and the server gives up.
_STILLBORN: Final = 3
_FILES: Final = 2**20


@dataclass(frozen=True)
class Reread:
    """Models that can change while the server runs.

    Attributes:
        read: Gives them; None: nothing has changed, or what has cannot be used, which it says.
        seconds: How often it is asked.
    """

    read: Callable[[], Mapping[str, ModelSettings] | None]
    seconds: float


class Supervisor:
    """The process that answers nothing itself and keeps alive those that do."""

    def __init__(self, settings: ServerSettings, reread: Reread | None = None) -> None:
        """Opens the sockets.

        Args:
            settings: The server's.
            reread: Where the models' settings come from while it runs; None: they stay.

        Raises:
            CannotStart: A port cannot be had.
        """
        self._rest = listen(settings.host, settings.port)
        try:
            self._grpc = reserve(settings.host, settings.grpc_port) if settings.grpc_port else None
        except CannotStart:
            self._rest.close()
            raise
        self.settings = replace(
            settings,
            port=port_of(self._rest),
            grpc_port=port_of(self._grpc) if self._grpc else 0,
        )
        self._reread = reread
        self._models = dict(settings.models)
        self._fleet = Fleet(self._models)
        self._workers: dict[int, WorkerProcess] = {}
        self._deadlines: dict[int, asyncio.TimerHandle] = {}
        self._identity = 0
        self._stillborn = 0
        self._signals = 0
        self._signalled = asyncio.Event()
        self._metrics = MetricsFolder()

    async def run(self) -> int:
        """Serves until a signal comes; gives the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_signal)
        _raise_file_limit()
        log(*self._banner())
        self._do(self._fleet.scanned(self._scan()))
        self._watch(loop)
        slots = [loop.create_task(self._keep()) for _ in range(self.settings.workers)]
        tasks = [loop.create_task(self._follow_settings())]
        try:
            stopped = loop.create_task(self._signalled.wait())
            await asyncio.wait([stopped, *slots], return_when=asyncio.FIRST_COMPLETED)
            for slot in slots:
                if slot.done():
                    slot.result()  # raises what went wrong in here
            if not self._signals:
                log("no worker can start; see its error above")
                return 1
            return await self._drain(slots)
        finally:
            for task in [*tasks, *slots]:
                task.cancel()
            for worker in self._workers.values():
                worker.kill()
            self._metrics.remove()

    async def _keep(self) -> None:
        """Keeps one worker running; ends when the server does, or when none can be started."""
        delay = _FIRST_DELAY
        while True:
            began = time.monotonic()
            try:
                how = await self._live_and_die()
            except OSError as error:
                how = f"cannot start a worker: {error.strerror}"
            if self._signals or (self._stillborn >= _STILLBORN and self._identity == self._stillborn):
                return
            delay = _FIRST_DELAY if time.monotonic() - began > _HEALTHY_SECONDS else delay
            log(f"{how}; starting another one in {delay:.1f} s")
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._signalled.wait(), delay)
                return
            delay = min(delay * 2, _LONGEST_DELAY)

    async def _live_and_die(self) -> str:
        """One worker's life; gives how it ended."""
        worker = self._start()
        async for message in worker.messages():
            self._on_message(worker, message)
        self._answered(worker.identity)
        self._do(self._fleet.ended(worker.identity))
        how = await worker.ended()
        del self._workers[worker.identity]
        self._metrics.forget(worker.pid)
        self._stillborn += not worker.greeted
        return f"worker {worker.pid} ended {how}"

    def _start(self) -> WorkerProcess:
        self._identity += 1
        settings = replace(self.settings, models=self._models)
        environment = {
            "TF_CPP_MIN_LOG_LEVEL": "2",
            # glibc makes eight arenas a core, which hold what nothing uses any more.
            "MALLOC_ARENA_MAX": "2",
            **os.environ,
            "SERVING_METRICS_FOLDER": str(self._metrics.path),
        }
        worker = WorkerProcess.start(self._identity, settings, self._rest, environment)
        self._workers[worker.identity] = worker
        return worker

    def _on_message(self, worker: WorkerProcess, message: Mapping[str, Any]) -> None:
        if "hello" in message:
            worker.greeted = True
            self._stillborn = 0
            self._do(self._fleet.started(worker.identity))
        for kind in ("loaded", "failed"):
            if kind in message:
                self._answered(worker.identity)
                report = message[kind]
                which = (worker.identity, str(report["model"]), int(report["version"]))
                if kind == "loaded":
                    self._do(self._fleet.loaded(*which))
                else:
                    self._do(self._fleet.failed(*which, str(report["error"])))

    def _answered(self, identity: int) -> None:
        if deadline := self._deadlines.pop(identity, None):
            deadline.cancel()

    def _do(self, commands: Sequence[Command]) -> None:
        if self._signals:
            return  # the workers answer what they have begun, and load nothing any more
        for command in commands:
            if isinstance(command, Notice):
                log(command.text)
                continue
            worker = self._workers[command.worker]
            if isinstance(command, SendState):
                worker.send({"state": command.state})
            elif isinstance(command, LoadVersion):
                which = {"model": command.model, "version": command.version, "path": command.path}
                worker.send({"load": which})
                self._deadlines[command.worker] = asyncio.get_running_loop().call_later(
                    LOAD_SECONDS, worker.kill
                )
            elif isinstance(command, Restart):
                log(f"stopping worker {worker.pid}: {command.why}")
                worker.kill()

    def _scan(self) -> dict[str, dict[int, VersionFolder] | None]:
        return {name: scan(model.path) for name, model in dict(self._models).items()}

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Looks at the folders again and again; a thread, since a network drive can take its time."""

        def take(folders: dict[str, dict[int, VersionFolder] | None]) -> None:
            self._do(self._fleet.scanned(folders))

        def watch() -> None:
            while True:
                time.sleep(SCAN_SECONDS)
                with contextlib.suppress(RuntimeError):  # the loop is over, and so is the process
                    loop.call_soon_threadsafe(take, self._scan())

        threading.Thread(target=watch, daemon=True, name="watch").start()

    async def _follow_settings(self) -> None:
        while self._reread:
            await asyncio.sleep(self._reread.seconds)
            models = self._reread.read()
            if models is not None:
                self._models = dict(models)
                self._do(self._fleet.configure(self._models))
                self._do(self._fleet.scanned(self._scan()))

    def _on_signal(self) -> None:
        self._signals += 1
        self._signalled.set()
        if self._signals > 1:
            for worker in self._workers.values():
                worker.kill()

    async def _drain(self, slots: Sequence["asyncio.Task[None]"]) -> int:
        """Lets workers answer what they have begun, and ends."""
        seconds = self.settings.drain_seconds
        log(f"stopping: waiting up to {seconds:g} s for open requests; a second signal stops at once")
        self._rest.close()
        for worker in self._workers.values():
            if worker.greeted:
                worker.send({"stop": {"grace": max(seconds - 1, seconds / 2)}})
            else:
                worker.kill()
        await asyncio.wait(slots, timeout=seconds)
        if self._signals > 1 or self._workers:
            log(f"stopped before all requests were answered; {len(self._workers)} workers were still running")
            return 1
        log("stopped")
        return 0

    def _banner(self) -> list[str]:
        at = self.settings
        scheme = "https" if at.tls_cert else "http"
        host = f"[{at.host}]" if ":" in at.host else at.host
        lines = [f"serving {name} from {model.path} ({_policy(model)})" for name, model in at.models.items()]
        grpc = f", gRPC at {host}:{at.grpc_port}" if at.grpc_port else ""
        lines.append(
            f"REST at {scheme}://{host}:{at.port}{grpc}; {at.workers} worker{'s' if at.workers > 1 else ''}"
        )
        lines.extend(
            f"{model.path} has no version of {name} yet; the server is ready when one appears"
            for name, model in at.models.items()
            if not scan(model.path)
        )
        if at.exposed:
            lines.append(
                f"WARNING: anyone who can reach {host} can send requests and read the page and the metrics; "
                "set --token-file, or --tls-cert, --tls-key and --tls-client-ca, or --host 127.0.0.1"
            )
        return lines


def log(*sentences: str) -> None:
    """Writes lines with the time to standard error, for whoever runs the server."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    for sentence in sentences:
        print(f"{now} {sentence}", file=sys.stderr, flush=True)  # noqa: T201


def serve(settings: ServerSettings, reread: Reread | None = None) -> int:
    """Serves until a signal comes; gives the exit code.

    Raises:
        CannotStart: A port cannot be had.
    """

    async def supervise() -> int:
        return await Supervisor(settings, reread).run()

    return asyncio.run(supervise())


def _policy(model: ModelSettings) -> str:
    if isinstance(model.policy, tuple):
        return f"versions {', '.join(str(number) for number in sorted(model.policy))}"
    if model.policy == "all":
        return "all versions"
    return "the latest version" if model.newest == 1 else f"the {model.newest} latest versions"


def _raise_file_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
