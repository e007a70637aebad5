"""The days of one column: of numbers their quantiles, of texts how often the most frequent ones occur."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from perennial.drift.text_values import SHAPES

# The levels of the quantiles: from the least value to the greatest.
LEVELS: Final = np.linspace(0.0, 1.0, 65)
# So many values of a text column are kept with their days; a column of ids has other ones each day.
MOST_VALUES: Final = 5000

Counts = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class NumberDays:
    """A column of numbers by day; D is the number of days.

    Attributes:
        present: Rows with a value, shape (D,); NaN counts as missing.
        mean: Of the finite values, shape (D,); NaN where there is none.
        quantiles: At `LEVELS`, shape (D, 65), each a value that occurred; NaN where there is none.
        distinct: Different values, shape (D,).
    """

    present: Counts
    mean: Numbers
    quantiles: Numbers
    distinct: Counts

    def taken(self, places: Places) -> "NumberDays":
        """The days at these places, in their order; a day may be there more than once."""
        return NumberDays(
            self.present[places], self.mean[places], self.quantiles[places], self.distinct[places]
        )

    def combined(self, group: Places, days: int) -> "NumberDays":
        """Makes one day of all parts of a day.

        Quantiles of a day of several parts are those of the parts' quantiles, weighted by rows: not exact.
        `distinct` is that of the part with most.

        Args:
            group: Which day each part is of, shape (D,), from 0.
            days: How many days there are; one without a part has no value.
        """
        present = np.bincount(group, self.present, days).astype(np.int64)
        sums = np.where(np.isfinite(self.mean), self.mean * self.present, 0.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.bincount(group, sums, days) / present
        quantiles = np.full((days, len(LEVELS)), np.nan)
        some = np.flatnonzero(self.present)
        quantiles[group[some]] = self.quantiles[some]
        parts = np.bincount(group[some], minlength=days)
        for day in np.flatnonzero(parts > 1):
            own = some[group[some] == day]
            quantiles[day] = _pooled(self.quantiles[own], self.present[own])
        distinct = np.zeros(days, np.int64)
        np.maximum.at(distinct, group, self.distinct)
        return NumberDays(present, mean, quantiles, distinct)


@dataclass(frozen=True)
class TextDays:
    """A column of texts, or of integers that are categories, by day.

    Attributes:
        present: Rows with a value, shape (D,); the empty text is one.
        distinct: Different values, shape (D,).
        values: All values that are among the most frequent of any day, in order.
        counts: Rows of the day with each of them, shape (D, V); 0 where it is not among the most frequent.
        beyond: Rows of the day with other values, shape (D,).
        shapes: Rows of the day by what `SHAPES` names, and last the length of all values, shape (D, 7).
    """

    present: Counts
    distinct: Counts
    values: tuple[bytes, ...]
    counts: Counts
    beyond: Counts
    shapes: Counts

    def taken(self, places: Places) -> "TextDays":
        """The days at these places, in their order, and the values that these days have."""
        counts = self.counts[places]
        some = np.flatnonzero(counts.any(axis=0))
        return TextDays(
            self.present[places],
            self.distinct[places],
            tuple(self.values[place] for place in some),
            counts[:, some],
            self.beyond[places],
            self.shapes[places],
        )

    def combined(self, group: Places, days: int) -> "TextDays":
        """Makes one day of all parts of a day; arguments as `NumberDays.combined`'s.

        A value that is among the most frequent of one part and not of another is counted in the first alone.
        """
        counts = np.zeros((days, len(self.values)), np.int64)
        np.add.at(counts, group, self.counts)
        distinct = np.count_nonzero(counts, axis=1).astype(np.int64)
        np.maximum.at(distinct, group, self.distinct)
        shapes = np.zeros((days, len(SHAPES)), np.int64)
        np.add.at(shapes, group, self.shapes)
        present, beyond = (
            np.bincount(group, each, days).astype(np.int64) for each in (self.present, self.beyond)
        )
        return TextDays(present, distinct, self.values, counts, beyond, shapes)


@dataclass(frozen=True)
class ValueCounts:
    """How often values occur by day, one entry for a value of a day.

    Attributes:
        day: The place of the entry's day, shape (E,).
        values: The entry's value, binary, shape (E,).
        counts: How many rows have it, shape (E,).
    """

    day: Places
    values: pa.Array
    counts: Counts


def text_days(
    present: Counts, distinct: Counts, beyond: Counts, shapes: Counts, top: ValueCounts
) -> TextDays:
    """A column of texts from its values, which may be more than `MOST_VALUES` over all days.

    Those that stay are of most days, of these the most frequent; the others count in `beyond`.
    """
    encoded = top.values.dictionary_encode()
    codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.intp)
    uniques = encoded.dictionary.to_pylist()
    if len(uniques) > MOST_VALUES:
        in_days = np.bincount(codes, minlength=len(uniques))
        rows = np.bincount(codes, top.counts, len(uniques))
        kept = np.lexsort((np.arange(len(uniques)), -rows, -in_days))[:MOST_VALUES]
    else:
        kept = np.arange(len(uniques))
    kept = kept[np.array(sorted(range(len(kept)), key=lambda place: uniques[kept[place]]), np.intp)]
    place_of = np.full(len(uniques), -1)
    place_of[kept] = np.arange(len(kept))
    places = place_of[codes]
    is_kept = places >= 0
    counts = np.zeros((len(present), len(kept)), np.int64)
    np.add.at(counts, (top.day[is_kept], places[is_kept]), top.counts[is_kept])
    lost = np.bincount(top.day[~is_kept], top.counts[~is_kept], len(present)).astype(np.int64)
    return TextDays(present, distinct, tuple(uniques[place] for place in kept), counts, beyond + lost, shapes)


def stacked_numbers(parts: Sequence[NumberDays]) -> NumberDays:
    """The days of all parts after each other; at least one part."""
    return NumberDays(
        np.concatenate([part.present for part in parts]),
        np.concatenate([part.mean for part in parts]),
        np.concatenate([part.quantiles for part in parts]),
        np.concatenate([part.distinct for part in parts]),
    )


def stacked_texts(parts: Sequence[TextDays]) -> TextDays:
    """The days of all parts after each other; at least one part."""
    nonzero = [np.nonzero(part.counts) for part in parts]
    firsts = np.cumsum([0, *(len(part.present) for part in parts)])
    top = ValueCounts(
        np.concatenate([days + first for (days, _), first in zip(nonzero, firsts, strict=False)]),
        pa.concat_arrays(
            [
                pa.array(part.values, pa.binary()).take(pa.array(places))
                for part, (_, places) in zip(parts, nonzero, strict=True)
            ]
        ),
        np.concatenate([part.counts[entries] for part, entries in zip(parts, nonzero, strict=True)]),
    )
    return text_days(
        np.concatenate([part.present for part in parts]),
        np.concatenate([part.distinct for part in parts]),
        np.concatenate([part.beyond for part in parts]),
        np.concatenate([part.shapes for part in parts]),
        top,
    )


def _pooled(quantiles: Numbers, present: Counts) -> Numbers:
    """The quantiles of several parts of a day, shape (65,), from theirs, shape (parts, 65), and their rows.

    Each quantile stands for the rows around it, the first and the last for half as many.
    """
    share = np.ones(len(LEVELS))
    share[[0, -1]] = 0.5
    weights = np.outer(present, share / share.sum()).ravel()
    values = quantiles.ravel()
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    places = np.searchsorted(reached, LEVELS * reached[-1] * (1 - 1e-12))
    pooled = values[order][np.minimum(places, len(values) - 1)]
    pooled[0], pooled[-1] = values.min(), values.max()
    return np.asarray(pooled)
