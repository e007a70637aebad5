"""Chooses a use case's settings from its table; they must work for 150 rows and for a million."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from commands.cutting.spans import TableSpan
from commands.new.plan import ColumnPlan, TablePlan
from commands.new.whole_spans import FEWEST_SHARE, typical_rows
from components.evaluator.settings import FEWEST_GROUPS
from components.window.cut import SpanSplit, cut
from perennial.errors import NodeFailed
from pipeline.span_names import SpanKind

ANCHOR_SHARE: Final = 0.02
# The share that the reader keeps for evaluation if rows have no time (convert.TAIL_SHARE).
TAIL_SHARE: Final = 0.2
_MOST_EVAL_ROWS: Final = 5000
_FEW_EVAL_ROWS: Final = 400
_LEAST_TRAIN_SHARE: Final = 0.7
_MOST_STOPPING_ROWS: Final = 20_000
_MOST_SLICES: Final = 3
_MOST_SLICE_VALUES: Final = 12
# Between fewer rows a distance is noise.
_LEAST_DRIFT_ROWS: Final = 100
# Of a table that is one span: the next file may be its increment of a day.
_FEWEST_SHARE_OF_TABLE: Final = 0.01
_MOST_MIN_ROWS_OF_TABLE: Final = 100
# A year of days, three of months.
_WINDOW_SPANS: Final[Mapping[SpanKind, int]] = {"day": 366, "month": 36, "number": 100}
_MOST_WINDOW_ROWS: Final = 5_000_000

Days = npt.NDArray[np.str_]


@dataclass(frozen=True)
class ChosenSettings:
    """The settings of the YAML that do not come from the columns.

    Attributes:
        max_bad_share: Of a span's rows.
        max_unlabelled_share: Of a span's rows.
        tail_days: Of a span.
        usual_rows: Rows of the span that a row is in, in the median of all rows: a span that is not complete
            hardly counts.
        min_rows: Of a span.
        drift_min_rows: Of two spans that are compared.
        spans: Of the window.
        eval_days: Days to evaluate on.
        eval_min_rows: Rows to evaluate on.
        stopping_days: Last training days, which decide the number of epochs.
        slices: Columns that define slices.
        anchor_margin: By how much the loss on the anchors may exceed the champion's.
        train_rows: Approximate number of rows to train on.
        eval_rows: Approximate number of rows to evaluate on.
    """

    max_bad_share: float
    max_unlabelled_share: float
    tail_days: int
    usual_rows: int
    min_rows: int
    drift_min_rows: int
    spans: int
    eval_days: int
    eval_min_rows: int
    stopping_days: int
    slices: tuple[str, ...]
    anchor_margin: float
    train_rows: int
    eval_rows: int


def settings_of(
    plan: TablePlan,
    days: Days | None,
    span_of_row: npt.NDArray[np.int64],
    label: npt.NDArray[np.float64] | None,
    *,
    bad_share: float,
    unlabelled_share: float,
) -> ChosenSettings:
    """Chooses the settings.

    Args:
        plan: The table.
        days: The day of each good row; None without a time column.
        span_of_row: The number of each good row's span.
        label: The label of each good row, if it is a number; None if it is text.
        bad_share: The largest share of bad rows in a span.
        unlabelled_share: The largest share of rows in a span that lack only the label.
    """
    rows = [span.rows for span in plan.spans]
    usual = typical_rows(plan.spans)
    tail_days = _tail_days(days, span_of_row, len(rows)) if days is not None else 7
    parts = _parts(days, span_of_row, plan.spans, tail_days)
    eval_days, eval_min_rows, train, judged = _evaluation(parts, plan.days)
    train_days = sum(part.days for part in train)
    spread = float(np.std(label)) if label is not None and plan.task.kind == "regression" else 0.0
    return ChosenSettings(
        max_bad_share=min(max(0.01, _up(2 * bad_share)), 0.95),
        max_unlabelled_share=max(0.5, _up(min(2 * unlabelled_share, (1 + unlabelled_share) / 2))),
        tail_days=tail_days,
        usual_rows=usual,
        min_rows=_min_rows(rows, usual),
        drift_min_rows=_drift_min_rows(rows),
        spans=_window(plan.span_kind, len(rows), usual),
        eval_days=eval_days,
        eval_min_rows=eval_min_rows,
        stopping_days=_stopping_days(days, train_days) if days is not None else 7,
        slices=_slices(plan.columns, sum(part.rows for part in judged)),
        anchor_margin=_nice(0.05 * spread) if spread else 0.01,
        train_rows=sum(part.rows for part in train),
        eval_rows=sum(part.rows for part in judged),
    )


def _min_rows(rows: Sequence[int], usual: int) -> int:
    """A tenth of the usual rows; of one span hardly any, as it says nothing of how large the next one is."""
    if len(rows) == 1:
        return min(max(1, _down(_FEWEST_SHARE_OF_TABLE * rows[0])), _MOST_MIN_ROWS_OF_TABLE)
    return max(1, _down(FEWEST_SHARE * usual))


def _drift_min_rows(rows: Sequence[int]) -> int:
    """Half of the rows of the smaller spans; of one span as few as a distance needs."""
    if len(rows) == 1:
        return _LEAST_DRIFT_ROWS
    return min(max(_LEAST_DRIFT_ROWS, _down(float(np.quantile(rows, 0.1)) / 2)), 5000)


def _window(kind: SpanKind, spans: int, usual: int) -> int:
    """The window's spans: the table's, and those to come until the rows are many; two at least."""
    most = min(_WINDOW_SPANS[kind], _MOST_WINDOW_ROWS // usual)
    return max(spans, most, 2)


def _tail_days(days: Days, span_of_row: npt.NDArray[np.int64], spans: int) -> int:
    """How many last days of a span hold a fifth of its rows, in most of the spans."""
    needed = []
    for number in range(spans):
        present = days[span_of_row == number].astype("datetime64[D]").astype(np.int64)
        if len(present):
            ago = np.sort(present.max() - present)
            needed.append(int(ago[min(len(ago) - 1, math.ceil(len(ago) * TAIL_SHARE))]) + 1)
    return max(1, int(np.median(needed)))


def _parts(
    days: Days | None, span_of_row: npt.NDArray[np.int64], spans: Sequence[TableSpan], tail_days: int
) -> list[SpanSplit]:
    """Approximate rows of each span to train and to evaluate on: the anchors' hash is not computed."""
    kept = 1 - ANCHOR_SHARE
    parts = []
    for number, span in enumerate(spans):
        if days is None:
            tail = int(span.rows * TAIL_SHARE)
            parts.append(SpanSplit(span.name, "head", int(span.rows * kept) - tail, None, None, 0, 0.0))
            parts.append(SpanSplit(span.name, "tail", tail, None, None, 0, 0.0))
            continue
        here = days[span_of_row == number]
        if not len(here):
            continue
        numbers = here.astype("datetime64[D]").astype(np.int64)
        is_tail = numbers > numbers.max() - tail_days
        for split, mask in (("head", ~is_tail), ("tail", is_tail)):
            if mask.any():
                present = np.unique(here[mask])
                rows = int(mask.sum() * kept)
                first, last = str(present[0]), str(present[-1])
                parts.append(
                    SpanSplit(
                        span.name, "head" if split == "head" else "tail", rows, first, last, len(present), 0.0
                    )
                )
    return parts


def _evaluation(parts: list[SpanSplit], days: int) -> tuple[int, int, list[SpanSplit], list[SpanSplit]]:
    """Days and rows to evaluate on: a tenth of both, and less if too little would be left to train on.

    At least as many days as an interval needs. For small tables it is up to a fifth of the rows; a part
    chosen by hash may have a few less.
    """
    total = sum(part.rows for part in parts)
    eval_days = min(7, max(FEWEST_GROUPS, days // 10)) if days else 1
    small = _FEW_EVAL_ROWS if days else 0
    eval_rows = max(1, min(_MOST_EVAL_ROWS, _down(max(total / 10, min(total / 5, small)))))
    while True:
        try:
            train, judged, _ = cut(parts, eval_days, eval_rows)
        except NodeFailed:
            train, judged = [], []
        learned = sum(part.rows for part in train)
        if learned >= _LEAST_TRAIN_SHARE * total or (eval_days == 1 and eval_rows == 1):
            return eval_days, eval_rows, train, judged
        eval_days, eval_rows = max(1, eval_days - 1), max(1, _down(0.8 * eval_rows))


def _stopping_days(days: Days, train_days: int) -> int:
    """How many of the last training days have a tenth of the training rows, or 20,000."""
    _, rows = np.unique(days, return_counts=True)
    rows = rows[:train_days] if train_days else rows
    wanted = min(rows.sum() / 10, _MOST_STOPPING_ROWS)
    enough = np.flatnonzero(np.cumsum(rows[::-1]) >= wanted)
    most = max(1, len(rows) // 3)
    return min(most, int(enough[0]) + 1 if len(enough) else 1)


def _slices(columns: Sequence[ColumnPlan], rows: int) -> tuple[str, ...]:
    """Categories with few values: first those with the most rows per value."""
    fit = [
        column
        for column in columns
        if column.role == "category" and 2 <= column.distinct <= _MOST_SLICE_VALUES and rows > 0
    ]
    return tuple(column.name for column in sorted(fit, key=lambda each: each.distinct)[:_MOST_SLICES])


def _down(value: float) -> int:
    """The next lower number of one or two figures: 1234 becomes 1200."""
    whole = int(value)
    if whole < 10:
        return whole
    step = 10 ** (len(str(whole)) - 2)
    return whole // step * step


def _up(share: float) -> float:
    """A share, in hundredths upwards."""
    return math.ceil(round(share * 100, 9)) / 100


def _nice(value: float) -> float:
    """Two figures of a number."""
    return float(f"{value:.2g}")
