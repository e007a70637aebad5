"""How a CSV is quoted and escaped, by all of its text: as RFC 4180, or as Spark, MySQL and others do it."""

import itertools
import re
from collections import Counter
from typing import Final

import numpy as np

from commands.new.sniffing.layout import layout_of
from perennial.reading.csv_records import quoting_is_regular, records
from serving.reading.csv_dialect import ESCAPE, CsvDialect

_SAMPLE_BYTES: Final = 4 << 20
_SAMPLE_RECORDS: Final = 20_000
_EVEN: Final = 0.99
_NULL: Final = rb"(?m)(?:^|%s)\\N(?=%s|\r?$)"
# A backslash that a writer of escapes would not have written: it would have written two.
_NO_ESCAPE: Final = re.compile(rb"(?:\\\\|\\[\"'\r\nntr0bfvNZ,;|\t])*\\[^\\\"'\r\nntr0bfvNZ,;|\t]")


def dialect_of(text: bytes) -> CsvDialect:
    r"""The dialect in which the whole of a text is regular; that of RFC 4180 if it is regular in that.

    Where a file is the same table in both of two dialects, nothing is concluded: `"a\\b"` without any other
    escape keeps its two backslashes.

    Args:
        text: UTF-8 without a byte-order mark.
    """
    if b"\\" not in text and b"'" not in text:
        return CsvDialect()
    plain = CsvDialect(layout_of(text[:_SAMPLE_BYTES]).delimiter)
    if b"\\" in text and (escaped := _escaped(text, plain)):
        return escaped
    single = CsvDialect(plain.delimiter, quotechar="'")
    if b"'" in text and _is_quoted_by(text, single, plain):
        return single
    return plain


def in_words(dialect: CsvDialect) -> str:
    """A sentence on what is not as in RFC 4180; "" for that."""
    if dialect.is_plain:
        return ""
    if dialect.escapechar is None:
        return f"Cells are quoted by {dialect.quotechar}."
    if dialect.quotechar is None:
        return r"A backslash escapes delimiters and line ends (\N is missing); nothing is quoted."
    if not dialect.escape_unquoted:
        return r"A backslash escapes a quote within quotes (\"), as Spark writes it."
    return r"A backslash escapes quotes, delimiters and line ends (\N is missing)."


def _escaped(text: bytes, plain: CsvDialect) -> CsvDialect | None:
    """The dialect with backslashes that fits, if one fits better than none."""
    mark = plain.delimiter
    spark, everywhere, bare = (
        CsvDialect(mark, escapechar="\\", escape_unquoted=False),
        CsvDialect(mark, escapechar="\\"),
        CsvDialect(mark, quotechar=None, escapechar="\\"),
    )
    quotes = b'"' in text
    has_null = re.search(_NULL % (re.escape(mark.encode()), re.escape(mark.encode())), text) is not None
    if quotes and not quoting_is_regular(text, mark):
        fitting = [one for one in (spark, everywhere) if quoting_is_regular(_masked(one, text), mark)]
        if spark in fitting and everywhere in fitting and _escapes_outside(text, spark, everywhere):
            even = [_evenness(_masked(one, text), mark) for one in (spark, everywhere)]
            return everywhere if even[1] > even[0] or has_null else spark
        if fitting:
            return fitting[0]
    is_table = mark == "\t" and has_null
    plain_evenness = _evenness(text, mark)
    if plain_evenness == 1 and not is_table:
        return None
    chosen = everywhere if quotes and _is_quoted_by(text, everywhere, bare) else bare
    if _NO_ESCAPE.search(text):
        return None
    if is_table:
        return chosen
    evenness = _evenness(_masked(chosen, text), mark)
    return chosen if evenness >= _EVEN and evenness > plain_evenness else None


def _masked(dialect: CsvDialect, text: bytes) -> bytes:
    try:
        return dialect.masked(text)
    except ValueError:
        # No UTF-8: the reader says so, with the line.
        return text


def _escapes_outside(text: bytes, spark: CsvDialect, everywhere: CsvDialect) -> bool:
    """Whether a quote, delimiter or line end is escaped, or a cell is `\\N`, outside of quotes only."""
    ways = [np.frombuffer(_masked(one, text), np.uint8) for one in (spark, everywhere)]
    only = np.flatnonzero((ways[1] == ESCAPE) & (ways[0] != ESCAPE))
    following = np.frombuffer(text, np.uint8)[np.minimum(only + 1, len(text) - 1)]
    return bool(np.isin(following, np.frombuffer(b'"\r\nN' + spark.delimiter.encode(), np.uint8)).all()) and (
        len(only) > 0
    )


def _is_quoted_by(text: bytes, dialect: CsvDialect, other: CsvDialect) -> bool:
    """Whether cells are quoted: regularly, and so that rows are more even, or nearly every row has some."""
    masked = _masked(dialect, text)
    if not quoting_is_regular(masked, dialect.delimiter):
        return False
    sample = masked[:_SAMPLE_BYTES]
    rows = list(itertools.islice(records(sample, dialect.delimiter), _SAMPLE_RECORDS))[1:]
    quoted = sum(b'"' in sample[record.start : record.end] for record, _ in rows)
    if rows and quoted >= _EVEN * len(rows):
        return True
    return _evenness(masked, dialect.delimiter) > _evenness(_masked(other, text), other.delimiter)


def _evenness(masked: bytes, delimiter: str) -> float:
    """The share of records that have the most frequent width; 0 where that is 1."""
    sample = masked[:_SAMPLE_BYTES]
    if len(sample) < len(masked):
        sample = sample[: sample.rfind(b"\n") + 1] or sample
    widths = Counter(
        record.width for record, _ in itertools.islice(records(sample, delimiter), _SAMPLE_RECORDS)
    )
    width = max(widths, key=lambda one: (widths[one], one), default=0)
    return widths[width] / widths.total() if width > 1 else 0.0
