"""Unpacks a file while it is read, whatever it is compressed by, with bounded memory."""

import bz2
import gzip
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable
from typing import IO, Any, Final

import pyarrow as pa

from perennial.errors import FileRefused

GZIP_MAGIC: Final = b"\x1f\x8b"
# The endings of names, after that of the format.
ENDINGS: Final = ("gz", "bz2", "xz", "zst", "zip")
# What an xz file may ask for to be unpacked; its highest usual level asks for 65 MiB.
_XZ_MEMORY: Final = 128 << 20
_XZ_PIECE: Final = 1 << 20
_MAGIC_BYTES: Final = 10
_WORKBOOK: Final = "[Content_Types].xml"
# What macOS puts beside the file that was packed.
_BESIDE: Final = "__MACOSX/"
# A damaged file raises one of these while it is read.
DAMAGE: Final = (
    EOFError,
    gzip.BadGzipFile,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    pa.ArrowException,
)


class _Xz:
    """An xz file, of one or more streams, with a bound on its memory."""

    def __init__(self, packed: IO[bytes]) -> None:
        self._packed = packed
        self._decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ, _XZ_MEMORY)

    def read(self, size: int) -> bytes:
        """At most so many bytes; b"" at the end."""
        while True:
            if self._decompressor.eof:
                rest = self._decompressor.unused_data.lstrip(b"\0") or self._packed.read(_XZ_PIECE)
                if not rest:
                    return b""
                self._decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ, _XZ_MEMORY)
            else:
                rest = self._packed.read(_XZ_PIECE) if self._decompressor.needs_input else b""
                if self._decompressor.needs_input and not rest:
                    raise EOFError
            if data := self._decompressor.decompress(rest, size):
                return data


def _zip(packed: IO[bytes]) -> Any:
    """The one file in a zip archive."""
    archive = zipfile.ZipFile(packed)
    names = [
        info for info in archive.infolist() if not info.is_dir() and not info.filename.startswith(_BESIDE)
    ]
    if any(info.filename == _WORKBOOK for info in names):
        raise FileRefused(
            "expected CSV, got an Excel workbook.", "Open it and save its sheet as CSV (UTF-8)."
        )
    if len(names) != 1:
        raise FileRefused(
            f"expected a zip archive of one file, got one of {len(names):,} files.",
            "Unpack it, and put its files into a folder.",
        )
    if names[0].flag_bits & 1:
        raise FileRefused("the zip archive has a password.", "Unpack it, or pack it without a password.")
    return archive.open(names[0])


_OPENERS: Final[tuple[tuple[re.Pattern[bytes], Callable[[Any], Any]], ...]] = (
    (re.compile(GZIP_MAGIC), lambda packed: gzip.GzipFile(fileobj=packed)),
    (re.compile(rb"BZh[1-9]\x31\x41\x59\x26\x53\x59"), bz2.BZ2File),
    (re.compile(rb"\xfd7zXZ\x00"), _Xz),
    (re.compile(rb"\x28\xb5\x2f\xfd"), lambda packed: pa.CompressedInputStream(packed, "zstd")),
    (re.compile(rb"PK\x03\x04"), _zip),
)


def unpacked(packed: IO[bytes]) -> Any:
    """What a file holds, to be read in pieces: unpacked, if its first bytes say that it is compressed.

    Args:
        packed: At its start.

    Returns:
        An object with `read(size)`; what it raises for a damaged file is in `DAMAGE`, or an OSError.

    Raises:
        FileRefused: It is an archive of other than one file; the problem does not name the file.
    """
    magic = packed.read(_MAGIC_BYTES)
    packed.seek(0, io.SEEK_SET)
    return next((opener(packed) for begins, opener in _OPENERS if begins.match(magic)), packed)


def without_packing(name: str) -> str:
    """A file's name without the ending that says how it is compressed."""
    stem, _, ending = name.rpartition(".")
    return stem if stem and ending.lower() in ENDINGS else name
