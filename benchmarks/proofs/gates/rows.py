"""Rows of a table as its file has them: chosen, put into another order, damaged, and written again."""

import csv
import gzip
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from commands.new.sniffing.sniff import sniff
from commands.new.source import written_as
from perennial.reading.csv_format import CsvFormat

Order = npt.NDArray[np.int64]


@dataclass(frozen=True)
class FileRows:
    """The rows of one file: lines of a CSV as they are written, or a frame of Parquet.

    Attributes:
        suffix: Of the file's name.
        names: The columns.
        lines: Of a CSV: each row as written; None of Parquet.
        frame: Of Parquet; None of a CSV.
        header: Of a CSV: its first line.
        footer: Of a CSV: what follows the rows.
        delimiter: Of a CSV.
        encoding: Of a CSV.
        dates: Column -> how its dates are written, where that is not ISO.
    """

    suffix: str
    names: tuple[str, ...]
    lines: Sequence[bytes] | None = None
    frame: pd.DataFrame | None = None
    header: bytes = b""
    footer: bytes = b""
    delimiter: str = ","
    encoding: str = "utf-8"
    dates: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.lines) if self.lines is not None else len(self._frame)

    def take(self, rows: Order) -> "FileRows":
        """Some rows, in the given order."""
        if self.lines is not None:
            return replace(self, lines=[self.lines[row] for row in rows])
        return replace(self, frame=self._frame.iloc[rows])

    def twice(self) -> "FileRows":
        """Each row twice."""
        return self.take(np.repeat(np.arange(len(self)), 2))

    def write(self, path: Path) -> Path:
        """Writes them as the file was; gives the path."""
        path.parent.mkdir(parents=True, exist_ok=True)
        if self.lines is None:
            self._frame.to_parquet(path, index=False)
        else:
            path.write_bytes(b"".join([self.header, *self.lines, self.footer]))
        return path

    def cells(self) -> pd.DataFrame:
        """The rows as a frame: text of a CSV, values of Parquet."""
        if self.lines is None:
            return self._frame.copy()
        text = b"".join(self.lines).decode(self.encoding)
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter))
        return pd.DataFrame(rows, columns=list(self.names), dtype=object)

    def with_cells(self, cells: pd.DataFrame) -> "FileRows":
        """The same file with other cells, of the same columns or fewer."""
        names = tuple(map(str, cells.columns))
        if self.lines is None:
            return replace(self, names=names, frame=cells)
        header, *lines = (self._line(each) for each in [names, *cells.itertuples(index=False, name=None)])
        return replace(self, names=names, header=header, lines=lines)

    def order_of_time(self, column: str) -> tuple[Order, npt.NDArray[np.str_]]:
        """The rows ordered by time, and the day of each in that order."""
        times = pd.to_datetime(self.cells()[column], format=self.dates.get(column))
        order = np.argsort(times.to_numpy(), kind="stable")
        return order, times.dt.strftime("%Y-%m-%d").to_numpy().astype(str)[order]

    @property
    def _frame(self) -> pd.DataFrame:
        if self.frame is None:
            raise ValueError("these are rows of a CSV")
        return self.frame

    def _line(self, cells: Sequence[object]) -> bytes:
        out = io.StringIO(newline="")
        csv.writer(out, delimiter=self.delimiter, lineterminator="\n").writerow(cells)
        return out.getvalue().encode(self.encoding)


def rows_of(path: Path) -> FileRows:
    """The rows of a person's file without blank lines."""
    sniffed = sniff(path)
    return rows_in([path], written_as(sniffed), sniffed.dates)


def rows_in(paths: Sequence[Path], written: CsvFormat, dates: Mapping[str, str]) -> FileRows:
    """The rows of files of one format without blank lines; the footer is that of the last one.

    Args:
        paths: CSV (plain or gzip), or one Parquet file.
        written: How a CSV is written.
        dates: Column -> how its dates are written.
    """
    if paths[0].suffix == ".parquet":
        frame = pd.concat([pd.read_parquet(path) for path in paths])
        return FileRows(".parquet", tuple(frame.columns), frame=frame)
    rows: list[bytes] = []
    header, footer = b"", b""
    for path in paths:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
        header, *lines = _lines(content, written.delimiter)
        body = lines[: len(lines) - written.skipfooter]
        rows += body
        footer = b"".join(lines[len(body) :])
    reader = csv.reader([header.decode(written.encoding)], delimiter=written.delimiter)
    return FileRows(
        ".csv",
        tuple(next(reader)),
        lines=rows,
        header=header,
        footer=footer,
        delimiter=written.delimiter,
        encoding=written.encoding,
        dates=dates,
    )


def _lines(content: bytes, delimiter: str) -> list[bytes]:
    """Each record with its line's end; a line's end in quotes is part of a record."""
    records: list[bytes] = []
    unfinished = b""
    for line in content.splitlines(keepends=True):
        unfinished += line
        if unfinished.count(b'"') % 2 == 0:
            if unfinished.strip(b" \r\n" + delimiter.encode()):
                records.append(unfinished if unfinished.endswith(b"\n") else unfinished + b"\n")
            unfinished = b""
    return records
