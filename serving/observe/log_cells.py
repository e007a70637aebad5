"""Writes cells of raw rows as the model saw them, in a plain CSV that the pipeline's own reader takes."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from serving.model.answers import Answers
from serving.model.columns import InputColumn
from serving.reading.cells import Cell
from serving.reading.csv_cells import csv_cell

KEY_FILE: Final = "_key"
# What the caller calls a row; longer than this it is no key but a load.
MAX_ID: Final = 256


def cell(value: Cell | None) -> bytes:
    """One cell, as the model saw it.

    Args:
        value: Of `RowReader.cell`.

    Returns:
        Nothing where it is missing; a number with the shortest digits that give the same int64 or float32 and
        a point, whatever the use case's exports have; a date as ISO text; a string quoted where it has to be,
        and where it is empty.
    """
    if value is None:
        return b""
    if isinstance(value, bytes):
        return quoted(value)
    return b"%d" % value if isinstance(value, int) else str(np.float32(value)).encode()


def quoted(text: bytes) -> bytes:
    """A string cell, quoted also where it holds what other CSVs have for a comma."""
    return csv_cell(text, b",;\t|")


def row_id(value: Any) -> bytes:
    """The caller's own id of the row, a string or a number, unchanged; empty where it is neither."""
    if type(value) is int:
        return b"%d" % value if abs(value) < 2**63 else b""
    if type(value) is float:
        return repr(value).encode()
    return quoted(value.encode("utf-8", "replace")) if type(value) is str and len(value) <= MAX_ID else b""


def hashed(key: bytes, value: Cell | None) -> bytes:
    """A keyed hash of a private cell, 32 hexadecimal digits; missing stays missing."""
    plain = cell(value)
    if plain in (b"", b'""'):
        return plain
    return hashlib.blake2b(plain, key=key, digest_size=16, person=b"request-log").hexdigest().encode()


def header(
    columns: Sequence[InputColumn], left_out: Sequence[str], hashes: Sequence[str], answers: Sequence[str]
) -> bytes:
    """The header: the model's columns, hashed ones under another name, the answer, what the log adds."""
    names = [column.name for column in columns if column.name not in left_out]
    names += [hash_name(name) for name in hashes]
    names += [*answers, "_version", "_time", "_row_id"]
    return b",".join(quoted(name.encode()) for name in names) + b"\n"


def answer_names(answers: Answers) -> list[str]:
    """What the columns of an answer are called: `_score`, or `_prediction` and `_probability_CLASS` each."""
    if not answers.classes:
        return ["_score"]
    return ["_prediction", *(f"_probability_{name}" for name in answers.classes)]


def answer_cells(answers: Answers, score: Any) -> list[bytes]:
    """The cells of these columns, of one row's score, float32."""
    if not answers.classes:
        return [b"%.9g" % score]
    probabilities = answers.probabilities(np.asarray(score, np.float32)[np.newaxis])[0]
    likeliest = str(answers.classes[int(probabilities.argmax())])
    return [quoted(likeliest.encode()), *(b"%.9g" % each for each in probabilities.tolist())]


def hash_name(name: str) -> str:
    """The name of a hashed column: another one, as it is not the column; readers ignore names with _."""
    return f"_{name}_hash"


def key_in(folder: Path) -> bytes:
    """The key of the folder's hashes, made if there is none: 32 bytes that only this user can read.

    Raises:
        OSError: It cannot be made or read.
    """
    path = folder / KEY_FILE
    aside = folder / f"{KEY_FILE}.{os.getpid()}"
    if not path.exists():
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.write(descriptor, os.urandom(32))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        try:
            os.link(aside, path)  # of several workers the first one's stays
        except FileExistsError:
            pass
        finally:
            aside.unlink()
    return path.read_bytes()
