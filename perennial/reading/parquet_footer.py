"""Edits the footer of a Parquet file of a newer writer, so that this release's pyarrow reads the file.

pyarrow 10 refuses a whole file for one column of a type that it does not know, be it in the copy of Arrow's
own schema (a key of the metadata, which is only a hint) or among Parquet's logical types (which only say what
the stored bytes mean). Both are hidden from it here. The format is Thrift's
compact protocol: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md; the
structures and their numbers are those of parquet-format's `parquet.thrift`.
"""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from perennial.reading.thrift import STRUCT, CompactReader, NotThrift

MAGIC: Final = b"PAR1"
_ARROW_SCHEMA: Final = b"ARROW:schema"
# Start, end, and what takes the place of the bytes between them.
Cuts = list[tuple[int, int, bytes]]
# What takes the place of the key of the Arrow schema.
HIDDEN: Final = b"-----:------"
_LARGEST: Final = 64 << 20
# FileMetaData, SchemaElement, KeyValue, LogicalType, IntType.
_SCHEMA, _KEY_VALUES = 2, 5
_NAME, _CHILDREN, _LOGICAL_TYPE = 4, 5, 10
_KEY: Final = 1
_INTEGER, _FLOAT16 = 10, 15
# STRING to UUID; 9 is reserved.
_KNOWN: Final = (*range(1, 9), *range(10, 15))
_BIT_WIDTH, _WIDEST = 1, 64
# The header of a field of this type, and a number of a field that no version has (zigzag, as a varint).
_UNKNOWN_FIELD: Final = bytes([STRUCT, 0xC8, 0x01])


@dataclass(frozen=True)
class EditedFooter:
    """A footer that was edited.

    Attributes:
        data: Its bytes.
        halves: The columns of half-precision floats, which it now calls two bytes.
    """

    data: bytes
    halves: frozenset[str]


def edited_footer(data: bytes) -> EditedFooter:
    """Hides from pyarrow what it refuses.

    Raises:
        NotThrift: It is no footer.
    """
    reader = CompactReader(data)
    cuts: Cuts = []
    halves: set[str] = set()
    for number, kind, _ in reader.fields():
        if number == _SCHEMA:
            _edit_schema(reader, kind, cuts, halves)
        elif number == _KEY_VALUES:
            for _ in reader.items(kind):
                _edit_key(reader, cuts)
        else:
            reader.skip(kind)
    parts, done = [], 0
    for start, end, text in cuts:
        parts += [data[done:start], text]
        done = end
    return EditedFooter(b"".join([*parts, data[done:]]), frozenset(halves))


def _edit_schema(reader: CompactReader, kind: int, cuts: Cuts, halves: set[str]) -> None:
    """Hides logical types; the elements come depth first, the root before all."""
    ancestors: list[int] = []
    for _ in reader.items(kind):
        name, children, odd = _edit_element(reader, cuts)
        if odd == _FLOAT16 and len(ancestors) == 1:
            halves.add(name)
        while ancestors and ancestors[-1] == 1:
            ancestors.pop()
        if ancestors:
            ancestors[-1] -= 1
        if children:
            ancestors.append(children)


def _edit_element(reader: CompactReader, cuts: Cuts) -> tuple[str, int, int]:
    """Hides an element's logical type; its name, how many children it has, and the type if it is hidden."""
    name, children, odd = "", 0, 0
    for number, field, start in reader.fields():
        if number == _NAME:
            name = reader.binary().decode(errors="replace")
        elif number == _CHILDREN:
            children = reader.zigzag()
        elif number == _LOGICAL_TYPE:
            odd = _logical_type(reader)
            if odd:
                # What follows would be numbered from it; nothing does in any version.
                cuts.append((start, start + 1, _UNKNOWN_FIELD))
        else:
            reader.skip(field)
    return name, children, odd


def _logical_type(reader: CompactReader) -> int:
    """The number of a logical type that pyarrow 10 does not know; 0 for one that it does."""
    odd = 0
    for number, kind, _ in reader.fields():
        if number == _INTEGER:
            for part, part_kind, _ in reader.fields():
                if part == _BIT_WIDTH and reader.byte() > _WIDEST:
                    odd = number
                elif part != _BIT_WIDTH:
                    reader.skip(part_kind)
            continue
        odd = odd if number in _KNOWN else number
        reader.skip(kind)
    return odd


def _edit_key(reader: CompactReader, cuts: Cuts) -> None:
    for number, kind, _ in reader.fields():
        if number != _KEY:
            reader.skip(kind)
        elif reader.binary() == _ARROW_SCHEMA:
            cuts.append((reader.at - len(_ARROW_SCHEMA), reader.at, HIDDEN))


class EditedFile(io.RawIOBase):
    """A Parquet file, to be read as if its footer were the edited one.

    Attributes:
        halves: As `EditedFooter.halves`.
    """

    def __init__(self, path: Path) -> None:
        """Opens it.

        Raises:
            NotThrift: It is no Parquet file.
            OSError: It cannot be read.
        """
        self._file = path.open("rb")
        try:
            size = self._file.seek(0, io.SEEK_END)
            self._file.seek(max(size - 8, 0))
            end = self._file.read()
            length = int.from_bytes(end[:4], "little")
            if end[4:] != MAGIC or not 0 < length <= min(size - 12, _LARGEST):
                raise NotThrift("it has no footer")
            self._plain = size - 8 - length
            self._file.seek(self._plain)
            footer = edited_footer(self._file.read(length))
        except BaseException:  # whatever it is, the file is not left open
            self._file.close()
            raise
        self.halves = footer.halves
        self._end = footer.data + len(footer.data).to_bytes(4, "little") + MAGIC
        self._at = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Goes to a place."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._plain + len(self._end)}[whence]
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        """Where it is."""
        return self._at

    def read(self, size: int = -1) -> bytes:
        """So many bytes; -1: all that follow."""
        stop = self._plain + len(self._end)
        stop = stop if size is None or size < 0 else min(self._at + size, stop)
        parts = []
        if self._at < self._plain:
            self._file.seek(self._at)
            parts.append(self._file.read(min(stop, self._plain) - self._at))
        if stop > self._plain:
            parts.append(self._end[max(self._at - self._plain, 0) : stop - self._plain])
        self._at = max(stop, self._at)
        return b"".join(parts)

    def close(self) -> None:
        """Closes it."""
        if not self.closed:
            self._file.close()
        super().close()
