"""Opens an export's files within bounds: format by name, gzip by magic bytes, no more bytes than allowed."""

import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from perennial.errors import FileRefused

Format = Literal["csv", "parquet", "tfrecord"]

GZIP_MAGIC = b"\x1f\x8b"

_FORMATS: tuple[tuple[re.Pattern[str], Format], ...] = (
    (re.compile(r".*\.csv(\.gz)?", re.IGNORECASE | re.DOTALL), "csv"),
    (re.compile(r".*\.parquet", re.IGNORECASE | re.DOTALL), "parquet"),
    (re.compile(r".*\.tfrecord(\.gz)?", re.IGNORECASE | re.DOTALL), "tfrecord"),
)
_CHUNK = 4 << 20
_EXPORT_AGAIN = "Export the file again and copy it completely."


def format_of(path: Path) -> Format:
    """The format of a file, by its name.

    Raises:
        FileRefused: the name ends in none of the known suffixes.
    """
    for pattern, name in _FORMATS:
        if pattern.fullmatch(path.name):
            return name
    raise FileRefused(
        f"{path.name}: the name must end in .csv, .csv.gz, .parquet, .tfrecord or .tfrecord.gz.",
        "Give the file the ending of its format, or move it out of the export.",
    )


def content(path: Path, max_bytes: int) -> bytes:
    """The file's bytes, decompressed if they are gzip.

    Raises:
        FileRefused: the file cannot be read, is cut short, holds no byte, or more than `max_bytes`.
    """
    return b"".join(chunks(path, max_bytes))


def chunks(path: Path, max_bytes: int) -> Iterator[bytes]:
    """The file's bytes piece by piece, decompressed if gzip; at most `max_bytes` + 1 of them are made.

    Raises:
        FileRefused: as `content`.
    """
    done = 0
    try:
        with path.open("rb") as plain:
            magic = plain.read(2)
            if not magic:
                raise FileRefused(f"{path.name}: the file is empty (0 bytes).", _EXPORT_AGAIN)
            plain.seek(0)
            stream = gzip.GzipFile(fileobj=plain) if magic == GZIP_MAGIC else plain
            while chunk := stream.read(min(_CHUNK, max_bytes + 1 - done)):
                done += len(chunk)
                if done > max_bytes:
                    raise _too_large(path, max_bytes)
                yield chunk
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise FileRefused(f"{path.name}: the gzip file is damaged or truncated.", _EXPORT_AGAIN) from None
    except OSError as error:
        raise FileRefused(
            f"{path.name}: the file cannot be read ({error.strerror}).", _EXPORT_AGAIN
        ) from None


def _too_large(path: Path, max_bytes: int) -> FileRefused:
    return FileRefused(
        f"{path.name}: the file holds more than {max_bytes} bytes when decompressed.",
        "Export it in smaller files.",
    )
