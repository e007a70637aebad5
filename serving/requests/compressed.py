"""Unpacks a request's body as it comes, in pieces that are bounded whatever it unpacks to."""

import zlib
from collections.abc import Iterator
from typing import Any, Final

from serving.errors import invalid

# What a body may be packed in, by its name in Content-Encoding (RFC 9110, 8.4.1) -> zlib's `wbits`.
ENCODINGS: Final = {"gzip": 31, "x-gzip": 31, "deflate": 15}
PIECE_BYTES: Final = 256 * 1024
# A file of several members is one body (RFC 1952, 2.2); each costs as much as thousands of its bytes.
MOST_MEMBERS: Final = 1000


class Unpacker:
    """Unpacks one body."""

    def __init__(self, encoding: str) -> None:
        """Prepares it for one of `ENCODINGS`."""
        self._encoding = encoding
        self._member: Any = zlib.decompressobj(ENCODINGS[encoding])
        self._members = 1
        self._begun = False

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """Unpacks what came next.

        Yields:
            At most `PIECE_BYTES` at a time, and never nothing; what is not asked for is not unpacked.

        Raises:
            ServingError: INVALID_ARGUMENT: it is not so packed.
        """
        while data:
            if self._member.eof and not self._next_member(data):
                return
            self._begun = True
            try:
                piece = self._member.decompress(data, PIECE_BYTES)
            except zlib.error:
                raise invalid(self._problem("is damaged or packed in another way")) from None
            data = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
            if piece:
                yield piece

    def finish(self) -> None:
        """Has to be called after the last piece.

        Raises:
            ServingError: INVALID_ARGUMENT: the body is cut short.
        """
        if not (self._begun and self._member.eof):
            raise invalid(self._problem("is cut short"))

    def _next_member(self, data: bytes) -> bool:
        """Begins the next member; false where the rest is padding."""
        if not data.strip(b"\0"):
            return False
        self._members += 1
        if ENCODINGS[self._encoding] == ENCODINGS["deflate"] or self._members > MOST_MEMBERS:
            raise invalid(self._problem(f"has more after its end, or over {MOST_MEMBERS} members"))
        self._member = zlib.decompressobj(ENCODINGS[self._encoding])
        return True

    def _problem(self, what: str) -> str:
        return f"The request body {what}; its Content-Encoding is {self._encoding}. Send the whole body."
