"""Where a finding is concentrated: the rows of one value of another column, such as origin = EWR, or nowhere.

Each candidate is compared with the other rows of its day; the same comparison on the days before says by
how much it differs without a finding. One is named only if it goes beyond all of these, of all candidates.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

from perennial.drift.day_summaries import DayTable, TextDays
from perennial.drift.joint import JointModel
from perennial.drift.kinds import TIE
from perennial.drift.orders import SEGMENT_DAYS
from perennial.drift.sample_rows import Floats, Places, sample_rows
from perennial.drift.segment_rows import is_value, per_row

Flags = npt.NDArray[np.bool_]

# So many of the days before are needed.
_LEAST_DAYS: Final = 20
# A candidate has so many rows in the sample of the judged days, and on so many days before.
_LEAST_ROWS: Final = 5
# So many values of a column are candidates, the most frequent.
_MOST_VALUES: Final = 30
# It must be so many times what the days before reached, and in so many robust deviations.
_BEYOND: Final = 1.25
_LEAST_Z: Final = 5.0
# The others moved at most this share of what it did, beside their own noise.
_OTHERS: Final = 0.5
_SHRINK: Final = 2.0
_NEARLY_ALL: Final = 0.75


@dataclass(frozen=True)
class Segment:
    """Rows of one value of a column.

    Attributes:
        column: The column.
        value: The value. It is data: not for logs.
        share: Of the judged days' sampled rows, how many are in it.
        inside: How far the measure moved in it, in the measure's unit (of numbers the column's own).
        outside: How far it moved in the other rows.
        times: How many times the most that the days before reached.
        days: How many days before were compared with: by chance one is named in at most one of so many.
    """

    column: str
    value: bytes
    share: float
    inside: float
    outside: float
    times: float
    days: int

    @property
    def text(self) -> str:
        """As `origin=EWR`; what is no UTF-8 is replaced."""
        return f"{self.column}={self.value.decode(errors='replace')}"


def segment_of(
    days: DayTable,
    reference: DayTable,
    column: str,
    measure: str,
    since: date,
    *,
    detail: bytes = b"",
    model: JointModel | None = None,
) -> Segment | None:
    """Where a finding is concentrated.

    Args:
        days: The judged days; those from `since` on count.
        reference: Days before; at most 84 count, the newest, and at least 20 are needed.
        column: Of the finding; empty for the number of rows, of which counts are exact.
        measure: Its kind, as `Measure.kind`, or `TIE`.
        since: The day since when.
        detail: Of the kinds `value` and `mix`: the value whose share moved.
        model: Needed for `TIE`.

    Returns:
        The segment; None: not concentrated, or too few rows or days to say.
    """
    start = np.datetime64(since, "D")
    now = days.only(days.days >= start)
    before = reference.only((reference.days < start) & ~np.isin(reference.days, now.days))
    before = before.only(np.arange(len(before.days)) >= len(before.days) - SEGMENT_DAYS)
    if not len(now.days) or len(before.days) < _LEAST_DAYS:
        return None
    if not column:
        candidates = _of_counts(now, before)
    else:
        candidates = _of_rows(now, before, column, measure, detail, model)
    return _best(list(candidates), len(before.days))


@dataclass(frozen=True)
class _Candidate:
    """A segment, with by how much it differs from the others: in all judged days, and on each day before.

    The `error` is that of `effect` by the judged rows alone: where they vary more than those of the days
    before, as after a broken join, any few of them differ from the others.
    """

    segment: Segment
    contrast: float
    history: Floats
    effect: float
    rows: float
    error: float

    @property
    def moved(self) -> float:
        return self.effect * self.rows

    @property
    def centre(self) -> float:
        return float(np.nanmedian(self.history))

    @property
    def scale(self) -> float:
        away = np.abs(self.history - self.centre)
        return float(max(1.4826 * np.nanmedian(away), np.nanquantile(away, 0.9) / 1.6449, 1e-9))

    @property
    def z(self) -> float:
        return (self.contrast - self.centre) / self.scale


def _best(candidates: list[_Candidate], days: int) -> Segment | None:
    if not candidates:
        return None
    past = np.stack([np.abs(each.history - each.centre) / each.scale for each in candidates])
    most = float(np.nanmax(past))
    limit = max(_LEAST_Z, _BEYOND * most)
    beyond = [each for each in candidates if abs(each.z) >= limit and each.effect >= _LEAST_Z * each.error]
    if not beyond:
        return None
    # Of several that overlap, those that hold nearly all that moved; of these the one in which it moved most.
    whole = max(each.moved for each in beyond)
    best = max((each for each in beyond if each.moved >= _NEARLY_ALL * whole), key=lambda each: each.effect)
    segment = best.segment
    if abs(segment.outside) > _OTHERS * abs(segment.inside):
        return None
    return replace(segment, times=float(abs(best.z) / max(most, 1e-9)), days=days)


def _of_counts(now: DayTable, before: DayTable) -> Iterator[_Candidate]:
    """Of the number of rows: each value's own, exact, against its share of what is expected."""
    expected = float(np.median(before.rows))
    total = float(now.rows.mean()) - expected
    for name, summary in now.columns.items():
        earlier = before.columns.get(name)
        if not isinstance(summary, TextDays) or not isinstance(earlier, TextDays):
            continue
        values = [each for each in earlier.values][:]
        order = np.argsort(-earlier.counts.sum(axis=0), kind="stable")[:_MOST_VALUES]
        places = {value: place for place, value in enumerate(summary.values)}
        for place in order:
            value, past = values[place], earlier.counts[:, place].astype(np.float64)
            if np.median(past) < _LEAST_ROWS or summary.beyond.sum() + earlier.beyond.sum() > 0:
                continue
            own = summary.counts[:, places[value]] if value in places else np.zeros(len(now.days), np.int64)
            moved = float(own.mean() - np.median(past))
            segment = Segment(
                name, value, float(own.sum() / max(now.rows.sum(), 1)), moved, total - moved, 0.0, 0
            )
            history = _share_root(past, before.rows)
            contrast = float(
                _share_root(np.array([own.sum()], np.float64), np.array([now.rows.sum()], np.int64))[0]
            )
            yield _Candidate(segment, contrast, history, abs(moved), 1.0, 0.0)


def _share_root(count: Floats, rows: npt.NDArray[np.int64]) -> Floats:
    return np.asarray(np.arcsin(np.sqrt(np.clip((count + 0.375) / (rows + 0.75), 0, 1))))


def _of_rows(
    now: DayTable, before: DayTable, column: str, measure: str, detail: bytes, model: JointModel | None
) -> Iterator[_Candidate]:
    most = model.most if model is not None and measure == TIE else None
    rows, past = sample_rows(now, most), sample_rows(before, most)
    values, earlier = (
        per_row(part, table, column, measure, detail, past, model)
        for part, table in ((rows, now), (past, before))
    )
    if values is None or earlier is None or not len(rows.day) or not len(past.day):
        return
    # Days together are one: a finding is of all days since.
    together = np.zeros(len(rows.day), np.intp)
    for name, texts in rows.texts.items():
        if name == column or name not in past.texts:
            continue
        counted = texts.drop_null().value_counts()
        counts = counted.field("counts").to_numpy()
        for place in np.argsort(-counts, kind="stable")[:_MOST_VALUES]:
            if counts[place] < _LEAST_ROWS:
                break
            value = counted.field("values")[int(place)].as_py()
            yield from _candidate(
                name,
                value,
                is_value(texts, value),
                is_value(past.texts[name], value),
                values,
                earlier,
                together,
                past.day,
            )


def _candidate(
    name: str,
    value: bytes,
    is_own: Flags,
    was_own: Flags,
    values: Floats,
    earlier: Floats,
    day: Places,
    past_day: Places,
) -> Iterator[_Candidate]:
    inside, outside, own, others = (each[0] for each in _means(values, day, is_own, 1))
    was_inside, was_outside, was_count, _ = _means(earlier, past_day, was_own, int(past_day.max()) + 1)
    usable = (was_count >= _LEAST_ROWS) & np.isfinite(was_inside) & np.isfinite(was_outside)
    if own < _LEAST_ROWS or others < _LEAST_ROWS or usable.sum() < _LEAST_DAYS:
        return
    history = np.where(usable, _shrunk(was_inside - was_outside, was_count), np.nan)
    contrast = float(_shrunk(np.array([inside - outside]), np.array([own]))[0])
    moved_in = float(inside - np.median(was_inside[usable]))
    usual_gap = float(np.median((was_inside - was_outside)[usable]))
    moved_out = float(outside - np.median(was_outside[usable]))
    noise = float(1.4826 * np.median(np.abs(was_outside[usable] - np.median(was_outside[usable]))))
    # What the others moved within their own noise is no movement; the segment moved with them.
    extra = (inside - outside) - usual_gap
    rest = float(np.sign(moved_out) * max(abs(moved_out) - 2 * noise, 0.0))
    moved = extra + rest if noise > 0 else moved_in
    segment = Segment(name, value, float(own / (own + others)), moved, rest, 0.0, 0)
    error = float(np.nanstd(values) * np.sqrt(1 / own + 1 / others))
    yield _Candidate(segment, contrast, history, abs(extra), float(own), error)


def _shrunk(contrast: Floats, count: Floats) -> Floats:
    """Contrasts of few rows count less, on all days alike."""
    return np.asarray(contrast * np.sqrt(count / (count + _SHRINK)))


def _means(values: Floats, day: Places, is_own: Flags, days: int) -> tuple[Floats, Floats, Floats, Floats]:
    """By day: the mean in the segment and outside of it, and how many rows each has; shapes (days,)."""
    present = np.isfinite(values)
    filled = np.where(present, values, 0.0)
    sums, counts = [], []
    for mask in (present & is_own, present & ~is_own):
        sums.append(np.bincount(day[mask], filled[mask], days))
        counts.append(np.bincount(day[mask], minlength=days).astype(np.float64))
    with np.errstate(invalid="ignore", divide="ignore"):
        return sums[0] / counts[0], sums[1] / counts[1], counts[0], counts[1]
