"""Which encoding a file's text is in, by its own bytes."""

import re
from typing import NamedTuple

from charset_normalizer import from_bytes

_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_HEAD = 4096
# Windows' additions to Latin-1 lie here; in Latin-1 itself these are control characters.
_WINDOWS = re.compile(rb"[\x80-\x9f]")
_UTF8_LETTER = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_MOSTLY = 0.8
_HIGH = re.compile(rb"[\x80-\xff]+")
# A text of Western Europe has single letters beyond ASCII among plain ones.
_LONG_RUN = 3
_MOST_IN_RUNS = 0.3
_BETWEEN_LETTERS = re.compile(rb"(?<=[A-Za-z])[\x80-\xff](?=[A-Za-z])")
_SAMPLE = 1 << 16
_NAMES = {
    "latin-1": "Latin-1",
    "cp1252": "Windows-1252 (Western European)",
    "utf-16": "UTF-16",
    "utf-32": "UTF-32",
}


class Encoding(NamedTuple):
    """An encoding by Python's name, and a sentence about it for the user."""

    name: str
    note: str = ""


def encoding_of(data: bytes) -> Encoding:
    """The encoding of a whole file's text; `note` is empty where it is UTF-8."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return Encoding(name, f"The file is {_NAMES[name]}, not UTF-8: it is read as such.")
    # As `bcp -w` of SQL Server writes it, whatever its letters beyond ASCII would be in another encoding.
    if data[:_HEAD].count(b"\0") * 3 > len(data[:_HEAD]):
        name = "utf-16-le" if data[1:2] == b"\0" else "utf-16-be"
        return Encoding(name, "The file is UTF-16 without a byte-order mark, not UTF-8: it is read as such.")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _not_utf8(data, error.start)
    return Encoding("utf-8")


def _not_utf8(data: bytes, at: int) -> Encoding:
    if _is_mostly_utf8(data):
        # The rows that are not are bad rows, reported one by one.
        return Encoding("utf-8")
    line = 1 + data.count(b"\n", 0, at)
    if _is_western(data):
        name = "cp1252" if _WINDOWS.search(data) else "latin-1"
        sign = data[at : at + 1].decode(name, "replace")
        return Encoding(name, f"The file is {_NAMES[name]}, not UTF-8 (line {line} has {sign}).")
    guess = from_bytes(_lines_beyond_ascii(data)).best()
    name = guess.encoding if guess else "cp1252"
    try:
        data.decode(name)
    except UnicodeDecodeError:
        name = "latin-1"
    return Encoding(
        name,
        f"The file is not UTF-8 (line {line}); it is read as {name}, which is a guess: check the words of"
        " that line in the exports, and set `encoding` if they are wrong.",
    )


def _is_mostly_utf8(data: bytes) -> bool:
    beyond = sum(map(len, _HIGH.findall(data)))
    return sum(map(len, _UTF8_LETTER.findall(data))) >= _MOSTLY * beyond


def _is_western(data: bytes) -> bool:
    """Whether the bytes beyond ASCII stand as they do in Western Europe's words."""
    try:
        data.decode("cp1252")
    except UnicodeDecodeError:
        return False
    runs = [len(run) for run in _HIGH.findall(data)]
    if sum(length for length in runs if length >= _LONG_RUN) > _MOST_IN_RUNS * sum(runs):
        return False
    inside = set(_BETWEEN_LETTERS.findall(data))
    return all(letter.decode("cp1252").isalpha() or letter in (b"\x92", b"\xb4") for letter in inside)


def _lines_beyond_ascii(data: bytes) -> bytes:
    taken, size = [], 0
    for line in data.splitlines(keepends=True):
        if not line.isascii():
            taken.append(line)
            size += len(line)
            if size > _SAMPLE:
                break
    return b"".join(taken)
