"""Which spans of a table are whole: its first or last one may hold a few days of a month only."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from commands.cutting.spans import SpanRule, TableSpan, spans_of
from commands.new.source import Source
from components.data_gate.row_count import judge_row_count
from components.data_gate.settings import GateSettings

Days = npt.NDArray[np.str_]

# A span with a smaller share of the usual rows is blocked even where nothing is there to compare it with.
FEWEST_SHARE: Final = 0.1


def typical_rows(spans: Sequence[TableSpan]) -> int:
    """The rows of the span that the median row is in: a span of a few rows hardly counts."""
    rows = np.sort([span.rows for span in spans])
    return int(rows[np.searchsorted(np.cumsum(rows), rows.sum() / 2)])


def not_whole(spans: Sequence[TableSpan]) -> list[TableSpan]:
    """The first and the last span, if it has far fewer rows than the others, as the data gate judges."""
    if len(spans) < 2:
        return []
    typical = typical_rows(spans)
    first = spans[0]
    partial = [first] if first.rows < FEWEST_SHARE * typical else []
    *before, last = spans[1:] if partial else spans
    counts = [(span.name, span.rows) for span in before]
    unusual, _ = judge_row_count(last.name, last.rows, counts, GateSettings())
    if before and last.rows < typical and (unusual or last.rows < FEWEST_SHARE * typical):
        partial.append(last)
    return partial


def without_partial(
    source: Source, days: Days | None, rule: SpanRule, name: str
) -> tuple[Source, Days | None, tuple[str, ...]]:
    """The table without the rows of spans that are not whole, and a sentence about each of these.

    They would be blocked, the newest with every run; when it is whole, `land` hands it in.

    Args:
        source: The table.
        days: The day of each row; None without a time column.
        rule: How days go to spans.
        name: Of the use case.
    """
    if days is None:
        return source, days, ()
    spans = spans_of(days, source.table.num_rows, rule)
    partial = not_whole(spans)
    if not partial:
        return source, days, ()
    names = {span.name for span in partial}
    by_day = {str(day): rule.span_of(str(day)) not in names for day in np.unique(days)}
    kept = np.array([by_day[str(day)] for day in days])
    sentences = tuple(
        f"Span {span.name} is not written: it has {span.rows:,} rows, the others have about"
        f" {typical_rows(spans):,}, so it may not be whole. When it is, run `land {name} FILE`."
        for span in partial
    )
    return replace(source, table=source.table.filter(pa.array(kept))), days[kept], sentences
