"""The text of a CSV of any length, piece by piece, in UTF-8, and the way back into its own encoding."""

import codecs
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from perennial.reading import chunks
from perennial.reading.csv_format import CsvFormat
from perennial.reading.csv_masks import not_utf8
from perennial.reading.csv_text import marks_end, not_in_encoding, refuse_other_formats
from perennial.reading.source_files import chunks as bytes_of
from serving.reading.csv_dialect import CsvDialect, Masker, NotUtf8


@dataclass(frozen=True)
class CsvStream:
    """A CSV that is read.

    Attributes:
        marks: The byte-order mark and the hint of the delimiter that it begins with, if it does, in UTF-8.
        pieces: What follows, in UTF-8, masked (`csv_dialect.py`).
    """

    marks: bytes
    pieces: Iterator[bytes]

    @classmethod
    def of(cls, path: Path, written: CsvFormat, max_bytes: int) -> "CsvStream":
        """Opens a CSV, plain or gzip.

        Args:
            path: The file.
            written: How it is written.
            max_bytes: It is refused when it decompresses to more.

        Raises:
            FileRefused: Here or while it is read, it is no text in its encoding, is cut short, or too large.
        """
        raw = bytes_of(path, max_bytes)
        first = next(raw)
        refuse_other_formats(path.name, first, written)
        pieces: Iterator[bytes] = itertools.chain([first], raw)
        if not written.is_utf8:
            if written.is_wide and b"\0" not in first:
                raise not_in_encoding(path.name, written)
            pieces = _decoded(path.name, pieces, written)
        first = next(pieces, b"")
        end = marks_end(first, written)
        text = itertools.chain([first[end:]], pieces)
        return cls(first[:end], text if written.dialect.is_plain else _masked(path.name, text, written))


class ByteStream(Protocol):
    """What bytes can be written to."""

    def write(self, data: bytes | memoryview, /) -> object:
        """Writes them."""


class Encoded:
    """A file to which UTF-8 is written, and which holds it in another encoding."""

    def __init__(self, out: ByteStream, encoding: str, errors: str = "strict") -> None:
        """Takes where to write, and what becomes of what is no text, or not in the encoding."""
        self._out = out
        self._errors = errors
        self._encoder = codecs.getincrementalencoder(encoding)(errors)

    def write(self, text: bytes | memoryview) -> None:
        """Writes whole characters.

        Raises:
            UnicodeError: They are no text, or not in the encoding, and `errors` is "strict".
        """
        self._out.write(self._encoder.encode(bytes(text).decode(errors=self._errors)))


def _masked(file: str, pieces: Iterator[bytes], written: CsvFormat) -> Iterator[bytes]:
    masker = Masker(written.dialect)
    try:
        for piece in pieces:
            yield masker.feed(piece)
        yield masker.end()
    except NotUtf8 as error:
        raise not_utf8(file, error) from None


class Raw:
    """A file to which masked text is written, and which holds it in the file's own dialect."""

    def __init__(self, out: ByteStream, dialect: CsvDialect) -> None:
        """Takes where to write."""
        self._out = out
        self._dialect = dialect

    def write(self, text: bytes | memoryview) -> None:
        """Writes masked text."""
        self._out.write(self._dialect.raw(text))


def _decoded(file: str, pieces: Iterator[bytes], written: CsvFormat) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(written.encoding)()
    line = 1
    for piece, is_last in itertools.chain(zip(pieces, itertools.repeat(False)), [(b"", True)]):
        try:
            text = decoder.decode(piece, final=is_last).encode()
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode(written.encoding, "ignore").encode()
            raise not_in_encoding(file, written, line + chunks.line_ends(before)) from None
        except UnicodeError:
            raise not_in_encoding(file, written) from None
        line += chunks.line_ends(text)
        if text:
            yield text
