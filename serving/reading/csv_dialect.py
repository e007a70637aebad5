"""How the cells of a CSV are quoted and escaped, where not as in RFC 4180.

Every part of the reader knows one grammar only, that of RFC 4180. So the text of another dialect is masked
where it enters: each byte that would mislead becomes one that no UTF-8 text has. The masked text has the same
length and the same lines, a cell of it is put right by `value`, and `raw` gives back the file's own bytes.
"""

import functools
import re
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]

QUOTE: Final = b'"'
# Stands for an escape character that escapes what follows.
ESCAPE: Final = 0xFF
# Stand for an escaped end of a line; the second for a carriage return, with the line feed after it.
LINE_FEED, RETURN = 0xC0, 0xC1
_PLAIN_QUOTE, _QUOTE, _DELIMITER = 0xF5, 0xF6, 0xF7
# What follows an escape character anywhere, and what it means (MySQL, PostgreSQL).
_LETTERS: Final = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"0": b"\0", b"b": b"\b", b"f": b"\f", b"v": b"\v"}
_LETTER_CODES: Final = dict(zip(_LETTERS, range(0xF8, 0xFF), strict=True))
_NEVER_IN_UTF8: Final = re.compile(rb"[\xc0\xc1\xf5-\xff]")
_ESCAPED_ENDS: Final = (bytes([ESCAPE, LINE_FEED]), bytes([ESCAPE, RETURN]))
# A cell of this alone is missing, where letters are escaped (MySQL's NULL, and PostgreSQL's).
_NULL: Final = b"N"


@dataclass(frozen=True)
class CsvDialect:
    r"""How a line of CSV is split into cells; the defaults are RFC 4180.

    Attributes:
        delimiter: One ASCII character between two cells.
        skipinitialspace: Whether spaces after a delimiter are no part of the cell.
        quotechar: What a cell that has a delimiter stands in; None: nothing quotes.
        escapechar: What takes its meaning from the character that follows; None: nothing does, and a quote
            in a quoted cell is doubled.
        escape_unquoted: Whether it does so in unquoted cells, too; then `\n` is a line feed (`\t \r \0 \b \f
            \v` the like) and a cell `\N` is missing. If not, it only escapes quotes and itself.
    """

    delimiter: str = ","
    skipinitialspace: bool = False
    quotechar: str | None = '"'
    escapechar: str | None = None
    escape_unquoted: bool = True

    @property
    def is_plain(self) -> bool:
        """Whether cells are quoted as in RFC 4180."""
        return self.quotechar == '"' and self.escapechar is None

    def masked(self, data: bytes) -> bytes:
        """The whole of a text, as RFC 4180 has it.

        Raises:
            NotUtf8: It has a byte that is none of UTF-8.
        """
        masker = Masker(self)
        return masker.feed(data) + masker.end()

    def raw(self, masked: bytes | memoryview) -> bytes:
        """The inverse of `masked`."""
        return bytes(masked).translate(_tables(self).raw)

    def value(self, cell: bytes | None) -> bytes | None:
        """What a masked cell holds; None where it is missing."""
        if cell is None or (self.escape_unquoted and cell == bytes([ESCAPE]) + _NULL):
            return None
        return cell.translate(_tables(self).value, bytes([ESCAPE]))

    def cell(self, text: bytes) -> bytes:
        """A cell, quoted or escaped where it has to be; what cannot be written becomes a space.

        An empty text is quoted, where anything quotes: unquoted, it is missing.
        """
        special = self.delimiter.encode() + b"\r\n"
        starts_blank = self.skipinitialspace and text.startswith(b" ")
        if self.quotechar is None:
            return self._unquoted(text, special, starts_blank)
        quote, escape = self.quotechar.encode(), (self.escapechar or "").encode()
        escapes = bool(escape and escape in text)
        is_bare = bool(text) and len(text.translate(None, special + quote)) == len(text)
        if is_bare and not escapes and not starts_blank:
            return text
        if escapes:
            text = text.replace(escape, escape * 2)
        return quote + text.replace(quote, (escape or quote) + quote) + quote

    def _unquoted(self, text: bytes, special: bytes, starts_blank: bool) -> bytes:
        """A cell where nothing quotes. An escaped end of a line is a letter: its row stays one line."""
        if self.escapechar is None or not self.escape_unquoted:
            return text.translate(bytes.maketrans(special, b" " * len(special)))
        escape = self.escapechar.encode()
        letters = {b"\r": b"r", b"\n": b"n"}
        cell = b"".join(
            escape + letters.get(mark, mark) if mark in special + escape else mark
            for mark in map(_byte, text)
        )
        return escape + cell if starts_blank else cell

    def masked_cell(self, text: bytes) -> bytes:
        """A cell, masked."""
        return self.cell(text) if self.is_plain else self.masked(self.cell(text))


def _byte(number: int) -> bytes:
    return bytes([number])


def escaped_ends(data: bytes) -> int:
    """How many ends of lines in a masked text are escaped, and so are no byte that ends a line."""
    if ESCAPE not in data:
        return 0
    return sum(data.count(end) for end in _ESCAPED_ENDS)


class NotUtf8(ValueError):
    """A text that is to be masked has a byte that is none of UTF-8.

    Attributes:
        line: The line, from the first byte that was fed; 1 is the first.
    """

    def __init__(self, line: int) -> None:
        """Takes the line."""
        super().__init__(f"line {line} is not UTF-8")
        self.line = line


class Masker:
    """Masks a text that comes in pieces."""

    def __init__(self, dialect: CsvDialect) -> None:
        """Takes the dialect."""
        self._dialect = dialect
        self._tables = _tables(dialect)
        self._inside = False
        self._held = b""
        self._lines = 1

    def feed(self, data: bytes) -> bytes:
        """The next piece, masked, but for what depends on what follows it.

        Raises:
            NotUtf8: It has a byte that is none of UTF-8.
        """
        self._refuse_masks(data)
        data = self._held + data.translate(self._tables.quotes)
        self._held = b""
        if self._tables.escape is None:
            return data
        text = np.frombuffer(data, np.uint8).copy()
        starts = _escapes(text, self._tables.escape)
        if len(starts) and starts[-1] >= len(text) - (2 if data.endswith(b"\r") else 1):
            # An escape at the end, or one of a carriage return after which a line feed may follow.
            self._held = data[starts[-1] :]
            text, starts = text[: starts[-1]], starts[:-1]
        self._mask(text, starts)
        return text.tobytes()

    def end(self) -> bytes:
        """What was held back."""
        held, self._held = self._held, b""
        if len(held) < 2:
            return held
        text = np.frombuffer(held, np.uint8).copy()
        self._mask(text, np.array([0]))
        return text.tobytes()

    def _mask(self, text: Bytes, starts: npt.NDArray[np.int64]) -> None:
        following = text[starts + 1]
        if not self._dialect.escape_unquoted:
            is_escape = (following == ord(QUOTE)) | (following == self._tables.escape)
            starts = self._quoted_only(text, starts[is_escape])
            following = text[starts + 1]
        text[starts] = ESCAPE
        text[starts + 1] = self._tables.codes[following]
        if self._dialect.escape_unquoted:
            returns = starts[following == ord("\r")] + 2
            returns = returns[returns < len(text)]
            text[returns[text[returns] == ord("\n")]] = LINE_FEED

    def _quoted_only(self, text: Bytes, starts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Those of the escapes that are in quoted cells."""
        quotes = np.flatnonzero(text == ord(QUOTE))
        quotes = quotes[~np.isin(quotes, starts + 1)]
        inside = (np.searchsorted(quotes, starts) + self._inside) % 2 == 1
        self._inside = bool((len(quotes) + self._inside) % 2)
        return starts[inside]

    def _refuse_masks(self, data: bytes) -> None:
        if misplaced := _NEVER_IN_UTF8.search(data):
            raise NotUtf8(self._lines + data.count(b"\n", 0, misplaced.start()))
        self._lines += data.count(b"\n")


def _escapes(text: Bytes, escape: int) -> npt.NDArray[np.int64]:
    """The places of the escape characters that are not escaped themselves."""
    places = np.flatnonzero(text == escape)
    if not len(places):
        return places
    begins = np.concatenate([[True], np.diff(places) != 1])
    run = np.maximum.accumulate(np.where(begins, np.arange(len(places)), 0))
    return places[(np.arange(len(places)) - run) % 2 == 0]


@dataclass(frozen=True)
class _Tables:
    """Of a dialect, for each byte: as what it is masked, what it masks, and what it means in a cell."""

    escape: int | None
    quotes: bytes
    codes: Bytes
    raw: bytes
    value: bytes


@functools.cache
def _tables(dialect: CsvDialect) -> _Tables:
    quotes, raw = bytearray(range(256)), bytearray(range(256))
    if dialect.quotechar != '"':
        quotes[ord('"')] = _PLAIN_QUOTE
        raw[_PLAIN_QUOTE] = ord('"')
        if dialect.quotechar:
            quotes[ord(dialect.quotechar)] = ord('"')
            raw[ord('"')] = ord(dialect.quotechar)
    codes = np.arange(256, dtype=np.uint8)
    value = bytearray(raw)
    if dialect.escapechar:
        raw[ESCAPE] = ord(dialect.escapechar)
        specials = {b'"': _QUOTE, dialect.delimiter.encode(): _DELIMITER, b"\n": LINE_FEED, b"\r": RETURN}
        for mark, code in specials.items():
            codes[mark[0]] = code
            value[code] = raw[code] = raw[mark[0]]
        if dialect.escape_unquoted:
            for letter, code in _LETTER_CODES.items():
                codes[letter[0]], raw[code], value[code] = code, letter[0], _LETTERS[letter][0]
    escape = ord(dialect.escapechar) if dialect.escapechar else None
    return _Tables(escape, bytes(quotes), codes, bytes(raw), bytes(value))
