"""What helps where cells cannot be read: the one setting or edit, worked out from the cells at fault.

A sentence names formats and markers for missing, which are how a value is written; no other text of a cell.
"""

import json
import re
from collections.abc import Sequence
from typing import Final

import pyarrow as pa

from perennial.reading import row_rules
from perennial.reading.known_formats import candidates, share_of
from perennial.reading.missing_words import AMONG_NUMBERS, EVERYWHERE
from perennial.reading.reading import ExportFormat, Read
from serving.reading import cells
from serving.reading.date_formats import DateFormat, conflict
from serving.reading.times import NO_SUCH_DAY

# Stands for the span's name, which a reader does not know.
SPAN: Final = "{span}"
_MOSTLY: Final = 0.9
_MOST_CELLS: Final = 1000
_SAMPLE: Final = 64
_MARKERS: Final = frozenset((*EVERYWHERE, *AMONG_NUMBERS))
_PLACEHOLDER: Final = r"(?:0000|0001|9999)-[0-9]{2}-[0-9]{2}|[0-9]{2}[./][0-9]{2}[./](?:0000|0001|9999)"
_TRUE: Final = ("yes", "y", "t", "ja", "on", "oui")
_FALSE: Final = ("no", "n", "f", "nein", "off", "non")
_FRACTIONS: Final = r"[+-]?[0-9]+\.[0-9]*[1-9][0-9]*(?:[eE].*)?|[+-]?[0-9]*\.[0-9]+"
_OF_DATES: Final = (
    (
        r"[0-9]{10}(?:[0-9]{3}){0,3}(?:\.[0-9]+)?",
        "Write `{}` as YYYY-MM-DD HH:MM:SSZ: it looks like (milli)seconds since 1970.",
    ),
    (
        r".*[0-9] ?(?!UTC|GMT|AM|PM)[A-Z]{2,5}",
        "Write the offset of the times of `{}` in place of the zone's name in the export, such as +02:00.",
    ),
)
_SPACED: Final = r"[+-]?[0-9]{1,3}(?:([ \u00a0\u2009\u202f'\u2019])[0-9]{3})(?:\1[0-9]{3})*(?:[.,][0-9]+)?"
# By the reason's beginning, what helps whatever the cells are; "{}" is the column. First edits of the export,
# which are all that helps before there is a use case; then settings.
_EDITS: Final = (
    (cells.TOO_LARGE_TO_BE_WHOLE, "Export `{}` without a fraction or exponent, as an integer type."),
    (cells.TOO_LARGE, "Fix the numbers of `{}` in the export: no model can take them."),
    (cells.TOO_SMALL, "Round the numbers of `{}` to 0 in the export, or write them in a larger unit."),
    (cells.RESERVED_INT, "If it means missing, leave these cells of `{}` empty in the export."),
    (cells.NOT_FINITE, "Leave these cells of `{}` empty in the export."),
    (cells.NOT_FINITE_INT, "Leave these cells of `{}` empty in the export."),
    (cells.OUT_OF_RANGE, "If `{}` is an id, export it as text; else leave these cells empty."),
    (cells.NOT_UTF8, "Write the file as UTF-8."),
    (cells.HAS_NUL, "Remove NUL characters from `{}` in the export."),
    (row_rules.NO_TIME, "Export the time of each row in `{}`."),
    (row_rules.NO_VALUE, "Remove the rows without any value from the export."),
)
_SETTINGS: Final = (
    (cells.OUT_OF_RANGE, "If `{}` is an id, set its type to BYTES in the schema and export it as text."),
    (cells.NOT_UTF8, "Write the file as UTF-8, or set `exports.encoding` to its encoding, such as cp1252."),
    (
        row_rules.NO_CLASS,
        "If `{}` has a new class from now on, run `evolve NAME --from EXPORT`, which proposes to add it.",
    ),
    (
        "expected text, got",
        "Export `{}` as text, or set its type to INT or FLOAT in the schema if it is a number.",
    ),
)
_QUOTE: Final = "Fix these rows in the export: quote cells that hold the delimiter, a quote or a line break."
_WRITE_DATES: Final = "Write the dates of `{}` as YYYY-MM-DD or YYYY-MM-DD HH:MM:SS in the export"
_IS_NO_NUMBER: Final = re.compile("expected an? (?:integer|number)")


def edit_of(column: str, reason: str) -> str:
    """The edit of a file that helps against a fault of it, where there is no use case yet to set anything in.

    Args:
        column: At fault; "" where the row as a whole is.
        reason: Of the fault.
    """
    if not column:
        return _QUOTE
    if _is_of_date(reason):
        return f"{_WRITE_DATES.format(column)}, or leave the cells without one empty."
    if _IS_NO_NUMBER.match(reason) and reason != cells.NOT_FINITE:
        return f"Write these cells of `{column}` as numbers without sign or unit, or leave them empty."
    for beginning, remedy in _EDITS:
        if reason.startswith(beginning):
            return remedy.format(column)
    return f"Fix these cells of `{column}` in the export, or leave them empty."


def remedy_of(read: Read, export: ExportFormat, column: str, reason: str) -> str:
    """What helps against a fault of a file.

    Args:
        read: The file.
        export: How it was read.
        column: At fault; "" where the row as a whole is.
        reason: Of the fault.

    Returns:
        A sentence; `SPAN` stands for the name of the file's span.
    """
    if not column:
        return _QUOTE
    texts = _texts_of(read, column, reason)
    if texts and set(texts) <= _MARKERS:
        return _missing(column, texts)
    if _is_of_date(reason):
        return _date(column, texts, export)
    for beginning, remedy in (*_SETTINGS, *_EDITS):
        if reason.startswith(beginning):
            return remedy.format(column)
    return _number(column, texts, reason, export)


def _is_of_date(reason: str) -> bool:
    return reason.startswith(cells.DATE_EXPECTED) or reason == NO_SUCH_DAY


def _texts_of(read: Read, column: str, reason: str) -> list[str]:
    """The different texts of the cells at fault."""
    if column not in read.header:
        return []
    at = read.header.index(column)
    rows = [row for row in read.bad if (row.column, row.reason) == (column, reason)][:_MOST_CELLS]
    texts = [row.cells[at] for row in rows if at < len(row.cells)]
    return list(dict.fromkeys(text.decode("utf-8", "replace").strip() for text in texts if text is not None))


def _missing(column: str, texts: Sequence[str]) -> str:
    listed = " and ".join(f"`{text}`" for text in texts[:3])
    return f"If {listed} means missing, add it to `exports.na_values` (of `{column}`, where it is by column)."


def _date(column: str, texts: Sequence[str], export: ExportFormat) -> str:
    stands_for_none = [text for text in texts if re.match(_PLACEHOLDER, text)]
    if stands_for_none and len(stands_for_none) == len(texts):
        return _missing(column, stands_for_none)
    for pattern, remedy in _OF_DATES:
        if _most(texts, pattern):
            return remedy.format(column)
    # From all of them: those of the first days do not show whether the day or the month comes first.
    step = max(1, -(-len(texts) // _SAMPLE))
    sample = pa.array([text.encode() for text in texts[::step]], pa.binary())
    fitting = [way for way in candidates(sample) if share_of(sample, DateFormat(way).pattern) >= _MOSTLY]
    if not fitting:
        return f"{_WRITE_DATES.format(column)}."
    best, others = fitting[0], [way for way in fitting[1:] if conflict(fitting[0], way)]
    doubt = f" (or {others[0]!r}: these cells do not decide)" if others else ""
    used = export.written.rules.date_format.get(column, ())
    before = "".join(f"{way!r}, " for way in used)
    if any(conflict(best, way) for way in used):
        changed = f"[{before}{{format: {best!r}, from: {SPAN}}}]"
        setting = f"set `exports.date_format.{column}` to {changed}"
        return f"If `{column}` is written so from now on, {setting}{doubt}."
    listed = f"[{before}{best!r}]" if used else repr(best)
    return f"If these dates are right, set `exports.date_format.{column}` to {listed}{doubt}."


def _number(column: str, texts: Sequence[str], reason: str, export: ExportFormat) -> str:
    if texts and all(text.lower() in (*_TRUE, *_FALSE) for text in texts):
        sides = (("true_values", _TRUE), ("false_values", _FALSE))
        words = {key: [text for text in texts if text.lower() in side] for key, side in sides}
        parts = [f"add {', '.join(each)} to `exports.{key}`" for key, each in words.items() if each]
        return f"If `{column}` is of truth values, {' and '.join(parts)}."
    written = export.written.rules
    if written.decimal == "," and _most(texts, r"[+-]?[0-9]+\.[0-9]+"):
        return (
            f"Write the decimal mark of `{column}` as a comma, as `exports.decimal` says. If all spans have"
            " points, set `exports.decimal` to '.' and `exports.thousands` to ','."
        )
    if "expected an integer" in reason and (
        _most(texts, _FRACTIONS) or "with a fraction" in reason or "a decimal number" in reason
    ):
        return f"If fractions are right, set the type of `{column}` to FLOAT in the schema."
    if _most(texts, r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?"):
        return "If commas separate thousands, set `exports.thousands` to ','."
    separator = _separator(texts)
    if separator == "." or (separator and any("," in text for text in texts)):
        return (
            f"If the comma is the decimal mark, set `exports.decimal` to ',' and `exports.thousands` to"
            f" {separator!r}."
        )
    if _most(texts, _SPACED):
        mark = next(match[1] for text in texts if (match := re.fullmatch(_SPACED, text)))
        return f"If it separates thousands, set `exports.thousands` to {json.dumps(mark)}."
    if _most(texts, r"[+-]?[0-9]*,[0-9]+"):
        return "If the comma is the decimal mark, set `exports.decimal` to ','."
    if _most(texts, r"[^0-9]{0,4}[0-9][0-9.,]*\s?[^0-9]{0,4}"):
        return f"Write the numbers of `{column}` without a sign or unit in the export."
    if reason.endswith("a date"):
        return f"Check the order of columns in the export: `{column}` has dates where numbers are expected."
    return f"Fix these cells of `{column}`; if it is text from now on, set its type to BYTES in the schema."


def _separator(texts: Sequence[str]) -> str:
    """What groups the digits of numbers with a decimal comma; "" where nothing does."""
    if not _most(texts, r"[+-]?(?:[0-9]{1,3}(?:[. '][0-9]{3})*|[0-9]+)(?:,[0-9]+)?"):
        return ""
    return next((mark for mark in ". '" if any(mark in text for text in texts)), "")


def _most(texts: Sequence[str], pattern: str) -> bool:
    matching = sum(re.fullmatch(pattern, text) is not None for text in texts)
    return bool(texts) and matching >= _MOSTLY * len(texts)
