"""Whether a file ends with lines that are no rows, such as a total."""

import re
from dataclasses import dataclass
from fractions import Fraction

import pyarrow as pa
import pyarrow.compute as pc

from perennial.errors import FileRefused
from perennial.reading.csv_format import CsvFormat
from perennial.reading.csv_text import cut_footer
from perennial.reading.read_csv import CELLS_MISSING
from perennial.reading.reading import Read

_MOST_LINES = 8
_TOTAL = re.compile(
    r"(?:grand |sub)?totals?\b|totale?n?\b|(?:sum|sums|summe|somme|suma|average|mean)\b|gesamt|mittelwert"
    r"|итого|合计",
    re.IGNORECASE,
)
# How a note begins, rather than a row.
_NOTE = re.compile(r"[(#*\[]|[^:]*:|note|source|quelle", re.IGNORECASE)
_DIGITS = re.compile(r"[+-]?[0-9]+")


@dataclass(frozen=True)
class End:
    """The lines at a file's end that are no rows, sentences about them, and what has to be fixed."""

    lines: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def end_of(data: bytes, read: Read, delimiter: str) -> End:
    """Looks at the last lines of a file.

    Args:
        data: Its text.
        read: All its columns, as text.
        delimiter: Between its cells.
    """
    uneven = {row.line: row for row in read.bad if not row.column}
    last_row = read.table.num_rows - 1
    kinds: list[str] = []
    lines: list[int] = []
    for count in range(1, _MOST_LINES + 1):
        try:
            _, cut = cut_footer("", data, CsvFormat(delimiter, skipfooter=count))
        except FileRefused:
            break
        line = cut.lines[0].number
        if line in uneven:
            cells = [(cell or b"").decode("utf-8", "replace").strip() for cell in uneven[line].cells]
            is_total = _TOTAL.match(next(filter(None, cells), "")) is not None
            if not is_total and uneven[line].extra != CELLS_MISSING:
                break
            if not is_total and not kinds and _is_torn(cells, read):
                torn = f"The last line (line {line}) is an incomplete row; the file may be truncated:"
                return End(problems=(f"{torn} export it again, or remove the line.",))
            kinds.append("a total" if is_total else "a note")
        elif last_row >= 0 and _is_total(read.table, last_row):
            last_row -= 1
            kinds.append("a total")
        else:
            break
        lines.append(line)
    if not lines:
        return End()
    lines.reverse()
    if len(lines) == 1:
        note = f"The last line (line {lines[0]}) is {kinds[0]}, not a row: it is skipped."
    else:
        note = (
            f"The last {len(lines)} lines (from line {lines[0]}) are {' and '.join(sorted(set(kinds)))}, not"
            " rows: they are skipped."
        )
    return End(tuple(lines), (note,))


def _is_torn(cells: list[str], read: Read) -> bool:
    """Whether a short line begins as rows do: with several cells, or with a number where they have one."""
    if len(list(filter(None, cells))) > 1 and not _NOTE.match(cells[0]):
        return True
    first = read.table.column(0)
    sample = [(cell or b"").decode("utf-8", "replace") for cell in first.slice(0, 20).to_pylist()]
    filled = [cell for cell in sample if cell]
    if not filled or not cells[0]:
        return False
    numeric = all(cell[:1].isdigit() for cell in filled)
    return numeric and cells[0].isdigit()


def _is_total(table: pa.Table, row: int) -> bool:
    """Whether a row says that it is a total, or is the sum of those above it."""
    cells = [(column[row].as_py() or b"").decode("utf-8", "replace").strip() for column in table.columns]
    filled = [cell for cell in cells if cell]
    if not filled:
        return False
    for column, cell in zip(table.columns, cells, strict=True):
        if _TOTAL.match(cell):
            alone = _TOTAL.sub("", cell).strip(" :.") == ""
            once = int(pc.sum(pc.equal(column, cell.encode())).as_py() or 0) == 1
            return once and (alone or len(filled) < len(cells))
    if len(filled) == len(cells) or row < 2:
        return False
    above = table.slice(0, row)
    sums = [_is_sum(column, cell) for column, cell in zip(above.columns, cells, strict=True) if cell]
    usual = [column.null_count == 0 for column, cell in zip(above.columns, cells, strict=True) if not cell]
    return all(sums) and any(usual)


def _is_sum(column: pa.ChunkedArray, cell: str) -> bool:
    """Whether a cell is the exact sum of the integers above it, which are not all 0."""
    if (
        not _DIGITS.fullmatch(cell)
        or not pc.all(pc.match_substring_regex(column, r"\A[+-]?[0-9]{1,15}\z")).as_py()
    ):
        return False
    total = pc.sum(column.cast(pa.string()).cast(pa.int64())).as_py()
    return bool(total) and Fraction(total) == Fraction(cell)
