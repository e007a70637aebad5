"""How a CSV is laid out: delimiter, header, what stands above it, and what its names are."""

import itertools
import re
from collections import Counter
from dataclasses import dataclass

from perennial.reading.csv_records import as_bytes, records
from perennial.reading.csv_text import is_blank, without_initial_spaces
from serving.reading.csv_dialect import CsvDialect

MARKS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_ORDER = ",;\t|"
_SAMPLE_BYTES = 1 << 18
_SAMPLE_RECORDS = 1000
# What a cell with another of the marks in it takes from a mark's worth.
_UNCLEAN = 0.5
_NUMBER = re.compile(
    r"\s*[+-]?(?:[0-9][0-9.,' ]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*|[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}.*"
)
_PLAIN = CsvDialect()
_YEAR = re.compile("(?:19|20)[0-9]{2}")
_HEADER_WITHIN = 30
_MOSTLY = 0.9


@dataclass(frozen=True)
class CsvLayout:
    """How the first part of a file is laid out.

    Attributes:
        delimiter: Between its cells.
        hinted: Whether Excel's own `sep=` says so.
        spaced: Whether a space follows nearly every delimiter, or nearly every one before text.
        names: The header's names; () where none was found.
        line: The header's line.
        problems: What has to be fixed, in sentences.
    """

    delimiter: str
    hinted: bool
    spaced: bool
    names: tuple[str, ...]
    line: int
    problems: tuple[str, ...]


@dataclass(frozen=True)
class _SampleRow:
    line: int
    cells: tuple[str, ...]

    @property
    def filled(self) -> int:
        return sum(bool(cell.strip()) for cell in self.cells)


def layout_of(data: bytes, dialect: CsvDialect = _PLAIN) -> CsvLayout:
    """Lays out a CSV.

    Args:
        data: The whole text as UTF-8, without a byte-order mark, masked.
        dialect: By what it is masked.
    """
    hint = re.match(rb"sep=(.)\r?\n", data, re.IGNORECASE)
    data = data[hint.end() - 1 :] if hint else data
    sample = data[:_SAMPLE_BYTES]
    if len(sample) < len(data):
        sample = sample[: sample.rfind(b"\n") + 1] or sample
    marks = hint[1].decode("latin-1") if hint else _ORDER
    rows = {mark: _rows(without_initial_spaces(sample, mark), mark, dialect) for mark in marks}
    delimiter = max(marks, key=lambda mark: _worth(rows[mark], mark))
    unstripped = _rows(sample, delimiter, dialect)
    spaced = _is_spaced(unstripped)
    lines = rows[delimiter] if spaced else unstripped
    if not lines:
        return CsvLayout(
            delimiter, bool(hint), spaced, (), 0, ("The file is empty: it needs a header and rows.",)
        )
    width = _width(lines)
    top, problems = _top(lines, width)
    header = lines[top]
    names = tuple(name for name in header.cells)
    problems += _wrong_header(header, lines[top + 1 :], width, delimiter)
    return CsvLayout(delimiter, bool(hint), spaced, names, header.line, problems)


def _rows(sample: bytes, delimiter: str, dialect: CsvDialect) -> list[_SampleRow]:
    rows = []
    for record, cells in itertools.islice(records(sample, delimiter), _SAMPLE_RECORDS):
        if not is_blank(sample[record.start : record.end], delimiter, width=2):
            values = map(dialect.value, as_bytes(cells))
            texts = tuple((value or b"").decode("utf-8", "replace") for value in values)
            rows.append(_SampleRow(record.line, texts))
    return rows


def _is_spaced(rows: list[_SampleRow]) -> bool:
    cells = [cell for row in rows for cell in row.cells[1:] if cell]
    # Of a table that some tool has written anew, the numbers have lost their spaces and the text has not.
    text = [cell for cell in cells if not _NUMBER.fullmatch(cell)]
    return any(
        bool(some) and sum(cell.startswith(" ") for cell in some) > _MOSTLY * len(some)
        for some in (cells, text)
    )


def _width(rows: list[_SampleRow]) -> int:
    counts = Counter(len(row.cells) for row in rows)
    return max(counts, key=lambda width: (counts[width], width))


def _worth(rows: list[_SampleRow], mark: str) -> float:
    """How evenly a mark splits the rows; 0 where it does not."""
    if not rows or (width := _width(rows)) < 2:
        return 0.0
    cells = [cell for row in rows if len(row.cells) == width for cell in row.cells]
    others = [other for other in ";\t|" if other != mark]
    unclean = sum(any(other in cell for other in others) for cell in cells) / len(cells)
    return sum(len(row.cells) == width for row in rows) / len(rows) - _UNCLEAN * unclean


def _top(rows: list[_SampleRow], width: int) -> tuple[int, tuple[str, ...]]:
    """The place of the header, and what stands above it."""
    top = 0
    for index, row in enumerate(rows[:_HEADER_WITHIN]):
        below = rows[index + 1 : index + 6]
        fuller = max((other.filled for other in below), default=0)
        near = abs(len(row.cells) - width) == 1 and index == 0 and len(row.cells) > 1
        if (len(row.cells) == width or near) and not row.filled * 2 <= min(fuller, width):
            top = index
            break
    if not top:
        return 0, ()
    lines = (rows[0].line, rows[top].line - 1)
    where = f"Lines {lines[0]} to {lines[1]} are" if lines[1] > lines[0] else f"Line {lines[0]} is"
    return top, (f"{where} above the header (line {rows[top].line}): remove everything above it.",)


def _wrong_header(header: _SampleRow, rows: list[_SampleRow], width: int, delimiter: str) -> tuple[str, ...]:
    name = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}.get(delimiter, "delimiter")
    even = [row for row in rows if len(row.cells) == width]
    here = f"The header (line {header.line})"
    if len(header.cells) == width - 1 and even:
        if not any(row.cells[-1] for row in even):
            return (f"Each row ends with a {name}, but the header does not: add one to line {header.line}.",)
        lacks = f"{here} has {width - 1} names, but the rows have {width} cells"
        return (f"{lacks}: add the missing name (R writes none for its row names).",)
    if len(header.cells) == width + 1 and even:
        return (
            f"{here} has {width + 1} names, but the rows have {width} cells: remove the name without cells.",
        )
    problems = []
    if even and _is_data(header, even):
        problems.append(
            f"The file has no header: line {header.line} holds values like the lines below it. Add a line"
            " with the column names above it."
        )
        return tuple(problems)
    for twice, count in Counter(filter(None, header.cells)).items():
        if count > 1:
            places = ", ".join(str(at + 1) for at, cell in enumerate(header.cells) if cell == twice)
            problems.append(
                f"The header has the name `{twice}` {count} times (columns {places}): rename all but one."
            )
    return tuple(problems)


def _is_data(header: _SampleRow, rows: list[_SampleRow]) -> bool:
    """Whether a header's cells are numbers or dates where those below are, or values of their columns."""
    columns = list(zip(*(row.cells for row in rows), strict=True))
    numeric = [
        _NUMBER.fullmatch(name) is not None
        for name, cells in zip(header.cells, columns, strict=True)
        if (filled := [cell for cell in cells if cell.strip()])
        and sum(_NUMBER.fullmatch(cell) is not None for cell in filled) > _MOSTLY * len(filled)
    ]
    counting = [int(name) for name in header.cells if name.isdecimal()]
    steps = {after - before for before, after in itertools.pairwise(counting)}
    if steps == {1} or (len(counting) > 2 and len(steps) == 1 and steps != {0}):
        # Years, or the numbers of pixels: names that count.
        return False
    if len(numeric) == 1 and any(_YEAR.fullmatch(name) for name in header.cells):
        return False
    if numeric:
        return sum(numeric) * 2 > len(numeric)
    among = [name in cells for name, cells in zip(header.cells, columns, strict=True) if name]
    return bool(among) and sum(among) * 2 > len(among)
