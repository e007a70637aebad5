"""Opens an export's files within bounds: format by name, compression by content, no more than allowed."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Literal

from perennial.errors import FileRefused
from perennial.reading.compression import DAMAGE, ENDINGS, unpacked

Format = Literal["csv", "parquet", "tfrecord"]

_FORMATS: tuple[tuple[re.Pattern[str], Format], ...] = (
    (re.compile(rf".*\.csv(\.({'|'.join(ENDINGS)}))?", re.IGNORECASE | re.DOTALL), "csv"),
    (re.compile(r".*\.parquet", re.IGNORECASE | re.DOTALL), "parquet"),
    (re.compile(r".*\.tfrecord(\.gz)?", re.IGNORECASE | re.DOTALL), "tfrecord"),
)
_WORKBOOKS = (".xls", ".xlsx", ".xlsm", ".ods", ".numbers")
# Spark's other ways to compress a CSV.
_HADOOP = (".lz4", ".snappy", ".deflate", ".lzo")
_OTHERS = (".orc", ".avro", ".feather", ".arrow")
_TEXTS = (".tsv", ".txt", ".tab", ".dat", ".data", ".psv")
_CHUNK = 4 << 20
_EXPORT_AGAIN = "Export the file again and copy it completely."
_EXPORT_AGAIN_OR_DELETE = f"{_EXPORT_AGAIN} If its writer makes empty parts (old Spark), delete it."


def format_of(path: Path) -> Format:
    """The format of a file, by its name.

    Raises:
        FileRefused: the name ends in none of the known suffixes.
    """
    for pattern, name in _FORMATS:
        if pattern.fullmatch(path.name):
            return name
    raise FileRefused(
        f"{path.name}: the name must end in .csv (or .csv.gz, .csv.bz2, .csv.xz, .csv.zst, .csv.zip),"
        " .parquet, .tfrecord or .tfrecord.gz.",
        remedy_of_name(path) or "Give the file the ending of its format, or move it out of the export.",
    )


def remedy_of_name(path: Path) -> str:
    """What to do about a file that is not read, if its name says its format; else ""."""
    suffix = path.suffix.lower()
    if suffix in _WORKBOOKS:
        return "It is a spreadsheet: save its sheet as CSV (UTF-8)."
    if suffix in _TEXTS:
        return f"If it is a text table, rename it to {path.stem}.csv; `new` detects its delimiter."
    if suffix in _HADOOP:
        return "Write it without compression, or with gzip, bzip2 or zstd."
    if suffix in _OTHERS:
        return "Export it as Parquet, which keeps its types, or as CSV."
    return ""


def content(path: Path, max_bytes: int) -> bytes:
    """The file's bytes, decompressed if they are compressed.

    Raises:
        FileRefused: the file cannot be read, is cut short, holds no byte, or more than `max_bytes`.
    """
    return b"".join(chunks(path, max_bytes))


def chunks(path: Path, max_bytes: int) -> Iterator[bytes]:
    """The file's bytes piece by piece, decompressed; at most `max_bytes` + 1 of them are made.

    Raises:
        FileRefused: as `content`.
    """
    done = 0
    try:
        with path.open("rb") as plain:
            if not plain.read(1):
                raise FileRefused(f"{path.name}: the file is empty (0 bytes).", _EXPORT_AGAIN_OR_DELETE)
            plain.seek(0)
            stream = _unpacked(path, plain)
            while chunk := stream.read(min(_CHUNK, max_bytes + 1 - done)):
                done += len(chunk)
                if done > max_bytes:
                    raise _too_large(path, max_bytes)
                yield chunk
    except DAMAGE:
        raise _damaged(path) from None
    except OSError as error:
        if error.strerror is None:
            raise _damaged(path) from None
        raise FileRefused(
            f"{path.name}: the file cannot be read ({error.strerror}).", _EXPORT_AGAIN
        ) from None


def _unpacked(path: Path, plain: IO[bytes]) -> Any:
    try:
        return unpacked(plain)
    except FileRefused as refusal:
        raise FileRefused(f"{path.name}: {refusal.problem}", refusal.remedy) from None


def _damaged(path: Path) -> FileRefused:
    return FileRefused(f"{path.name}: the compressed file is damaged or truncated.", _EXPORT_AGAIN)


def _too_large(path: Path, max_bytes: int) -> FileRefused:
    return FileRefused(
        f"{path.name}: the file holds more than {max_bytes} bytes when decompressed.",
        "Export it in smaller files.",
    )
