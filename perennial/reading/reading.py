"""What every reader is told and gives back, and the rules that all formats share."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perennial.errors import FileRefused, SchemaError
from perennial.reading.columns import Column
from perennial.reading.csv_format import CsvFormat
from perennial.reading.zones import ZoneCount
from perennial.task import Task
from serving.reading.cells import CellRule
from serving.reading.rules import several_names
from serving.reading.values import Kind

# Of the lines that `skipfooter` leaves out; they stand in the quarantine, and are no bad rows.
FOOTER = "a line of the footer, which is skipped"
ARROW_TYPES: dict[Kind, pa.DataType] = {"int": pa.int64(), "float": pa.float32(), "string": pa.binary()}
# Of one file, decompressed. Where rows have to be taken out one by one, reading takes up to ten times this.
DEFAULT_MAX_BYTES = 512 << 20


@dataclass(frozen=True)
class ExportFormat:
    """What the files of an export hold and how they are to be read.

    Attributes:
        columns: What the curated schema expects.
        label: Name of the column that no row may lack; "" where there is none.
        task: What the label is to be; None: any value will do.
        time_column: Name of the string column with the row's date or time; "" where there is none.
        written: How the files and their cells are written.
        max_bytes: A file that decompresses to more is refused.
        later_names: Names that columns were given after the version that scores was trained -> the schema's;
            a file with one is refused.
        keeps_empty_rows: Whether a line of delimiters alone is a row of a CSV, as in a request.
    """

    columns: tuple[Column, ...]
    label: str = ""
    task: Task | None = field(default=None, kw_only=True)
    time_column: str = ""
    written: CsvFormat = field(default_factory=CsvFormat)
    max_bytes: int = DEFAULT_MAX_BYTES
    later_names: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    keeps_empty_rows: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses a schema by which a column of dates would be a number.

        Raises:
            SchemaError: it is not BYTES.
        """
        for column in self.columns:
            if column.name in self.written.rules.date_format and column.kind != "string":
                raise SchemaError(
                    f"Column `{column.name}` has a `date_format` but is not BYTES in the schema.",
                    "Set it to BYTES: its dates are read as ISO text.",
                )

    def name_of(self, name: str) -> str:
        """The schema's name of a file's column: another one if it was renamed (`exports.rename`)."""
        return self.written.rules.rename.get(name, name)

    def rule_of(self, column: Column) -> CellRule:
        """How the cells of a column are read; the time column is always one of dates."""
        rules = self.written.rules
        if column.name == self.time_column and column.kind == "string":
            rules = rules.with_dates(column.name)
        return CellRule.of(column.name, column.kind, rules)


class Fault(NamedTuple):
    """One cell that cannot be read: its row in the table (from 0), its column and the kind of fault."""

    row: int
    column: str
    reason: str


class BadRow(NamedTuple):
    """A row for the quarantine.

    Attributes:
        line: Where its record starts: the physical line of a CSV (the header is on line 1), else the row's
            number from 1.
        column: The first column at fault in the file's order; "" where the row as a whole is.
        reason: The kinds of faults; no data values.
        cells: The cells as they came, in the file's own order; None for a missing one.
        extra: What came after the last column; None if nothing did.
    """

    line: int
    column: str
    reason: str
    cells: tuple[bytes | None, ...]
    extra: bytes | None = None


@dataclass(frozen=True)
class Read:
    """What one file holds.

    Attributes:
        table: The good rows in the file's order; one column for each of the schema, in its order, of type
            int64, float32 or binary; a missing value is null.
        bad: The rows for the quarantine, in the file's order.
        header: The names of the file's own columns, to which the cells of `bad` belong.
        ignored_columns: The file's columns that the schema does not have.
        absent_columns: Optional columns of the schema that the file does not have: all their values are
            missing.
        unlabelled: The rows that lack nothing but the label, in the file's order; they are neither in
            `table` nor in `bad`, because a later export may have it.
        zones: Column of dates -> how many of its times had a zone, bad rows among them.
    """

    table: pa.Table
    bad: list[BadRow]
    header: tuple[str, ...]
    ignored_columns: tuple[str, ...]
    absent_columns: tuple[str, ...]
    unlabelled: pa.Table
    zones: dict[str, ZoneCount]


class Placed(NamedTuple):
    """A file's header, its columns that the schema does not have, and the schema's that it does not have."""

    header: tuple[str, ...]
    ignored: tuple[str, ...]
    absent: tuple[str, ...]


@dataclass(frozen=True)
class Placement:
    """Where the schema's columns are in a file: `positions[name]` is an index into its header."""

    positions: dict[str, int]
    ignored: tuple[str, ...]
    absent: tuple[str, ...]


def place(file: str, header: Sequence[str], export: ExportFormat) -> Placement:
    """Finds the schema's columns in a file's header.

    Raises:
        FileRefused: a column of the schema is there twice, or one that every file must have is not.
    """
    _refuse_later_names(file, header, export)
    names = [export.name_of(name) for name in header]
    counts = Counter(names)
    wanted = {column.name for column in export.columns}
    for name in sorted(wanted):
        if counts[name] > 1:
            both = [each for each, column in zip(header, names, strict=True) if column == name]
            raise FileRefused(
                f"{file}: column `{name}` is in the header {counts[name]} times."
                if len(set(both)) == 1
                else f"{file}, column `{name}`: {several_names(both)}.",
                "Export each column once, or rename the other one.",
            )
    refuse_missing(file, {name for name in wanted if name not in counts}, header, export)
    return Placement(
        positions={name: index for index, name in enumerate(names) if name in wanted},
        ignored=tuple(name for name in dict.fromkeys(header) if export.name_of(name) not in wanted),
        absent=tuple(column.name for column in export.columns if column.name not in counts),
    )


def _refuse_later_names(file: str, header: Sequence[str], export: ExportFormat) -> None:
    for name in header:
        if name in export.later_names:
            own = export.later_names[name]
            raise FileRefused(
                f"{file}: the version does not know column `{name}`: it is from before `exports.rename` gave"
                f" `{own}` this name.",
                f"Name the column `{own}` in the table, or run `run`: a version of today knows the name.",
            )


def refuse_missing(file: str, missing: set[str], header: Sequence[str], export: ExportFormat) -> None:
    """Refuses a file that lacks a column it must have, or has no column of the schema at all."""
    needed = {column.name for column in export.columns if column.required} | {
        export.label,
        export.time_column,
    }
    lacking = [column.name for column in export.columns if column.name in missing & needed]
    if not lacking and len(missing) < len(export.columns):
        return
    names = ", ".join(repr(name) for name in lacking) if lacking else "every column of the schema"
    near = {name.strip().lower() for name in header} & {name.lower() for name in lacking}
    hint = " A name in the header differs only in case or spaces." if near else ""
    raise FileRefused(
        f"{file}: {names} {'are' if len(lacking) > 1 else 'is'} missing.{hint}",
        "Export the file with these columns and a header; if they are gone or have another name from now on,"
        " run `evolve NAME --from EXPORT`, which proposes the edit of the use case.",
    )


class ReadColumn(NamedTuple):
    """A column that was read.

    Attributes:
        values: int64, float32 or binary; null where missing or at fault.
        faults: What could not be read.
        zones: Of a column of dates: how many of its times had a zone.
    """

    values: pa.ChunkedArray
    faults: list[Fault]
    zones: ZoneCount = ZoneCount()


class ReadTable(NamedTuple):
    """All columns of the schema, read: null where missing or at fault.

    Attributes:
        table: int64, float32 or binary columns, in the schema's order.
        faults: What could not be read.
        zones: Column of dates -> how many of its times had a zone.
    """

    table: pa.Table
    faults: list[Fault]
    zones: dict[str, ZoneCount]


def read_columns(
    export: ExportFormat, rows: int, read: Callable[[Column, CellRule], ReadColumn | None]
) -> ReadTable:
    """Reads every column of the schema.

    Args:
        export: The columns.
        rows: How many there are.
        read: Reads one of them; None where the file does not have it, so that all its values are missing.
    """
    columns: list[pa.ChunkedArray] = []
    faults: list[Fault] = []
    zones: dict[str, ZoneCount] = {}
    for column in export.columns:
        one = read(column, export.rule_of(column)) or ReadColumn(missing_values(column.kind, rows), [])
        columns.append(one.values)
        faults += one.faults
        if one.zones != ZoneCount():
            zones[column.name] = one.zones
    return ReadTable(pa.table(columns, names=[column.name for column in export.columns]), faults, zones)


def missing_values(kind: Kind, rows: int) -> pa.ChunkedArray:
    """A column of `rows` missing values."""
    return pa.chunked_array([pa.nulls(rows, ARROW_TYPES[kind])])


def good_rows(table: pa.Table, bad_rows: Iterable[int]) -> pa.Table:
    """The table without the rows of these numbers."""
    keep = np.ones(table.num_rows, dtype=bool)
    keep[np.fromiter(bad_rows, dtype=np.int64)] = False
    return table if keep.all() else table.filter(pa.array(keep))


def read_of(read: ReadTable, bad: list[BadRow], export: ExportFormat, placed: Placed) -> Read:
    """What a file holds, from its typed rows of all kinds.

    Args:
        read: The rows, with the faults.
        bad: The rows at fault for the quarantine, with those that were never in the table.
        export: Names the label.
        placed: The file's header, and which columns it has too many or too few.
    """
    good = good_rows(read.table, (fault.row for fault in read.faults))
    unlabelled = good.slice(0, 0)
    if export.label and good[export.label].null_count:
        has_label = good[export.label].is_valid()
        unlabelled = good.filter(pc.invert(has_label))
        good = good.filter(has_label)
    return Read(good, bad, *placed, unlabelled, read.zones)


def bad_rows_of(
    faults: Iterable[Fault],
    header: Sequence[str],
    line_of: Callable[[int], int],
    cells_of: Callable[[int], tuple[bytes | None, ...]],
) -> list[BadRow]:
    """Gathers the faults of each row into one line of the quarantine.

    Args:
        faults: In any order.
        header: The file's columns; the first one at fault, in this order, names the row's `column`.
        line_of: Gives a row's line.
        cells_of: Gives a row's cells as they came.
    """
    order = {name: index for index, name in reversed(list(enumerate(header)))}
    by_row: dict[int, list[Fault]] = defaultdict(list)
    for fault in faults:
        by_row[fault.row].append(fault)
    bad = []
    for row in sorted(by_row):
        first, *others = sorted(by_row[row], key=lambda fault: order.get(fault.column, len(order)))
        reason = "; ".join([first.reason, *(f"{fault.column}: {fault.reason}" for fault in others)])
        bad.append(BadRow(line_of(row), first.column, reason, cells_of(row)))
    return bad
