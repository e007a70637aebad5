"""Which connections a worker keeps, and which it cuts off."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import uvicorn

from serving.http.connections import MAX_HEAD_BYTES, Limits, protocol
from serving.supervisor.listening import listen, port_of

GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
READ = 0.4


class Client:
    """One connection, spoken to in bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def reply(self) -> bytes:
        """One reply, head and body."""
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 10)
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return head + await asyncio.wait_for(self.reader.readexactly(length), 10)

    async def ended(self, within: float = 10.0) -> bool:
        """Whether the other side ends the connection within some seconds."""
        try:
            while await asyncio.wait_for(self.reader.read(65536), within):
                pass
        except ConnectionError:
            return True
        except asyncio.TimeoutError:
            return False
        return True


class Listening:
    """A server with limits, in this process, that answers with the size of the body."""

    def __init__(self, port: int, limits: Limits) -> None:
        self.port, self.limits = port, limits
        self.clients: list[Client] = []

    async def client(self) -> Client:
        client = Client(*await asyncio.open_connection("127.0.0.1", self.port))
        self.clients.append(client)
        await asyncio.sleep(0.02)  # the server has taken it
        return client


async def _app(scope: Any, receive: Any, send: Any) -> None:
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    if scope["path"] == "/slow":
        await asyncio.sleep(2 * READ)
    text = str(size).encode()
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", str(len(text)).encode())],
        }
    )
    await send({"type": "http.response.body", "body": text})


@contextlib.asynccontextmanager
async def _listening(most: int, keep_alive: int) -> AsyncIterator[Listening]:
    limits = Limits(most, READ)
    socket = listen("127.0.0.1", 0)
    config = uvicorn.Config(
        _app,
        http=protocol(limits),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_keep_alive=keep_alive,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[socket])
    listening = Listening(port_of(socket), limits)
    try:
        yield listening
    finally:
        for client in listening.clients:
            client.writer.close()
        await server.shutdown(sockets=[socket])
        socket.close()


def _with(test: Callable[[Listening], Awaitable[None]], most: int = 100, keep_alive: int = 60) -> None:
    async def body() -> None:
        async with _listening(most, keep_alive) as listening:
            await test(listening)

    asyncio.run(body())


def test_requests_one_after_another_share_a_connection() -> None:
    async def test(listening: Listening) -> None:
        client = await listening.client()
        for _ in range(3):
            client.send(GET)
            assert (await client.reply()).startswith(b"HTTP/1.1 200 OK")
        client.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n12345")
        assert (await client.reply()).endswith(b"\r\n\r\n5")
        assert listening.limits.open == 1
        assert len(listening.limits.idle) == 1

    _with(test)


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost:",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhalf",
        b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ],
)
def test_a_request_that_does_not_come_whole_is_cut_off(begun: bytes) -> None:
    async def test(listening: Listening) -> None:
        client = await listening.client()
        client.send(begun)
        assert await client.ended(5)
        await asyncio.sleep(0.02)
        assert listening.limits.open == 0
        assert not listening.limits.idle

    _with(test)


@pytest.mark.parametrize(
    "slow", ["GET / HTTP/1.1\r\nHost: h\r\nX: ", "POST / HTTP/1.1\r\nContent-Length: 99\r\n\r\n"]
)
def test_bytes_that_drip_do_not_make_the_time_longer(slow: str) -> None:
    async def test(listening: Listening) -> None:
        client = await listening.client()
        client.send(slow.encode())
        began = asyncio.get_running_loop().time()
        with contextlib.suppress(ConnectionError):
            while not client.reader.at_eof() and asyncio.get_running_loop().time() - began < 5:
                client.send(b"x")
                await client.writer.drain()
                await asyncio.sleep(0.05)
        assert asyncio.get_running_loop().time() - began < 4

    _with(test)


def test_the_second_request_of_a_connection_has_its_time_too() -> None:
    async def test(listening: Listening) -> None:
        client = await listening.client()
        client.send(GET)
        await client.reply()
        await asyncio.sleep(1.5 * READ)
        client.send(b"GET / HTT")
        assert await client.ended(5)

    _with(test)


def test_an_answer_may_take_longer_than_a_request_may() -> None:
    async def test(listening: Listening) -> None:
        client = await listening.client()
        client.send(b"GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
        assert (await client.reply()).startswith(b"HTTP/1.1 200 OK")

    _with(test)


def test_one_connection_more_ends_the_one_that_has_been_idle_longest() -> None:
    async def test(listening: Listening) -> None:
        first, second = await listening.client(), await listening.client()
        for client in (first, second, first):  # now the second has been idle longest
            client.send(GET)
            await client.reply()
        third = await listening.client()
        assert await second.ended(0.2)
        for client in (first, third):
            client.send(GET)
            assert (await client.reply()).startswith(b"HTTP/1.1 200 OK")
        assert listening.limits.open == 2

    _with(test, most=2)


def test_one_that_is_being_answered_is_not_ended_for_another() -> None:
    async def test(listening: Listening) -> None:
        busy = await listening.client()
        busy.send(b"GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
        await asyncio.sleep(0.05)
        others = [await listening.client() for _ in range(5)]
        assert (await busy.reply()).startswith(b"HTTP/1.1 200 OK")
        for other in others:
            assert await other.ended(5)

    _with(test, most=1)


@pytest.mark.parametrize("pieces", [1, 50])
@pytest.mark.parametrize("where", ["header", "headers", "path"])
def test_a_head_that_is_too_large_is_refused(pieces: int, where: str) -> None:
    long = b"x" * (MAX_HEAD_BYTES + 1)
    head = {
        "header": b"GET / HTTP/1.1\r\nHost: h\r\nX: " + long + b"\r\n\r\n",
        "headers": b"GET / HTTP/1.1\r\n" + b"X: 23456789\r\n" * 6000 + b"\r\n",
        "path": b"GET /" + long + b" HTTP/1.1\r\nHost: h\r\n\r\n",
    }[where]
    if where == "headers":
        head = head.replace(b"X: 2", b"X-Long-Name: 2")

    async def test(listening: Listening) -> None:
        client = await listening.client()
        size = -(-len(head) // pieces)
        with contextlib.suppress(ConnectionError):
            for at in range(0, len(head), size):
                client.send(head[at : at + size])
                await client.writer.drain()
                await asyncio.sleep(0)
            assert b"400 Bad Request" in await client.reply()
        assert await client.ended(0.2)
        other = await listening.client()
        other.send(GET)
        assert (await other.reply()).startswith(b"HTTP/1.1 200 OK")

    _with(test)


def test_a_head_within_the_limit_and_a_large_body_pass() -> None:
    async def test(listening: Listening) -> None:
        client = await listening.client()
        head = b"POST / HTTP/1.1\r\nHost: h\r\nX: " + b"x" * (MAX_HEAD_BYTES - 1000) + b"\r\n"
        client.send(head + b"Content-Length: 300000\r\n\r\n" + b"b" * 300_000)
        assert (await client.reply()).endswith(b"300000")

    _with(test)


def test_what_is_no_http_is_refused() -> None:
    async def test(listening: Listening) -> None:
        client = await listening.client()
        client.send(b"\x16\x03\x01 no request\r\n\r\n")
        assert b"400 Bad Request" in await client.reply()
        assert await client.ended(0.2)

    _with(test)


def test_a_connection_that_asks_nothing_more_is_ended() -> None:
    async def test(listening: Listening) -> None:
        client = await listening.client()
        client.send(GET)
        await client.reply()
        assert await client.ended(5)

    _with(test, keep_alive=1)
