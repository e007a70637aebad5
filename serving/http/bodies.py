"""Reads the bodies of requests, packed or not, within limits: of one, and of all large ones together."""

import asyncio
import io
from collections.abc import Mapping, Sequence
from typing import Final

import grpc
from starlette.types import Receive

from serving.errors import ServingError
from serving.requests.compressed import ENCODINGS, Unpacker

# A larger body is unpacked and read outside of the event loop, which others wait for.
LARGE: Final = 256 * 1024
# So many times the largest body may be held by large bodies together.
_LARGE_WAITING: Final = 4


class BodyRefused(ServingError):
    """A body that is not read to its end, with a status of HTTP that has no code in gRPC.

    Attributes:
        http_status: The status.
        headers: Of the reply.
    """

    def __init__(self, http_status: int, message: str, headers: Sequence[tuple[bytes, bytes]] = ()) -> None:
        """Takes what REST answers with."""
        super().__init__(grpc.StatusCode.INVALID_ARGUMENT, message)
        self._http_status = http_status
        self.headers = list(headers)

    @property
    def http_status(self) -> int:
        """The status that REST answers with."""
        return self._http_status


class Bodies:
    """The bodies that one worker holds."""

    def __init__(self, max_bytes: int) -> None:
        """Takes how large one body may be, packed and unpacked."""
        self.max_bytes = max_bytes
        self.held = 0  # bytes of large bodies that are here, or partly


class BodyRoom:
    """The room of one body; as a context it is given back at its end, once the request is answered.

    Attributes:
        held: How many bytes of a large body are held; 0 of a small one.
    """

    def __init__(self, bodies: Bodies) -> None:
        """Takes what the worker holds."""
        self.held = 0
        self._bodies = bodies
        self._written = io.BytesIO()

    def __enter__(self) -> "BodyRoom":
        """The room."""
        return self

    def __exit__(self, *error: object) -> None:
        """Gives it back."""
        self._bodies.held -= self.held

    async def read(self, headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
        """Reads a body, and unpacks it if its Content-Encoding says that it is packed.

        What comes out of a packed body is held once, and never more of it than a body may have.

        Raises:
            ServingError: It is too large, or packed in an unknown way or not as its headers say; too much is
                held already; or the client is gone.
        """
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length[:20]) > self._bodies.max_bytes:
            raise self._too_large()
        unpacker = _unpacker(headers)
        packed, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                text = "The client disconnected before the request was complete."
                raise ServingError(grpc.StatusCode.CANCELLED, text)
            data, more = message.get("body", b""), message.get("more_body", False)
            packed += len(data)
            if packed > self._bodies.max_bytes:
                raise self._too_large()
            if unpacker:
                await self._unpack(unpacker, data)
            elif not more and not self._written.tell():
                self._hold(len(data))
                return bytes(data)
            else:
                self._write(data)
        if unpacker:
            unpacker.finish()
        return self._written.getvalue()  # which is no copy

    async def _unpack(self, unpacker: Unpacker, data: bytes) -> None:
        pieces = unpacker.pieces(data)
        while True:
            # zlib lets others run while it works; a small body is not worth the change of threads.
            ahead = self._written.tell() >= LARGE
            piece = await asyncio.to_thread(next, pieces, b"") if ahead else next(pieces, b"")
            if not piece:
                return
            self._write(piece)

    def _write(self, piece: bytes) -> None:
        self._hold(self._written.tell() + len(piece))
        self._written.write(piece)

    def _hold(self, size: int) -> None:
        """Notes how much of a large body is here, unless it or all together are too much."""
        if size > self._bodies.max_bytes:
            raise self._too_large()
        if size <= LARGE:
            return
        if self._bodies.held + size - self.held > _LARGE_WAITING * self._bodies.max_bytes:
            text = "Too many large requests are in progress. Retry later."
            raise ServingError(grpc.StatusCode.RESOURCE_EXHAUSTED, text)
        self._bodies.held += size - self.held
        self.held = size

    def _too_large(self) -> BodyRefused:
        text = f"The request body is larger than {self._bodies.max_bytes} bytes (--max-body)."
        return BodyRefused(413, text)


def _unpacker(headers: Mapping[bytes, bytes]) -> Unpacker | None:
    """What unpacks the body; None where it is not packed."""
    encoding = headers.get(b"content-encoding", b"").decode("latin-1").strip().lower()
    if encoding in ("", "identity"):
        return None
    if encoding not in ENCODINGS:
        text = "The Content-Encoding is not supported: expected gzip or deflate, or none."
        # RFC 9110, 15.5.16.
        raise BodyRefused(415, text, [(b"accept-encoding", b"gzip, deflate")])
    return Unpacker(encoding)
