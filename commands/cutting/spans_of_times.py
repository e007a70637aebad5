"""Which span each row belongs to, by its time; also where the format of the times changes with the spans."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from commands.cutting.spans import SpanRule
from perennial.errors import FileRefused
from perennial.reading import arrow_cells
from perennial.reading.dates import days_of, hours_of
from perennial.reading.reading import ExportFormat
from pipeline.cell_settings import first_in_force

# No span's name: of rows whose time cannot be read.
UNDATED: Final = ""
# Characters of a date without a time of day.
_DATE: Final = 10


@dataclass(frozen=True)
class SpansOfTimes:
    """How times go to spans.

    Attributes:
        rule: How days go to spans.
        formats: The span from which on the times are written so (None: before all others) -> how files from
            it on are read; oldest first.
    """

    rule: SpanRule
    formats: Mapping[str | None, ExportFormat]

    def first_of(self, span: str) -> str | None:
        """The span from which on the format is in force that a span has; None: from the first on."""
        return first_in_force(self.formats, span, self.rule.kind)

    def named(self, file: str, times: pa.Array | pa.ChunkedArray) -> list[str]:
        """The span of each row; that of the row before it (of the first ones: after it) without a time.

        A text can be a time in the formats of several spans. It is read in the one that is in force in the
        span to which this gives it.

        Args:
            file: Its name, for messages.
            times: Cells of the time column. Shape (rows,).

        Returns:
            `UNDATED` for all rows where no time can be read.

        Raises:
            FileRefused: That holds for several readings of a time, or for none of those that it has; or spans
                are hours, and a time has none.
        """
        cells = times if isinstance(times, pa.ChunkedArray) else pa.chunked_array([times])
        readings = {first: self._spans(file, cells, export) for first, export in self.formats.items()}
        if len(readings) == 1:
            (spans,) = readings.values()
        else:
            spans = self._agreed(file, readings)
        first = next((span for span in spans if span), UNDATED)
        filled: list[str] = []
        for span in spans:
            filled.append(span or (filled[-1] if filled else first))
        return filled

    def _spans(self, file: str, cells: pa.ChunkedArray, export: ExportFormat) -> list[str]:
        """The span of each time by one format; `UNDATED` where it is none."""
        column = next(column for column in export.columns if column.name == export.time_column)
        read = arrow_cells.from_arrow(column.name, export.rule_of(column), cells)
        in_part = hours_of(read.values) if self.rule.needs_hours else days_of(read.values)
        times = pc.fill_null(in_part, "").to_pylist()
        if self.rule.needs_hours and any(len(time) == _DATE for time in set(times)):
            row = next(row for row, time in enumerate(times, 1) if len(time) == _DATE)
            raise FileRefused(
                f"{file}: `{column.name}`: row {row:,} has a date without a time of day, and spans are"
                " hours.",
                "Export times such as 2013-01-15 06:30:00, name the span with --span, or set"
                " `exports.span: day`.",
            )
        by_time = {time: self.rule.span_of(time) if _is_day(time[:_DATE]) else UNDATED for time in set(times)}
        return [by_time[time] for time in times]

    def _agreed(self, file: str, readings: Mapping[str | None, Sequence[str]]) -> list[str]:
        """The span of each row that is written in the format of this span."""
        choices = [*zip(*readings.values(), strict=True)]
        by_choice = {choice: self._chosen(readings, choice) for choice in set(choices)}
        spans = [by_choice[choice] for choice in choices]
        unclear = [row for row, span in enumerate(spans, 1) if span is None]
        if unclear:
            column = next(iter(self.formats.values())).time_column
            raise FileRefused(
                f"{file}: `{column}`: the span of {len(unclear):,} rows is not clear, first that of row"
                f" {unclear[0]:,}: its format changes with the spans (`from`), and their times are of"
                " several spans, or of a span that has another format.",
                "Put the rows of each span into a file of its own, and name the span with --span.",
            )
        return [span for span in spans if span is not None]

    def _chosen(self, readings: Mapping[str | None, Sequence[str]], choice: Sequence[str]) -> str | None:
        """The one span whose format gives it; `UNDATED` where all readings are; else None."""
        if not any(choice):
            return UNDATED
        held = {
            span
            for first, span in zip(readings, choice, strict=True)
            if span and self.first_of(span) == first
        }
        return held.pop() if len(held) == 1 else None


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
