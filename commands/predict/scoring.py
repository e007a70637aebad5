"""Scores the files of a table into one file, and counts scored and refused rows."""

import functools
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Any, Final, Literal

from commands.predict.answers import AnswerColumns
from commands.predict.csv_output import csv_output
from commands.predict.csv_table import CsvTable
from commands.predict.output import RefusedRows, refused_file
from commands.predict.parquet_table import ParquetTable, parquet_output
from commands.predict.progress import RowProgress
from commands.predict.rules import Rules
from commands.predict.scored_part import ScoredPart, in_order
from commands.predict.scoring_process import RowScorer
from perennial.errors import FileRefused
from perennial.partial_file import partial_file
from perennial.reading.partition_folders import name_in_table
from perennial.reading.reading import ExportFormat

Kind = Literal["csv", "parquet"]

_LISTED: Final = 5
_TABLES: Final = {"csv": CsvTable, "parquet": ParquetTable}


def score_files(
    files: Sequence[Path],
    kind: Kind,
    out: Path,
    rules: Rules,
    answers: AnswerColumns,
    export: ExportFormat,
    scorer: RowScorer,
) -> dict[str, Any]:
    """Scores files of one kind, with the same columns, into one.

    Returns:
        `rows`, `scored`, `refused`, `skipped` (lines of a footer), `seconds`, `output`, `refused_file` (None
        if no row was refused) and `reasons` (the most frequent: `column`, `reason`, `rows`).

    Raises:
        FileRefused: One of them cannot be read without loss, or has other columns; nothing is written.
        UsageError: One already has a column that `predict` adds.
        Unservable: The version cannot score rows.
    """
    counts = _Counts()
    beside = refused_file(out)
    open_table = functools.partial(_TABLES[kind], export=export, rules=rules, answers=answers)
    try:
        # The file that is opened first is renamed last: OUT appears after the file of refused rows.
        with (
            partial_file(out) as whole,
            partial_file(beside) as rest,
            _output(kind, whole, export, out) as output,
        ):
            refused = RefusedRows(rest, export.written)
            shape: tuple[str, ...] = ()
            for path in files:
                table: Any = open_table(path)
                shape = _same(shape, table.shape, path, files[0])
                output.begin(table)
                for part in in_order(table.parts(), functools.partial(table.score, scorer=scorer)):
                    output.write(part.scored)
                    refused.add(name_in_table(path), table.header, part.refused)
                    counts.add(part)
    finally:
        counts.progress.end()
    return counts.as_counts() | {
        "output": str(out),
        "refused_file": str(beside) if counts.refused else None,
        "reasons": counts.reasons(),
    }


class _Counts:
    """Counts of rows so far, with progress."""

    def __init__(self) -> None:
        self.progress = RowProgress()
        self.refused = 0
        self._skipped = 0
        self._reasons: Counter[tuple[str, str]] = Counter()

    def add(self, part: ScoredPart) -> None:
        """Counts a part."""
        self.refused += len(part.refused)
        self._skipped += part.skipped
        self._reasons.update((row.column, row.reason) for row in part.refused)
        self.progress.add(part.rows)

    def as_counts(self) -> dict[str, Any]:
        """The counts."""
        rows = self.progress.rows
        return {
            "rows": rows,
            "scored": rows - self.refused,
            "refused": self.refused,
            "skipped": self._skipped,
            "seconds": round(self.progress.seconds, 3),
        }

    def reasons(self) -> list[dict[str, Any]]:
        """The most frequent reasons."""
        return [
            {"column": column, "reason": reason, "rows": rows}
            for (column, reason), rows in self._reasons.most_common(_LISTED)
        ]


def _same(expected: tuple[str, ...], shape: tuple[str, ...], path: Path, first: Path) -> tuple[str, ...]:
    if expected and shape != expected:
        raise FileRefused(
            f"{path.name} does not have the same columns, in the same order, as {first.name}.",
            "Score files with different columns one by one.",
        )
    return shape


def _output(kind: Kind, whole: IO[bytes], export: ExportFormat, out: Path) -> AbstractContextManager[Any]:
    if kind == "parquet":
        return parquet_output(whole)
    return csv_output(whole, export.written, is_pressed=out.name.lower().endswith(".gz"))
