"""What is known of a file so far, and where in it a value is."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from commands.new.sniffing import evidence
from commands.new.sniffing.evidence import Numbers, Values
from perennial.reading.csv_format import CsvFormat
from perennial.reading.csv_records import records
from perennial.reading.csv_text import is_blank, text_of
from perennial.reading.reading import BadRow, ExportFormat
from pipeline.config_sections import ExportsSection
from serving.reading.cells import OUT_OF_RANGE, TOO_LARGE
from serving.reading.values import Kind

# So large a share of bad rows is for the quarantine; a larger one has a cause that a person should fix.
MOST_BAD: Final = 0.02
_TOO_LARGE: Final = (OUT_OF_RANGE, TOO_LARGE)


@dataclass
class FileProfile:
    """What is known of a file so far; the fields are those of `Sniffed`."""

    columns: tuple[str, ...] = ()
    rows: int = 0
    exports: dict[str, Any] = field(default_factory=dict)
    kinds: dict[str, Kind] = field(default_factory=dict)
    dates: dict[str, str] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def written(self) -> CsvFormat:
        """How the files are written, as far as is known."""
        return ExportsSection(**self.exports).csv_format


@dataclass(frozen=True)
class TextColumn:
    """A column as text, its distinct values, these without spaces around them, and these as numbers."""

    name: str
    cells: pa.ChunkedArray
    values: Values
    trimmed: Values
    numbers: Numbers

    @property
    def missing(self) -> int:
        """How many cells are missing if it is one of numbers."""
        return len(self.cells) - self.numbers.cells

    def row_of(self, value: bytes) -> int:
        """The first row that holds a value, from 0."""
        return int(pc.index(self.cells, pa.scalar(value, self.cells.type)).as_py())


def text_column(name: str, cells: pa.ChunkedArray) -> TextColumn:
    """A column, looked at."""
    values = evidence.values_of(cells)
    trimmed = values.trimmed()
    return TextColumn(name, cells, values, trimmed, evidence.numbers_of(trimmed))


class Places:
    """Where a value is: file and line, for sentences."""

    def __init__(self, files: Sequence[Path], starts: Sequence[int], profile: FileProfile) -> None:
        """Takes the files, the first row of each in the table, and how they are written."""
        self._files, self._starts, self._profile = files, starts, profile

    def of(self, column: TextColumn, value: bytes) -> str:
        """`line 17`, or `part.csv, line 17` where there are several files."""
        row = column.row_of(value)
        at = max(index for index, start in enumerate(self._starts) if start <= row)
        written = self._profile.written
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


def leave_out_large(bad: Sequence[BadRow], profile: FileProfile) -> bool:
    """Leaves out the column whose numbers are beyond int64 or float32 in more rows than quarantine is for.

    No model could take them, and the other columns can be read without it.

    Args:
        bad: The rows that cannot be read.
        profile: Loses the column.

    Returns:
        Whether there is one.
    """
    large = Counter(row.column for row in bad if row.reason.split("; ")[0] in _TOO_LARGE)
    for name, rows in large.most_common(1):
        if len(profile.kinds) > 1 and rows > MOST_BAD * (profile.rows + len(bad)):
            del profile.kinds[name]
            profile.columns = tuple(column for column in profile.columns if column != name)
            profile.notes.append(
                f"Column `{name}` is left out: {count(rows, 'number')} in it are too large for a model"
                f" (beyond int64 or float32)."
            )
            return True
    return False


def count(number: int, what: str) -> str:
    """`1 cell`, `2 cells`."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
