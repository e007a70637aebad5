"""Profiles a CSV, or several with one header."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from commands.new.sniffing.contents import find_columns
from commands.new.sniffing.dialects import dialect_of, in_words
from commands.new.sniffing.encodings import Encoding, encoding_of
from commands.new.sniffing.file_profile import (
    FileProfile,
    Places,
    count,
    leave_out_large,
    text_column,
)
from commands.new.sniffing.folders import keys_of
from commands.new.sniffing.footer import end_of
from commands.new.sniffing.layout import MARKS, CsvLayout, layout_of
from commands.new.sniffing.number_guesses import report_numbers
from commands.new.sniffing.unreadable import report_unreadable
from perennial.errors import FileRefused
from perennial.reading.columns import Column
from perennial.reading.csv_format import CsvFormat
from perennial.reading.csv_masks import masked
from perennial.reading.csv_text import text_of
from perennial.reading.read_csv import read_csv
from perennial.reading.reading import DEFAULT_MAX_BYTES, FOOTER, ExportFormat, Read
from perennial.reading.source_files import content
from serving.reading.csv_dialect import CsvDialect


def sniff_delimited(files: Sequence[Path], label: str = "") -> FileProfile:
    """Looks at all of the files; at the first thing that hides the rest, it stops."""
    profile = FileProfile()
    try:
        layout = _text(files, profile)
        if layout is None or profile.problems:
            return profile
        table, starts = _split(files, layout, profile)
        if profile.problems or not table.num_rows:
            return profile
        columns = [text_column(name, table[name]) for name in table.column_names]
        find_columns(columns, profile, Places(files, starts, profile), label)
        _proof(files, profile)
    except FileRefused as refusal:
        profile.problems.append(f"{refusal.problem} {refusal.remedy}")
    return profile


def _text(files: Sequence[Path], profile: FileProfile) -> CsvLayout | None:
    """Encoding and layout, which all the files must share."""
    texts: list[bytes] = []
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
        texts.append(text.removeprefix(b"\xef\xbb\xbf"))
    if {"latin-1", "cp1252"} == set(encodings):
        del encodings["latin-1"]
    if len(encodings) > 1:
        listed = ", ".join(f"{path.name}: {name}" for name, (path, _) in encodings.items())
        profile.problems.append(
            f"The files have different encodings ({listed}): write all in one, preferably UTF-8."
        )
        return None
    for name, (_, encoding) in encodings.items():
        if name != "utf-8":
            profile.exports["encoding"] = name
            profile.notes.append(encoding.note)
    dialect = _one_dialect(files, texts, profile)
    layouts = [
        layout_of(masked(path.name, text, profile.written), dialect)
        for path, text in zip(files, texts, strict=True)
    ]
    return _one_layout(files, layouts, profile)


def _one_dialect(files: Sequence[Path], texts: Sequence[bytes], profile: FileProfile) -> CsvDialect:
    """How cells are quoted and escaped; where a file has nothing that tells, it is as the others."""
    dialects = {
        dialect: path
        for path, text in zip(files, texts, strict=True)
        if not (dialect := dialect_of(text)).is_plain
    }
    if not dialects:
        return CsvDialect()
    if len(dialects) > 1:
        listed = " ".join(f"{path.name}: {in_words(dialect)}" for dialect, path in dialects.items())
        profile.problems.append(f"The files are quoted in different ways: use the same for all. {listed}")
    dialect = next(iter(dialects))
    profile.exports["delimiter"] = dialect.delimiter
    for key, usual in (("quotechar", '"'), ("escapechar", None), ("escape_unquoted", True)):
        if getattr(dialect, key) != usual:
            profile.exports[key] = getattr(dialect, key)
    profile.notes.append(in_words(dialect))
    return dialect


_WIDE = (b"\xff\xfe", b"\xfe\xff")


def _one_layout(files: Sequence[Path], layouts: Sequence[CsvLayout], profile: FileProfile) -> CsvLayout:
    first = layouts[0]
    for path, layout in zip(files, layouts, strict=True):
        prefix = f"{path.name}: " if len(files) > 1 else ""
        profile.problems += [prefix + problem for problem in layout.problems]
        if not layout.problems and not first.problems:
            profile.problems += _differing(path, layout, files[0], first)
    named = [name for name in first.names if name]
    profile.columns = tuple(dict.fromkeys([*named, *keys_of(files, profile)]))
    profile.exports.pop("delimiter", None)
    if first.delimiter != ",":
        profile.exports["delimiter"] = first.delimiter
        hint = ", as its first line says" if first.hinted else ""
        profile.notes.append(
            f"Cells are separated by {MARKS.get(first.delimiter, repr(first.delimiter))}{hint}."
        )
    if first.spaced:
        profile.exports["skipinitialspace"] = True
        profile.notes.append("A space follows each delimiter: it is not part of the cell.")
    if not profile.problems and len(profile.columns) < 2:
        profile.problems.append("The file has only one column: separate cells with , ; | or a tab.")
    return first


def _differing(path: Path, layout: CsvLayout, other: Path, first: CsvLayout) -> list[str]:
    """What a file has that the first one has not; the order of their columns may differ."""
    if layout.delimiter != first.delimiter:
        return [f"{path.name} and {other.name} have different delimiters: use the same for all."]
    if odd := sorted(set(layout.names) ^ set(first.names)):
        what = f"{path.name} and {other.name} have different columns"
        return [f"{what} (`{odd[0]}` is in one only): use the same for all."]
    return []


def _split(files: Sequence[Path], layout: CsvLayout, profile: FileProfile) -> tuple[pa.Table, list[int]]:
    """All rows as text; the footer, if there is one, is known from here on."""
    columns = tuple(Column(name, "string", required=True) for name in profile.columns)
    reads = [read_csv(path, ExportFormat(columns, written=profile.written)) for path in files]
    ends = []
    for path, read in zip(files, reads, strict=True):
        data = text_of(path, ExportFormat((), written=profile.written))
        ends.append(end_of(data, read, layout.delimiter))
        prefix = f"{path.name}: " if len(files) > 1 else ""
        profile.problems += [prefix + problem for problem in ends[-1].problems]
    skip = {len(end.lines) for end in ends}
    if len(skip) > 1:
        profile.problems.append(
            "Some of the files end with lines that are not rows, such as a total, and others do not: remove"
            " these lines."
        )
    elif skip != {0}:
        profile.exports["skipfooter"] = skip.pop()
        profile.notes += ends[0].notes
        reads = [read_csv(path, ExportFormat(columns, written=profile.written)) for path in files]
    _note_layout(files, layout, profile)
    starts = [0]
    for read in reads[:-1]:
        starts.append(starts[-1] + read.table.num_rows)
    whole = pa.concat_tables([read.table for read in reads])
    profile.rows = whole.num_rows
    if not whole.num_rows and not profile.problems:
        profile.problems.append("No row below the header has as many cells as the header.")
    return whole, starts


def _note_layout(files: Sequence[Path], layout: CsvLayout, profile: FileProfile) -> None:
    nameless = [at for at, name in enumerate(layout.names) if not name]
    if nameless:
        places = ", ".join(str(at + 1) for at in nameless)
        what = (
            "the row numbers that pandas writes"
            if nameless == [0]
            else "such as after a delimiter at the end of a line"
        )
        profile.notes.append(f"Column {places} has no name ({what}): it is left out.")
    blank = [(path, line) for path in files for line in _blank_lines(path, profile.written)]
    if blank:
        are = "is" if len(blank) == 1 else "are"
        profile.notes.append(
            f"{count(len(blank), 'empty line')} {are} ignored (the first is line {blank[0][1]})."
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


def _reads(files: Sequence[Path], profile: FileProfile) -> list[Read]:
    columns = tuple(Column(name, kind, required=False) for name, kind in profile.kinds.items())
    return [read_csv(path, ExportFormat(columns, written=profile.written)) for path in files]


def _proof(files: Sequence[Path], profile: FileProfile) -> None:
    """Reads all of it as `run` will, and says what will go to quarantine."""
    reads = _reads(files, profile)
    while leave_out_large([row for read in reads for row in read.bad], profile):
        reads = _reads(files, profile)
    profile.rows = sum(read.table.num_rows for read in reads)
    bad = [
        (path, row)
        for path, read in zip(files, reads, strict=True)
        for row in read.bad
        if row.reason != FOOTER
    ]
    profile.missing = {name: sum(read.table[name].null_count for read in reads) for name in profile.kinds}
    table = pa.concat_tables([read.table for read in reads])
    report_numbers(dict(zip(table.column_names, table.columns, strict=True)), profile)
    report_unreadable(
        bad,
        profile,
        lambda path, row: f"{path.name}, line {row.line}" if len(files) > 1 else f"line {row.line}",
    )
