"""What is measured of each day: scalars of each column, on a scale on which their noise is about constant."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from perennial.drift.codings import Codings, NumberCoding, TextCoding
from perennial.drift.day_summaries import SHAPES, DayTable, NumberDays, TextDays
from perennial.drift.joint import JointModel
from perennial.drift.kinds import TIE

Floats = npt.NDArray[np.float64]

# Measures that are shares of rows; the others are in the unit of their column, or numbers of rows or values.
SHARES: Final = frozenset(
    {"missing", "rate", "outside", "unseen", "value", *(shape for shape in SHAPES if shape != "length")}
)
_LOGARITHMS: Final = frozenset({"rows", "distinct", "spread"})
_UNITS: Final = {"rows": "rows", "distinct": "values", "length": "characters", TIE: "correlation"}
_FEWEST: Final = {"level": 5, "low": 20, "high": 20, "spread": 20, "distinct": 20, "length": 5}


@dataclass(frozen=True)
class Measure:
    """One scalar by day.

    Attributes:
        column: The column; empty for the number of rows.
        kind: What is measured: `rows`, `missing`, `rate` (share of 1), `level` (mean of the inner 90%), `low`
            and `high` (5th and 95th percentile), `spread` (between 10th and 90th), `outside` (share far from
            all that was), `unseen` (share of values first seen within a week), `value` (share of one value),
            and `distinct`; of text the shares of shapes and its `length`; and `tie`, how far it goes with the
            other columns.
        value: Of the kind `value`: which one.
        added: Of a logarithm: what was added before it was taken.
    """

    column: str
    kind: str
    value: bytes = b""
    added: float = 0.0

    @property
    def value_text(self) -> str:
        """The value as text, for a page; what is no UTF-8 is replaced."""
        return self.value.decode(errors="replace")

    @property
    def unit(self) -> str:
        """Its unit: `share`, `rows`, `values`, `characters`, `correlation`, or `` for the column's own."""
        return "share" if self.kind in SHARES else _UNITS.get(self.kind, "")

    def own(self, values: Floats) -> Floats:
        """Values as they are judged, in the unit of the measure; NaN stays."""
        if self.kind in SHARES:
            return np.square(np.sin(np.clip(values, 0, np.pi / 2)))
        if self.kind == TIE:
            return np.tanh(values)
        return np.maximum(np.exp(values) - self.added, 0.0) if self.kind in _LOGARITHMS else values


@dataclass(frozen=True)
class MeasuredDays:
    """Measures by day.

    Attributes:
        measures: What they are.
        values: (days, measures); shares as arcsines of their root, counts and widths as logarithms, ties as
            Fisher's z. NaN: not measured, for want of rows.
        noise: (days, measures) standard error that follows from the number of rows alone.
    """

    measures: tuple[Measure, ...]
    values: Floats
    noise: Floats


def measured(days: DayTable, codings: Codings, joint: JointModel) -> MeasuredDays:
    """Measures each day by what a history knows; columns that it did not have are left out.

    Args:
        days: The days: of the history, or after it.
        codings: Of the history.
        joint: Of the history: it measures its own days by the half that does not have them.
    """
    names: list[Measure] = []
    values: list[Floats] = []
    noise: list[Floats] = []
    for measure, value, error in _all(days, codings):
        few = _FEWEST.get(measure.kind, 1)
        column = days.columns.get(measure.column)
        enough = (days.rows if column is None else column.present) >= few
        if measure.kind == "missing":
            enough = days.rows > 0
        names.append(measure)
        enough = enough & np.isfinite(value)
        values.append(np.where(enough, value, np.nan))
        noise.append(np.where(enough, error, np.nan))
    ties = joint.measures(days)
    return MeasuredDays(
        (*names, *(Measure(name, TIE) for name in ties.names)),
        np.concatenate([np.stack(values, axis=1), ties.values], axis=1),
        np.concatenate([np.stack(noise, axis=1), ties.noise], axis=1),
    )


def _all(days: DayTable, codings: Codings) -> Iterator[tuple[Measure, Floats, Floats]]:
    rows = days.rows.astype(np.float64)
    yield Measure("", "rows", added=1.0), np.log(rows + 1), 1 / np.sqrt(rows + 1)
    for name, coding in codings.columns.items():
        column = days.columns.get(name)
        if isinstance(coding, NumberCoding):
            parts = _of_numbers(column if isinstance(column, NumberDays) else None, coding, rows)
        else:
            parts = _of_text(column if isinstance(column, TextDays) else None, coding, name, days)
        for kind, value, (own, error) in parts:
            yield Measure(name, kind, value, _added(kind, coding)), own, error


def _added(kind: str, coding: NumberCoding | TextCoding) -> float:
    if kind == "spread" and isinstance(coding, NumberCoding):
        return coding.least_width
    return 1.0 if kind == "distinct" else 0.0


_Part = tuple[str, bytes, tuple[Floats, Floats]]


def share_of_rows(count: Floats, rows: Floats) -> Floats:
    """Anscombe's arcsine of a share: `count` rows out of `rows`; NaN where there are none."""
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.clip((count + 0.375) / (rows + 0.75), 0, 1)
    return np.where(rows > 0, np.arcsin(np.sqrt(share)), np.nan)


def rows_of_share(values: Floats, noise: Floats) -> tuple[Floats, Floats]:
    """From a share as it is judged and its noise: of how many rows it is, and out of how many; NaN stays."""
    rows = 0.25 / np.square(noise) - 0.5
    return np.square(np.sin(values)) * (rows + 0.75) - 0.375, rows


def _share(count: Floats, rows: Floats) -> tuple[Floats, Floats]:
    """A share as it is judged, and its standard error; NaN where there are no rows."""
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.where(rows > 0, 0.5 / np.sqrt(rows + 0.5), np.nan)
    return share_of_rows(count, rows), error


def _of_numbers(column: NumberDays | None, coding: NumberCoding, rows: Floats) -> Iterator[_Part]:
    nothing = np.zeros_like(rows)
    present = nothing if column is None else column.present.astype(np.float64)
    yield "missing", b"", _share(rows - present, rows)
    quantiles = np.full((len(rows), 65), np.nan) if column is None else column.quantiles
    mean = np.full(len(rows), np.nan) if column is None else column.mean
    yield (
        "outside",
        b"",
        _share(np.where(present > 0, coding.outside(quantiles, mean, present), np.nan), present),
    )
    if coding.binary:
        yield "rate", b"", _share(np.clip(mean, 0, 1) * present, present)
        return
    with np.errstate(invalid="ignore", divide="ignore"):
        root = np.sqrt(present)
        inner = quantiles[:, 4:61]
        deviation = np.maximum((quantiles[:, 54] - quantiles[:, 10]) / 2, inner.std(axis=1))
        deviation = np.maximum(deviation, 2 * coding.least_width)
        yield "level", b"", (inner.mean(axis=1), deviation / root)
        yield "low", b"", (quantiles[:, 3], 1.6 * deviation / root)
        yield "high", b"", (quantiles[:, 61], 1.6 * deviation / root)
        width = quantiles[:, 58] - quantiles[:, 6]
        yield "spread", b"", (np.log(width + coding.least_width), 1.2 * np.ones_like(root) / root)


def _of_text(column: TextDays | None, coding: TextCoding, name: str, days: DayTable) -> Iterator[_Part]:
    rows = days.rows.astype(np.float64)
    present = np.zeros_like(rows) if column is None else column.present.astype(np.float64)
    yield "missing", b"", _share(rows - present, rows)
    yield "unseen", b"", _share(*coding.unseen(column, name, days))
    for text, count in zip(coding.values, coding.counts(column, len(rows)).T, strict=True):
        yield "value", text, _share(count, present)
    shapes = np.zeros((len(rows), len(SHAPES))) if column is None else column.shapes.astype(np.float64)
    for place, shape in enumerate(SHAPES):
        if shape == "length":
            with np.errstate(invalid="ignore", divide="ignore"):
                length = np.where(present > 0, shapes[:, place] / present, np.nan)
                yield "length", b"", (length, 0.05 * (1 + np.sqrt(np.abs(length))) / np.sqrt(present))
        else:
            yield shape, b"", _share(shapes[:, place], present)
    distinct = np.zeros_like(rows) if column is None else column.distinct.astype(np.float64)
    yield "distinct", b"", (np.log(distinct + 1), 1 / np.sqrt(distinct + 1))
