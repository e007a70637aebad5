"""The sockets of a server: REST's, that all workers accept from, and the port that they bind for gRPC."""

import errno
import os
import socket
from typing import Final

from serving.settings import FREE_PORT

_BACKLOG: Final = 4096


class CannotStart(Exception):
    """A server that cannot start with its settings; the message is one sentence for whoever started it."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; workers inherit it, and whichever is free takes the next connection.

    Args:
        host: Address or name.
        port: 0: a free one.

    Raises:
        CannotStart: Nobody can listen there.
    """
    listening = _socket(host, port)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    _bind(listening, host, port)
    listening.listen(_BACKLOG)
    listening.setblocking(False)
    return listening


def reserve(host: str, port: int) -> socket.socket:
    """A socket that holds a port, so that the workers, and no other server, can share it.

    Args:
        host: Address or name.
        port: `FREE_PORT`: a free one.

    Raises:
        CannotStart: Nobody can listen there.
    """
    port = 0 if port == FREE_PORT else port
    # Another server that shares its port would let this one join in: so first it is asked for alone.
    with _socket(host, port) as alone:
        alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _bind(alone, host, port)
        port = port_of(alone)
    held = _socket(host, port)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    _bind(held, host, port)
    return held


def port_of(bound: socket.socket) -> int:
    """The port that a socket is bound to."""
    return int(bound.getsockname()[1])


def _socket(host: str, port: int) -> socket.socket:
    return socket.socket(_address(host, port)[0], socket.SOCK_STREAM)


def _address(host: str, port: int) -> tuple[int, tuple[object, ...]]:
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, UnicodeError) as error:
        raise CannotStart(f"Cannot resolve the host name {host} (--host).") from error
    return family, address


def _bind(unbound: socket.socket, host: str, port: int) -> None:
    try:
        unbound.bind(_address(host, port)[1])
    except OSError as error:
        unbound.close()
        why = {
            errno.EADDRINUSE: "the port is in use; stop the process that uses it, or set another port",
            errno.EACCES: "permission denied; set a port of 1024 or above",
            errno.EADDRNOTAVAIL: "this machine has no network interface with that address",
        }.get(error.errno or 0, os.strerror(error.errno or 0))
        raise CannotStart(f"Cannot listen on {host}:{port}: {why}.") from error
