"""Walks over a structure in Thrift's compact protocol, which footers of Parquet are written in.

https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

from collections.abc import Iterator
from typing import Final

_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP = 1, 2, 3, 7, 8, 9, 10, 11
STRUCT: Final = 12
_DEEPEST: Final = 32
_MOST_BITS: Final = 70


class NotThrift(ValueError):
    """Bytes that are no such structure."""


class CompactReader:
    """Reads from the start; who takes a field or an item reads or skips its value before the next."""

    def __init__(self, data: bytes) -> None:
        """Takes the structure."""
        self._data = data
        self._depth = 0
        self.at = 0

    def byte(self) -> int:
        """The next byte."""
        if self.at >= len(self._data):
            raise NotThrift("it ends too early")
        self.at += 1
        return self._data[self.at - 1]

    def varint(self) -> int:
        """An unsigned number."""
        number = shift = 0
        while True:
            byte = self.byte()
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number
            if shift > _MOST_BITS:
                raise NotThrift("a number is too long")

    def zigzag(self) -> int:
        """A signed number."""
        number = self.varint()
        return (number >> 1) ^ -(number & 1)

    def binary(self) -> bytes:
        """A text with its length before it."""
        return self._forward(self.varint())

    def fields(self) -> Iterator[tuple[int, int, int]]:
        """The fields of the structure that begins here: number, type, where its header starts."""
        self._deeper()
        number = 0
        while True:
            start = self.at
            header = self.byte()
            if not header:
                break
            delta = header >> 4
            number = number + delta if delta else self.zigzag()
            yield number, header & 0xF, start
        self._depth -= 1

    def items(self, kind: int) -> Iterator[int]:
        """The type of each item of the list that begins here."""
        if kind not in (_LIST, _SET):
            raise NotThrift("expected a list")
        header = self.byte()
        size = self.varint() if header >> 4 == 0xF else header >> 4
        for _ in range(size):
            yield header & 0xF

    def skip(self, kind: int) -> None:
        """Goes on to after the value of a field."""
        if kind in (_TRUE, _FALSE):
            return
        skips = {
            _BYTE: self.byte,
            **dict.fromkeys(range(_BYTE + 1, _DOUBLE), self.varint),
            _DOUBLE: lambda: self._forward(8),
            _BINARY: self.binary,
            _LIST: lambda: self._skip_items(kind),
            _SET: lambda: self._skip_items(kind),
            _MAP: self._skip_map,
            STRUCT: self._skip_structure,
        }
        if kind not in skips:
            raise NotThrift("an unknown type")
        skips[kind]()

    def _skip_structure(self) -> None:
        for _, field, _ in self.fields():
            self.skip(field)

    def _skip_items(self, kind: int) -> None:
        self._deeper()
        for item in self.items(kind):
            self._skip_item(item)
        self._depth -= 1

    def _skip_map(self) -> None:
        size = self.varint()
        kinds = self.byte() if size else 0
        for _ in range(size):
            self._skip_item(kinds >> 4)
            self._skip_item(kinds & 0xF)

    def _skip_item(self, kind: int) -> None:
        if kind in (_TRUE, _FALSE):
            self.byte()
        else:
            self.skip(kind)

    def _forward(self, length: int) -> bytes:
        if self.at + length > len(self._data):
            raise NotThrift("it ends too early")
        self.at += length
        return self._data[self.at - length : self.at]

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise NotThrift("it is nested too deeply")
