"""The binary form in which raw rows go to a scoring process, column by column, and scores come back.

All numbers are little-endian. A frame of rows is their count (uint32), then of each column, in the order in
which the model takes them:
  - int: int64 a row; float: float32 a row; a missing one is the sentinel of `serving.model.columns`;
  - string: how many distinct values there are (uint32), the end of each one's bytes (int32), the bytes of
    all, then a row's value by its number (int32).
A reply is the count of rows (uint32), float32 a row and output, row by row, and a byte a row: 1 where the
model could not take it. No rows: the process is asked to end.
"""

import math
import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import IO, Any, Final

import numpy as np

from serving.model.columns import InputColumn

_COUNT: Final = struct.Struct("<I")
_DTYPES: Final[Mapping[str, Any]] = {"int": np.dtype("<i8"), "float": np.dtype("<f4")}
_INDEX: Final = np.dtype("<i4")
_SCORE: Final = np.dtype("<f4")


def write_count(stream: IO[bytes], count: int) -> None:
    """Begins a frame or a reply."""
    stream.write(_COUNT.pack(count))


def write_texts(stream: IO[bytes], ends: Any, texts: Any, codes: Any) -> None:
    """Writes a string column.

    Args:
        stream: Where to.
        ends: int32, shape (values,): where each distinct value ends in `texts`.
        texts: The bytes of all distinct values.
        codes: int32, shape (rows,): the number of each row's value.
    """
    write_count(stream, len(ends))
    for part in (ends, texts, codes):
        stream.write(memoryview(part))


def read_rows(stream: IO[bytes], columns: Sequence[InputColumn]) -> list[Any] | None:
    """Reads a frame of rows.

    Returns:
        One array a column, as `arrays_of_rows` gives; None where there is no more.
    """
    rows = _read_count(stream)
    return [_read_column(stream, column, rows) for column in columns] if rows else None


def write_scores(stream: IO[bytes], scores: Any, failed: Any) -> None:
    """Writes a reply.

    Args:
        stream: Where to.
        scores: float32, shape (rows, *width).
        failed: bool, shape (rows,).
    """
    write_count(stream, len(failed))
    stream.write(np.ascontiguousarray(scores, _SCORE).tobytes())
    stream.write(np.ascontiguousarray(failed, np.uint8).tobytes())
    stream.flush()


def read_scores(stream: IO[bytes], width: tuple[int, ...]) -> tuple[Any, Any]:
    """Reads a reply: scores of shape (rows, *width), and which rows the model could not take.

    Raises:
        EOFError: The other side has ended.
    """
    rows = _read_count(stream)
    if not rows:
        raise EOFError
    scores = np.frombuffer(_exactly(stream, rows * math.prod(width) * _SCORE.itemsize), _SCORE)
    failed = np.frombuffer(_exactly(stream, rows), np.uint8).astype(bool)
    return scores.reshape(rows, *width), failed


def _read_column(stream: IO[bytes], column: InputColumn, rows: int) -> Any:
    if column.kind != "string":
        dtype = _DTYPES[column.kind]
        return np.frombuffer(_exactly(stream, rows * dtype.itemsize), dtype)
    ends = np.frombuffer(_exactly(stream, _read_count(stream) * _INDEX.itemsize), _INDEX).tolist()
    texts = bytes(_exactly(stream, ends[-1]))
    values = np.empty(len(ends), object)
    values[:] = [texts[start:end] for start, end in zip(_starts(ends), ends, strict=True)]
    # One object for all rows of a value: fewer to make than there are rows.
    return values[np.frombuffer(_exactly(stream, rows * _INDEX.itemsize), _INDEX)]


def _starts(ends: Sequence[int]) -> Iterable[int]:
    return (0, *ends[:-1])


def _read_count(stream: IO[bytes]) -> int:
    raw = stream.read(_COUNT.size)
    return int(_COUNT.unpack(raw)[0]) if len(raw) == _COUNT.size else 0


def _exactly(stream: IO[bytes], size: int) -> bytes:
    raw = stream.read(size)
    if len(raw) < size:
        raise EOFError
    return raw
