"""One process that answers: `python -m serving.supervisor.worker FD`, which the supervisor starts."""

import asyncio
import contextlib
import gc
import json
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf
import uvicorn
import uvloop

from serving import auth
from serving.credentials import AuthError
from serving.grpc.server import start_grpc
from serving.grpc.service import Services
from serving.http.app import App
from serving.http.connections import Acceptor, Limits, protocol
from serving.model.models import LoadedVersion, Models, give_back
from serving.model.saved_model import LoadError
from serving.model.scoring_thread import ScoringThread
from serving.observe.observer import Observer
from serving.requests.warmup import prove
from serving.settings import ServerSettings


class _UvicornServer(uvicorn.Server):
    """uvicorn's server, which leaves signals to the supervisor."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures none."""
        yield


class Worker:
    """Answers requests at the sockets it is given, with the versions the supervisor says."""

    def __init__(self, settings: ServerSettings, rest: socket.socket, channel: asyncio.StreamWriter) -> None:
        """Takes what the supervisor's first message holds.

        Raises:
            AuthError: A file of tokens, keys or certificates cannot be used.
            OSError: A log's file or folder cannot be made.
        """
        folder = os.environ.get("SERVING_METRICS_FOLDER")
        self._settings = settings
        self._rest = rest
        self._channel = channel
        self._observer = Observer.of(settings, Path(folder) if folder else None)
        self._thread = ScoringThread(settings.max_queue, self._on_batch)
        self._models = Models(list(settings.models), self._thread, settings.request_timeout)
        self._app = App(settings, self._models, self._observer)
        self._server = _UvicornServer(self._uvicorn())
        self._grpc: Any = None
        self._serving: asyncio.Task[None] | None = None
        self._loading: asyncio.Task[None] | None = None
        self._acceptor: Acceptor | None = None

    def send(self, message: Mapping[str, Any]) -> None:
        """Tells the supervisor."""
        self._channel.write(json.dumps(message).encode() + b"\n")

    async def obey(self, reader: asyncio.StreamReader) -> None:
        """Does what the supervisor says, until it says stop, or nothing more."""
        self.send({"hello": {"pid": os.getpid()}})
        grace = self._settings.drain_seconds
        while line := await reader.readline():
            message = json.loads(line)
            if "load" in message:
                # Beside what follows: a state or a stop does not wait for it.
                self._loading = asyncio.get_running_loop().create_task(self._load(message["load"]))
                self._loading.add_done_callback(_end_if_failed)
            elif "state" in message:
                self._models.apply(message["state"]["models"])
                self._observer.serving(self._models.loaded, self._models.live_numbers)
                if not self._serving:
                    await self._listen()
            elif "stop" in message:
                grace = message["stop"]["grace"]
                break
        await self._stop(grace)

    async def _load(self, wanted: Mapping[str, Any]) -> None:
        started = time.perf_counter()
        which = {"model": wanted["model"], "version": wanted["version"]}
        error = None
        try:
            version = await asyncio.to_thread(
                _loaded, wanted["model"], wanted["version"], Path(wanted["path"])
            )
            self._models.add(version)
        except LoadError as problem:
            error = str(problem)
        seconds = time.perf_counter() - started
        self._observer.load(wanted["model"], wanted["version"], seconds, error)
        if error:
            await asyncio.to_thread(give_back)
            self.send({"failed": {**which, "error": error}})
        else:
            self.send({"loaded": {**which, "seconds": round(seconds, 3)}})

    async def _listen(self) -> None:
        """Begins to take requests: once the supervisor has sent a state, and not before."""
        at = self._settings
        self._serving = asyncio.get_running_loop().create_task(self._server.serve(sockets=[]))
        while not self._server.started:
            await asyncio.sleep(0)
        self._acceptor = Acceptor(self._rest, self._connection, self._server.config.ssl)
        if at.grpc_port:
            services = Services(self._models, self._observer, at.max_body_bytes)
            credentials = auth.grpc_credentials(at.tls_cert, at.tls_key, at.tls_client_ca)
            interceptors = auth.interceptors(self._app.tokens)
            self._grpc = await start_grpc(at, services, credentials, interceptors)

    async def _stop(self, grace: float) -> None:
        self._app.stopping = True
        self._server.config.timeout_graceful_shutdown = max(1, int(grace))
        if self._acceptor:
            self._acceptor.close()
        self._server.should_exit = True
        if self._grpc:
            await self._grpc.stop(grace)
        if self._serving:
            await self._serving
        await self._thread.close()
        await asyncio.to_thread(self._observer.close)

    def _connection(self) -> asyncio.Protocol:
        config, state = self._server.config, self._server.server_state
        made: asyncio.Protocol = config.http_protocol_class(config=config, server_state=state, app_state={})  # type: ignore[call-arg]
        return made

    def _uvicorn(self) -> uvicorn.Config:
        at = self._settings
        return uvicorn.Config(
            self._app.asgi,
            http=protocol(Limits(at.max_connections, at.idle_timeout)),
            interface="asgi3",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=at.keep_alive,  # type: ignore[arg-type]
            **auth.uvicorn_options(at.tls_cert, at.tls_key, at.tls_client_ca),
        )

    def _on_batch(self, version: LoadedVersion, rows: int, queued: int, seconds: float) -> None:
        self._observer.batch(version.model, version.number, rows, queued, seconds)


def _end_if_failed(task: "asyncio.Task[None]") -> None:
    """Ends the process at an error that no load should end in; the supervisor starts another."""
    if not task.cancelled() and (error := task.exception()):
        logging.getLogger(__name__).error("loading failed", exc_info=error)
        os._exit(1)


def _loaded(model: str, number: int, path: Path) -> LoadedVersion:
    version = LoadedVersion(model, number, path)
    try:
        prove(version.saved, version.engine, path)
    except LoadError:
        version.saved.close()
        raise
    return version


async def _work(channel: socket.socket) -> int:
    reader, writer = await asyncio.open_connection(sock=channel, limit=2**24)
    first = json.loads(await reader.readline())
    try:
        worker = Worker(
            ServerSettings.from_json(first["settings"]), socket.socket(fileno=first["rest_fd"]), writer
        )
    except (AuthError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    # What has been imported stays: the collector that runs after each change of versions looks past it.
    gc.collect()
    gc.freeze()
    await worker.obey(reader)
    # A load that is under way is not needed any more, and a thread cannot be interrupted.
    os._exit(0)


def main() -> int:
    """Runs a worker with the channel of the given descriptor."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    logging.basicConfig(format="%(message)s", stream=sys.stderr)
    logging.getLogger("uvicorn").setLevel(logging.ERROR)
    tf.get_logger().setLevel(logging.ERROR)
    return uvloop.run(_work(socket.socket(fileno=int(sys.argv[1]))))


if __name__ == "__main__":
    sys.exit(main())
