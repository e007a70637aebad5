"""What a CSV, or several of one header, turned out to be."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from components.arrow_example_gen.columns import Column, Kind
from components.arrow_example_gen.csv_format import CsvFormat
from components.arrow_example_gen.csv_records import records
from components.arrow_example_gen.csv_text import is_blank, text_of
from components.arrow_example_gen.read_csv import read_csv
from components.arrow_example_gen.reading import DEFAULT_MAX_BYTES, FOOTER, BadRow, ExportFormat
from components.arrow_example_gen.source_files import content
from pipeline.config import Exports
from pipeline.errors import FileRefused
from pipeline.sniffing import calendar, evidence
from pipeline.sniffing.calendar import Dates
from pipeline.sniffing.encodings import Encoding, encoding_of
from pipeline.sniffing.evidence import Numbers, Values
from pipeline.sniffing.footer import end_of
from pipeline.sniffing.layout import MARKS, Layout, layout_of

_MARK_NAMES = {" ": "a space", "\u00a0": "a space", "\u202f": "a narrow space"}


@dataclass
class Found:
    """What is known so far; the fields are those of `Sniffed`."""

    columns: tuple[str, ...] = ()
    rows: int = 0
    exports: dict[str, Any] = field(default_factory=dict)
    kinds: dict[str, Kind] = field(default_factory=dict)
    dates: dict[str, str] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def written(self) -> CsvFormat:
        """How the files are written, as far as is known."""
        return Exports(**self.exports).csv_format


@dataclass(frozen=True)
class _Column:
    name: str
    cells: pa.ChunkedArray
    values: Values
    numbers: Numbers


def sniff_delimited(files: Sequence[Path]) -> Found:
    """Looks at all of the files; at the first thing that hides the rest, it stops."""
    found = Found()
    try:
        layout = _text(files, found)
        if layout is None or found.problems:
            return found
        table, starts = _split(files, layout, found)
        if found.problems or not table.num_rows:
            return found
        where = _Places(files, starts, found)
        columns = [_column(name, table[name]) for name in table.column_names]
        _numbers(columns, found, where)
        _missing(columns, found)
        _dates(columns, found, where)
        _texts(columns, found)
        _proof(files, found)
    except FileRefused as refusal:
        found.problems.append(f"{refusal.problem} {refusal.remedy}")
    return found


def _text(files: Sequence[Path], found: Found) -> Layout | None:
    """Encoding and layout, which all the files must share."""
    layouts: list[Layout] = []
    encodings: dict[str, tuple[Path, Encoding]] = {}
    for path in files:
        data = content(path, DEFAULT_MAX_BYTES)
        # Refuses what is no text before an encoding is looked for.
        text_of(
            path,
            ExportFormat((), written=CsvFormat(encoding="latin-1" if data[:2] not in _WIDE else "utf-16")),
        )
        encoding = encoding_of(data)
        if encoding.name != "utf-8" or not data.isascii():
            encodings.setdefault(encoding.name, (path, encoding))
        text = data if encoding.name == "utf-8" else data.decode(encoding.name, "replace").encode()
        layouts.append(layout_of(text.removeprefix(b"\xef\xbb\xbf")))
    if {"latin-1", "cp1252"} == set(encodings):
        del encodings["latin-1"]
    if len(encodings) > 1:
        told = ", ".join(f"{path.name}: {name}" for name, (path, _) in encodings.items())
        found.problems.append(
            f"The files are in several encodings ({told}): write them all in one, best UTF-8."
        )
        return None
    for name, (_, encoding) in encodings.items():
        if name != "utf-8":
            found.exports["encoding"] = name
            found.said.append(encoding.said)
    return _one_layout(files, layouts, found)


_WIDE = (b"\xff\xfe", b"\xfe\xff")


def _one_layout(files: Sequence[Path], layouts: Sequence[Layout], found: Found) -> Layout:
    first = layouts[0]
    for path, layout in zip(files, layouts, strict=True):
        prefix = f"{path.name}: " if len(files) > 1 else ""
        found.problems += [prefix + problem for problem in layout.problems]
        if not layout.problems and (layout.names, layout.delimiter) != (first.names, first.delimiter):
            found.problems.append(
                f"{path.name} and {files[0].name} have other headers, or other delimiters: give all files the same."
            )
    found.columns = tuple(dict.fromkeys(name for name in first.names if name))
    if first.delimiter != ",":
        found.exports["delimiter"] = first.delimiter
        hint = ", as its first line says" if first.hinted else ""
        found.said.append(
            f"Cells are separated by {MARKS.get(first.delimiter, repr(first.delimiter))}{hint}."
        )
    if first.spaced:
        found.exports["skipinitialspace"] = True
        found.said.append("A space follows each delimiter: it is no part of the cell.")
    if not found.problems and len(found.columns) < 2:
        found.problems.append(
            "Only one column was found: cells are expected to be separated by , ; | or a tab."
        )
    return first


def _split(files: Sequence[Path], layout: Layout, found: Found) -> tuple[pa.Table, list[int]]:
    """All rows as text; the footer, if there is one, is known from here on."""
    columns = tuple(Column(name, "string", required=True) for name in found.columns)
    reads = [read_csv(path, ExportFormat(columns, written=found.written)) for path in files]
    ends = []
    for path, read in zip(files, reads, strict=True):
        data = text_of(path, ExportFormat((), written=found.written))
        ends.append(end_of(data, read, layout.delimiter))
        prefix = f"{path.name}: " if len(files) > 1 else ""
        found.problems += [prefix + problem for problem in ends[-1].problems]
    skip = {len(end.lines) for end in ends}
    if len(skip) > 1:
        found.problems.append(
            "Some of the files end with lines that are no rows, such as a total, and some do not: remove them."
        )
    elif skip != {0}:
        found.exports["skipfooter"] = skip.pop()
        found.said += ends[0].said
        reads = [read_csv(path, ExportFormat(columns, written=found.written)) for path in files]
    _said_of_layout(files, layout, found)
    starts = [0]
    for read in reads[:-1]:
        starts.append(starts[-1] + read.table.num_rows)
    whole = pa.concat_tables([read.table for read in reads])
    found.rows = whole.num_rows
    if not whole.num_rows and not found.problems:
        found.problems.append("There is a header and no row below it that has its width.")
    return whole, starts


def _said_of_layout(files: Sequence[Path], layout: Layout, found: Found) -> None:
    nameless = [at for at, name in enumerate(layout.names) if not name]
    if nameless:
        places = ", ".join(str(at + 1) for at in nameless)
        what = (
            "the row numbers that pandas writes"
            if nameless == [0]
            else "such as what follows a delimiter at a line's end"
        )
        found.said.append(f"Column {places} has no name ({what}): it is left out.")
    blank = [(path, line) for path in files for line in _blank_lines(path, found.written)]
    if blank:
        found.said.append(
            f"{_count(len(blank), 'line')} without any cell (line {blank[0][1]} first): no rows, and read over."
        )


def _blank_lines(path: Path, written: CsvFormat) -> Iterator[int]:
    """The lines that hold nothing, or delimiters alone; none is looked for inside quotes."""
    data = text_of(path, ExportFormat((), written=written)).rstrip()
    if b'"' in data:
        return
    mark = re.escape(written.delimiter.encode())
    for match in re.finditer(rb"(?m)^(?:" + mark + rb"| |\t)*\r?$", data):
        line = 1 + data.count(b"\n", 0, match.start())
        if line > 1 or not match.group():
            yield line


def _column(name: str, cells: pa.ChunkedArray) -> _Column:
    values = evidence.values_of(cells)
    return _Column(name, cells, values, evidence.numbers_of(values))


class _Places:
    """Where a value stands: file and line, for sentences."""

    def __init__(self, files: Sequence[Path], starts: Sequence[int], found: Found) -> None:
        self._files, self._starts, self._found = files, starts, found

    def of(self, column: _Column, value: bytes) -> str:
        """`line 17`, or `part.csv, line 17` where there are several files."""
        row = pc.index(column.cells, pa.scalar(value, pa.binary())).as_py()
        at = max(index for index, start in enumerate(self._starts) if start <= row)
        written = self._found.written
        data = text_of(self._files[at], ExportFormat((), written=written))
        line = _line_of(data, written.delimiter, row - self._starts[at])
        return f"{self._files[at].name}, line {line}" if len(self._files) > 1 else f"line {line}"


def _line_of(data: bytes, delimiter: str, row: int) -> int:
    """The line of a row, counted among the rows of the header's width."""
    width, seen = 0, -1
    for record, _ in records(data, delimiter):
        if is_blank(data[record.start : record.end], delimiter, 2):
            continue
        width = width or record.width
        seen += record.width == width
        if seen == row + 1:
            return record.line
    return 0


def _numbers(columns: Sequence[_Column], found: Found, where: _Places) -> None:
    marks = evidence.marks_of([column.numbers for column in columns])
    decimal, thousands = marks
    if decimal != ".":
        found.exports["decimal"] = decimal
    if thousands is not None:
        found.exports["thousands"] = thousands
    if marks != (".", None):
        told = "1" + (thousands or "") + "234" + decimal + "56"
        group = f", with {_MARK_NAMES[thousands]} between the thousands" if thousands in _MARK_NAMES else ""
        found.said.append(f"Numbers are written {told}{group}.")
        if decimal == "." and thousands and _could_be_decimals(columns, thousands):
            found.said.append(
                f"No number has more than one `{thousands}`, each before three digits: they are read as thousands;"
                f" set `decimal: '{thousands}'` and no `thousands` if they are decimals."
            )
    for column in columns:
        numbers = column.numbers
        found.kinds[column.name] = evidence.kind_of(column.values, numbers, marks)
        if found.kinds[column.name] != "string" or not numbers.cells:
            continue
        other = next((one for one in evidence.MARKS if numbers.is_number(one)), None)
        if numbers.is_number(marks) and evidence.is_code(column.values):
            found.said.append(
                f"Column `{column.name}` holds codes (digits with a 0 before them): kept as text."
            )
        elif other and not numbers.is_number(marks):
            odd = evidence.unlike(column.values, marks)
            found.problems.append(
                f"Column `{column.name}` writes its numbers in another way than the other columns"
                f" ({where.of(column, odd)}): write all of them in one way."
            )
        elif (
            other is None and numbers.like >= evidence.MOSTLY * numbers.cells and _in_two_ways(column, marks)
        ):
            odd = evidence.unlike(column.values, marks)
            found.problems.append(
                f"Column `{column.name}` has numbers written in more than one way ({where.of(column, odd)} is not"
                f" as most of them): write all of them in one way."
            )


def _in_two_ways(column: _Column, marks: tuple[str, str | None]) -> bool:
    together = max(column.numbers.read.values())
    return (
        together > 0
        and sum(column.numbers.read[one] for one in ((".", None), (",", None)))
        >= evidence.MOSTLY * column.numbers.cells
    )


def _could_be_decimals(columns: Sequence[_Column], thousands: str) -> bool:
    """Whether no number tells thousands from decimals."""
    if thousands not in ",.":
        return False
    mark = re.escape(thousands)
    told = rf"{mark}[0-9]{{3}}{mark}|{mark}.*\.|\..*{mark}"
    return not any(
        column.values.matching(told).any() for column in columns if column.numbers.is_number((".", thousands))
    )


def _missing(columns: Sequence[_Column], found: Found) -> None:
    words: Counter[str] = Counter()
    for column in columns:
        is_text = found.kinds[column.name] == "string" and not evidence.looks_dated(column.values)
        words.update(evidence.markers_in(column.values, is_text))
    for word in words:
        count = sum(column.values.count_of(word) for column in columns)
        found.said.append(f"`{word}` ({_count(count, 'cell')}) counts as missing.")
    if words:
        found.exports["na_values"] = list(words)


def _dates(columns: Sequence[_Column], found: Found, where: _Places) -> None:
    dated = {
        column.name: (column, dates)
        for column in columns
        if (found.kinds[column.name] != "float") and (dates := calendar.dates_of(column.cells, column.values))
    }
    decided = {
        calendar.day_first(dates.written)
        for _, dates in dated.values()
        if dates.evidence is not None and not dates.rival
    }
    for name, (column, dates) in dated.items():
        if found.kinds[name] == "int" and not calendar.is_certain(dates):
            continue
        chosen, why = _order(dates, decided, found)
        found.kinds[name] = "string"
        found.dates[name] = chosen
        if dates.fitting < evidence.MOSTLY * dates.cells:
            odd = where.of(column, dates.odd[0].as_py())
            found.problems.append(
                f"Column `{name}` has dates written in several ways: most are {calendar.in_words(chosen)}, and"
                f" {odd} is not. Write all of them in one way."
            )
            continue
        if not dates.is_iso:
            found.exports.setdefault("date_format", {})[name] = chosen
            if not why and dates.evidence is not None:
                why = _evidence(dates.evidence, chosen, where.of(column, dates.evidence))
            found.said.append(f"Column `{name}` is written {calendar.in_words(chosen)}{why}.")


def _evidence(value: bytes, written: str, place: str) -> str:
    numbers = re.findall(rb"[0-9]+", value)
    parts = [part for part in re.findall("%(.)", written) if part in "Yymd"]
    at = parts.index("d")
    if at < len(numbers) and len(numbers) >= len(parts):
        return f": {place} has a {int(numbers[at])} in the {('first', 'second', 'third')[at]} place"
    return ""


def _order(dates: Dates, decided: set[bool], found: Found) -> tuple[str, str]:
    """Day or month first, where a column leaves it open; and what to say of it."""
    if not dates.rival:
        return dates.written, ""
    if dates.sorted_by:
        return dates.sorted_by, ": read so, the rows are in order, and the other way round they are not"
    ways = {calendar.day_first(one): one for one in (dates.written, dates.rival)}
    if len(decided) == 1:
        return ways[next(iter(decided))], ", as the other dates of the file are; its own cells leave it open"
    day_first = "." in dates.written or found.exports.get("delimiter") == ";" or "decimal" in found.exports
    return ways[day_first], (
        ": a choice, for no cell has a day above 12 that would tell it from the month; mend `date_format` if it is"
        " the other way round"
    )


def _texts(columns: Sequence[_Column], found: Found) -> None:
    for column in columns:
        if found.kinds[column.name] != "string" or column.name in found.dates:
            continue
        share = column.numbers.like / column.numbers.cells if column.numbers.cells else 0.0
        if evidence.is_code(column.values):
            continue
        if share < evidence.MOSTLY and evidence.is_spaced(column.values):
            found.problems.append(f"Column `{column.name}` has spaces around its numbers: remove them.")
        elif share < evidence.MOSTLY and evidence.is_signed(column.values):
            found.said.append(
                f"Column `{column.name}` has a sign such as $, € or % beside its numbers: it is read as text."
                " Remove the signs if it shall be a number."
            )
        elif 0.5 < share < evidence.MOSTLY:
            found.said.append(
                f"Column `{column.name}` has numbers in {share:.0%} of its cells and other text in the rest: it is"
                " read as text."
            )


def _proof(files: Sequence[Path], found: Found) -> None:
    """Reads all of it as `run` will, and says what will go to quarantine."""
    columns = tuple(Column(name, kind, required=False) for name, kind in found.kinds.items())
    export = ExportFormat(columns, written=found.written)
    bad: list[tuple[Path, BadRow]] = []
    found.rows = 0
    missing: Counter[str] = Counter()
    for path in files:
        read = read_csv(path, export)
        found.rows += read.table.num_rows
        bad += [(path, row) for row in read.bad if row.reason != FOOTER]
        missing.update({name: read.table[name].null_count for name in read.table.column_names})
    found.missing = {name: missing[name] for name in found.kinds}
    told: dict[tuple[str, str], list[tuple[Path, BadRow]]] = {}
    for path, row in bad:
        told.setdefault((row.column, row.reason.split("; ")[0]), []).append((path, row))
    sentences = []
    for (column, reason), rows in sorted(told.items(), key=lambda item: -len(item[1]))[:5]:
        path, first = rows[0]
        place = f"{path.name}, line {first.line}" if len(files) > 1 else f"line {first.line}"
        which = f"column `{column}`: " if column else ""
        sentences.append(f"{_count(len(rows), 'row')} cannot be read ({which}{reason}; first on {place}).")
    if len(bad) > Exports().max_bad_share * (found.rows + len(bad)):
        found.problems += [f"{one[:-1]}: mend the cells, or take them out." for one in sentences]
    else:
        found.said += [f"{one[:-1]}: they will go to quarantine." for one in sentences]


def _count(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
