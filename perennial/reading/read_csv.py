"""Reads one CSV as the schema says: vectorised where all is well, row by row only where something is not."""

import functools
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from perennial.errors import FileRefused
from perennial.reading import cells, csv_records, row_rules
from perennial.reading.cells import rows_where
from perennial.reading.csv_masks import unmasked, unmasked_column
from perennial.reading.csv_text import (
    FOOTER_MARK,
    Footer,
    cut_footer,
    is_blank,
    is_no_row,
    text_of,
    without_initial_spaces,
)
from perennial.reading.partitions import partitioned
from perennial.reading.quarantine import BEFORE, EXTRA
from perennial.reading.reading import (
    FOOTER,
    BadRow,
    ExportFormat,
    Fault,
    Placed,
    Placement,
    Read,
    bad_rows_of,
    place,
    read_columns,
    read_of,
)

UNEVEN = "expected {expected} cells, got {width}"
NOT_CLEARED = "a row from quarantine with a value in _extra"
# What stands in _extra of a row that had too few cells, so that it, too, has to be looked at.
CELLS_MISSING = b"(cells are missing)"
STRAY_QUOTE = "a quoted cell with text after its closing quote"

_DELIMITERS = {";": "a semicolon", "\t": "a tab", "|": "a vertical bar", ",": "a comma"}
_HEADER_BYTES = 1 << 20
_BLOCK_BYTES = 4 << 20
# Rows that are split one by one take some 250 bytes each beside their text.
_MOST_RECORDS = 5_000_000


@dataclass(frozen=True)
class _Tokens:
    """A CSV split into cells: the wanted columns of the rows that could be split, and the others."""

    table: pa.Table
    uneven: list[BadRow]
    good: list[csv_records.Record] | None


@partitioned
def read_csv(path: Path, export: ExportFormat) -> Read:
    """Reads a CSV, plain or gzip, with a header line.

    Args:
        path: The file.
        export: Its columns, label, time column, delimiter, and cap.

    Returns:
        The typed good rows and the bad ones, with the physical lines at which their records start.

    Raises:
        FileRefused: the file cannot be read without loss.
    """
    return read_text(path.name, text_of(path, export), export)


def read_text(file: str, data: bytes, export: ExportFormat, lines_before: int = 0) -> Read:
    """Reads the text of a CSV with a header line, as `read_csv` does.

    Args:
        file: The file's name, for messages.
        data: UTF-8 without marks.
        export: As of `read_csv`.
        lines_before: How many lines of the file are left out between the header and the first row.
    """
    if export.written.skipinitialspace:
        data = without_initial_spaces(data, export.written.delimiter)
    header = header_of(file, data, export)
    footer = Footer()
    # A quarantine that is put back has no footer, whatever the files have that its rows come from.
    if export.written.skipfooter and header[: len(BEFORE)] != BEFORE:
        data, footer = cut_footer(file, data, export.written)
    placement = _with_extra(place(file, header, export), header)
    tokens = _tokenise(file, data, header, placement, export, lines_before)
    read = read_columns(
        export,
        tokens.table.num_rows,
        lambda column, rule: (
            cells.from_text(column.name, rule, tokens.table[column.name])
            if column.name in placement.positions
            else None
        ),
    )
    faults = read.faults + row_rules.row_faults(read.table, export, read.faults)
    if EXTRA in tokens.table.column_names:
        faults = _not_cleared(tokens.table[EXTRA], faults)
    bad = tokens.uneven
    if faults:
        if tokens.good is None:
            tokens = _tokenise_slowly(file, data, header, placement, export, lines_before)
        bad = tokens.uneven + _described(data, header, tokens, faults, export)
        bad.sort(key=lambda row: row.line)
    bad = [*bad, *footer.rows(len(header), export.written.delimiter)]
    if not export.written.dialect.is_plain:
        bad = [unmasked(row, export.written.dialect) for row in bad]
    placed = Placed(header, placement.ignored, placement.absent)
    return read_of(read._replace(faults=faults), bad, export, placed)


def _with_extra(placement: Placement, header: tuple[str, ...]) -> Placement:
    """The placement with the column where a quarantine keeps what a row had too much, if it is there."""
    if EXTRA not in placement.ignored:
        return placement
    return replace(placement, positions={**placement.positions, EXTRA: header.index(EXTRA)})


def _not_cleared(extra: pa.ChunkedArray, faults: list[Fault]) -> list[Fault]:
    """The faults of a quarantine that was put back, with its rows that still have something in `_extra`."""
    footer = rows_where(pc.starts_with(extra, pattern=FOOTER_MARK.decode()))
    of_footer = set(footer)
    other = [row for row in rows_where(pc.is_valid(extra)) if row not in of_footer]
    return [
        *(fault for fault in faults if fault.row not in of_footer),
        *(Fault(row, EXTRA, NOT_CLEARED) for row in other),
        *(Fault(row, "", FOOTER) for row in footer),
    ]


def header_of(file: str, data: bytes, export: ExportFormat) -> tuple[str, ...]:
    """The names in the header of a CSV's text.

    Raises:
        FileRefused: there is no header, or it is not split as it should be.
    """
    delimiter = export.written.delimiter
    data = data[:_HEADER_BYTES]
    if export.written.skipinitialspace:
        data = without_initial_spaces(data, delimiter)
    nonblank = (
        (record, texts)
        for record, texts in csv_records.records(data, delimiter)
        if not is_blank(data[record.start : record.end], delimiter, width=2)
    )
    first = next(nonblank, None)
    if first is None:
        raise FileRefused(f"{file}: the file has no header and no rows.", "Export the file again.")
    record, _ = first
    try:
        value = export.written.dialect.value
        names = tuple((value(name) or b"").decode("utf-8") for name in csv_records.as_bytes(first[1]))
    except UnicodeDecodeError:
        raise FileRefused(f"{file}: the header is not UTF-8.", "Export it as UTF-8.") from None
    is_known = export.name_of(names[0]) in {column.name for column in export.columns}
    if record.width == 1 and len(export.columns) > 1 and not is_known:
        line = data[record.start : record.end]
        others = [what for mark, what in _DELIMITERS.items() if mark != delimiter and mark.encode() in line]
        hint = f"; the line holds {' and '.join(others)}" if others else ""
        raise FileRefused(
            f"{file}: the header is not split by {_DELIMITERS.get(delimiter, 'the delimiter')}{hint}.",
            "Set `delimiter` in the use case to that of the export.",
        )
    return names


def _tokenise(
    file: str,
    data: bytes,
    header: tuple[str, ...],
    placement: Placement,
    export: ExportFormat,
    lines_before: int,
) -> _Tokens:
    if csv_records.quoting_is_regular(data, export.written.delimiter):
        table = _split(data, len(header), placement, export)
        if table is not None and not _may_have_blank_rows(table):
            return _Tokens(table.slice(1), [], None)
    return _tokenise_slowly(file, data, header, placement, export, lines_before)


def _may_have_blank_rows(table: pa.Table) -> bool:
    """Whether all the cells of a row are missing, so that its line may be one of delimiters alone."""
    if not all(column.null_count for column in table.columns):
        return False
    return bool(rows_where(functools.reduce(pc.and_, [pc.is_null(column) for column in table.columns])))


def _tokenise_slowly(
    file: str,
    data: bytes,
    header: tuple[str, ...],
    placement: Placement,
    export: ExportFormat,
    lines_before: int,
) -> _Tokens:
    """Splits the file with csv.reader too, to know lines and raw text and take out what cannot be split."""
    quoting = csv_records.Quoting(export.written.delimiter)
    regular = csv_records.quoting_is_regular(data, export.written.delimiter)
    good: list[csv_records.Record] = []
    uneven: list[BadRow] = []
    kept: list[bytes] = []
    for number, (raw_record, texts) in enumerate(csv_records.records(data, export.written.delimiter)):
        record = raw_record._replace(line=raw_record.line + lines_before if number else raw_record.line)
        if number > _MOST_RECORDS:
            raise FileRefused(
                f"{file}: a file with unreadable rows may have at most {_MOST_RECORDS:,} rows; it has more.",
                "Export it in smaller files.",
            )
        raw = data[record.start : record.end]
        if is_no_row(raw, len(header), export, is_header=not kept):
            continue
        well_formed = regular or quoting.is_well_formed(raw)
        if well_formed and record.width == len(header):
            good.append(record)
            kept.append(raw)
            continue
        if not well_formed and record.end == len(data) and quoting.is_open(raw):
            raise FileRefused(
                f"{file}: a quoted cell of the record on line {record.line} is never closed.",
                "The file is truncated or a quote is missing; export it again.",
            )
        row_cells = quoting.cells(raw) if well_formed else csv_records.as_bytes(texts)
        uneven.append(_uneven_row(record, row_cells, len(header), well_formed, export.written.delimiter))
    table = _split(b"".join(kept), len(header), placement, export)
    if table is None or table.num_rows != len(good):
        raise FileRefused(
            f"{file}: the quoting is ambiguous: two CSV readers split the file into different rows.",
            "Quote every cell with a quote, delimiter or line break, then export it again.",
        )
    return _Tokens(table.slice(1), uneven, good[1:])


def _uneven_row(
    record: csv_records.Record,
    row_cells: tuple[bytes | None, ...],
    expected: int,
    well_formed: bool,
    delimiter: str,
) -> BadRow:
    reason = UNEVEN.format(width=record.width, expected=expected) if well_formed else STRAY_QUOTE
    padding = (None,) * (expected - len(row_cells))
    rest = row_cells[expected:]
    extra = delimiter.encode().join(cell or b"" for cell in rest) if rest else CELLS_MISSING
    return BadRow(record.line, "", reason, row_cells[:expected] + padding, extra)


def _described(
    data: bytes, header: tuple[str, ...], tokens: _Tokens, faults: list[Fault], export: ExportFormat
) -> list[BadRow]:
    good = tokens.good or []
    quoting = csv_records.Quoting(export.written.delimiter)
    return bad_rows_of(
        faults,
        header,
        line_of=lambda row: good[row].line,
        cells_of=lambda row: quoting.cells(data[good[row].start : good[row].end]),
    )


def _split(data: bytes, width: int, placement: Placement, export: ExportFormat) -> pa.Table | None:
    """Lets pyarrow split the text, header included, into binary cells; None where a row has another width."""
    names = [f"{index}" for index in range(width)]
    wanted = {names[index]: name for name, index in placement.positions.items()}
    text = _arrow_memory(data)
    for block_bytes in (_BLOCK_BYTES, min(len(data) + 1, 2**31 - 1)):
        try:
            # open_csv: in pyarrow 10 each call of read_csv takes about 0.06 s more where TFX is loaded.
            reader = pa.csv.open_csv(
                text,
                read_options=pa.csv.ReadOptions(
                    column_names=names, use_threads=False, block_size=block_bytes
                ),
                parse_options=pa.csv.ParseOptions(
                    delimiter=export.written.delimiter, newlines_in_values=True
                ),
                convert_options=pa.csv.ConvertOptions(
                    check_utf8=False,
                    column_types={name: pa.binary() for name in names},
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=False,
                    null_values=[""],
                    include_columns=list(wanted),
                ),
            )
            table = reader.read_all()
        except pa.ArrowInvalid:
            # Its message quotes the row: not to be shown. Try again for a record longer than a block.
            continue
        table = table.rename_columns([wanted[name] for name in table.column_names])
        dialect = export.written.dialect
        if dialect.is_plain:
            return table
        columns = [unmasked_column(column, dialect) for column in table.columns]
        return pa.table(columns, names=table.column_names)
    return None


def _arrow_memory(data: bytes) -> pa.Buffer:
    """A copy in memory of Arrow's own: its read-ahead thread may hold the text until after Python has ended.

    If the thread then frees memory of Python's, the process aborts with exit code 134.
    """
    buffer = pa.allocate_buffer(len(data))
    memoryview(buffer).cast("B")[:] = data
    return buffer
