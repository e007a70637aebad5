"""Connections that do not keep to HTTP: what is sent on them, and the replies, in a word."""

import contextlib
import re
import select
import socket
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

PATH: Final = "/v1/models/flights:predict"
CUT_OFF: Final = "cut off"
SILENCE: Final = "silence"
_STATUS: Final = re.compile(rb"HTTP/1\.1 (\d{3}) ")


def post(
    body: bytes, kind: str = "application/json", path: str = PATH, close: bool = True, encoding: str = ""
) -> bytes:
    """A whole request."""
    connection = "Connection: close\r\n" if close else ""
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\n{connection}Content-Type: {kind}\r\n"
    head += f"Content-Encoding: {encoding}\r\n" if encoding else ""
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def connected(port: int) -> socket.socket:
    """A connection to this machine."""
    return socket.create_connection(("127.0.0.1", port), timeout=120)


def sent(port: int, pieces: Iterable[bytes], seconds: float = 120.0) -> str:
    """Sends pieces over a connection of its own, reads to its end, and gives all statuses."""
    with connected(port) as connection:
        connection.settimeout(seconds)
        with contextlib.suppress(OSError):  # an answer may be there before all is sent
            for piece in pieces:
                connection.sendall(piece)
        return answer(connection)


def answer(connection: socket.socket) -> str:
    """Reads until the other side closes: the statuses, or "cut off", or "silence" after the timeout."""
    read = b""
    statuses: list[str] = []
    try:
        while piece := connection.recv(1 << 20):
            read = read[-20:] + piece
            statuses += [status.decode() for status in _STATUS.findall(read)]
            read = read[-11:] if _STATUS.search(read[-12:]) is None else b""
    except TimeoutError:
        return "+".join(statuses) or SILENCE
    except OSError:
        pass
    return _shortened(statuses) or CUT_OFF


def _shortened(statuses: list[str]) -> str:
    counted = Counter(statuses)
    return "+".join(f"{count}x{code}" if count > 1 else code for code, count in counted.items())


@contextlib.contextmanager
def many(port: int, number: int) -> Iterator[list[socket.socket]]:
    """So many connections at once."""
    opened: list[socket.socket] = []
    try:
        for _ in range(number):
            with contextlib.suppress(OSError):
                opened.append(connected(port))
        yield opened
    finally:
        for connection in opened:
            connection.close()


def watched(connections: list[socket.socket], seconds: float) -> Counter[str]:
    """Waits until each has had an answer or was cut off; the others are "silence"."""
    waiting = {connection.fileno(): connection for connection in connections}
    poll = select.poll()
    for number in waiting:
        poll.register(number, select.POLLIN | select.POLLHUP)
    statuses: Counter[str] = Counter()
    give_up = time.monotonic() + seconds
    while waiting and time.monotonic() < give_up:
        for number, _ in poll.poll(500):
            poll.unregister(number)
            connection = waiting.pop(number)
            statuses[_first_status(connection)] += 1
    statuses[SILENCE] += len(waiting)
    return +statuses


def _first_status(connection: socket.socket) -> str:
    try:
        match = _STATUS.match(connection.recv(4096))
    except OSError:
        match = None
    return match[1].decode() if match else CUT_OFF
