"""HTTP connections with limits: how many, how long a request may take to come, how large its head may be."""

import asyncio
import socket
import ssl
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES: Final = 64 * 1024
ACCEPT_AGAIN: Final = 0.1


@dataclass
class Limits:
    """What one worker grants its clients, and who waits idle.

    Attributes:
        max_connections: When one more comes, the one that has been idle longest goes.
        read_seconds: A request must be here, head and body, within so many.
        idle: Connections that are not answering anything, the longest idle first.
        open: All connections.
    """

    max_connections: int
    read_seconds: float
    idle: "OrderedDict[LimitedConnection, None]" = field(default_factory=OrderedDict)
    open: int = 0


class LimitedConnection(HttpToolsProtocol):
    """uvicorn's connection, with the limits it leaves to a proxy in front of it."""

    limits: Limits
    _read_timer: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _parsed_bytes = 0
    _coming = True  # a request is expected or partly here

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Makes room for the connection, and gives it its time."""
        super().connection_made(transport)
        self.limits.open += 1
        self.limits.idle[self] = None
        if self.limits.open > self.limits.max_connections and self.limits.idle:
            oldest, _ = self.limits.idle.popitem(last=False)
            oldest.transport.abort()
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets it."""
        self.limits.open -= 1
        self.limits.idle.pop(self, None)
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Reads on, within the limits."""
        super().data_received(data)
        if not self._coming:
            self._disarm()
            return
        self._head_bytes += len(data)
        if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The request header is too large.")
        elif self._read_timer is None:
            self._arm()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._coming, self._head_bytes, self._parsed_bytes = True, 0, 0
        self.limits.idle.pop(self, None)

    def on_url(self, url: bytes) -> None:
        """A piece of the path and query is here."""
        super().on_url(url)
        self._bound(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header is here, or one of those that may follow a body in chunks."""
        super().on_header(name, value)
        self._bound(name + value)

    def on_headers_complete(self) -> None:
        """Its head is here."""
        super().on_headers_complete()
        self._head_bytes = -(2**62)  # the body has a limit of its own

    def on_message_complete(self) -> None:
        """All of it is here."""
        super().on_message_complete()
        self._coming = False

    def on_response_complete(self) -> None:
        """It is answered."""
        super().on_response_complete()
        self.limits.idle[self] = None

    def timeout_keep_alive_handler(self) -> None:
        """Ends a connection that asks nothing more, or that never took its answer."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        super().timeout_keep_alive_handler()

    def _bound(self, parsed: bytes) -> None:
        # For what arrives in one piece, or after the body: the parser's caller refuses the request.
        self._parsed_bytes += len(parsed)
        if self._parsed_bytes > MAX_HEAD_BYTES:
            raise ValueError("The request header is too large.")

    def _arm(self) -> None:
        self._read_timer = self.loop.call_later(self.limits.read_seconds, self._cut_off)

    def _disarm(self) -> None:
        if self._read_timer is not None:
            self._read_timer.cancel()
            self._read_timer = None

    def _cut_off(self) -> None:
        if not self.transport.is_closing():
            self.transport.abort()


def protocol(limits: Limits) -> type[asyncio.Protocol]:
    """The protocol class for `uvicorn.Config(http=...)`."""
    return cast(Any, type("LimitedConnection", (LimitedConnection,), {"limits": limits}))


class Acceptor:
    """Accepts connections from a socket that the workers share, one at a time.

    uvloop would take all that wait at once, and so a burst of clients would end at one worker.
    """

    def __init__(
        self, shared: socket.socket, factory: Callable[[], asyncio.Protocol], tls: ssl.SSLContext | None
    ) -> None:
        """Begins to accept.

        Args:
            shared: It listens already.
            factory: Makes the protocol of a connection.
            tls: How it is encrypted; None: not.
        """
        self._loop = asyncio.get_running_loop()
        self._shared = shared
        self._factory = factory
        self._tls = tls
        self._greeting: set[asyncio.Task[Any]] = set()
        shared.setblocking(False)
        self._loop.add_reader(shared, self._accept)

    def close(self) -> None:
        """Accepts no more."""
        self._loop.remove_reader(self._shared)
        self._shared.close()

    def _accept(self) -> None:
        try:
            connection, _ = self._shared.accept()
        except (BlockingIOError, InterruptedError, ConnectionError):
            return  # another worker was faster, or the client has gone
        except OSError:  # no descriptor is left: those that wait are taken once some end
            self._loop.remove_reader(self._shared)
            self._loop.call_later(ACCEPT_AGAIN, self._resume)
            return
        connection.setblocking(False)
        greet = self._loop.connect_accepted_socket(self._factory, connection, ssl=self._tls)
        task = self._loop.create_task(greet)
        self._greeting.add(task)
        task.add_done_callback(self._greeted)

    def _resume(self) -> None:
        if self._shared.fileno() >= 0:
            self._loop.add_reader(self._shared, self._accept)

    def _greeted(self, task: "asyncio.Task[Any]") -> None:
        self._greeting.discard(task)
        if not task.cancelled():
            task.exception()  # a client that speaks no TLS has its connection ended, and no more
