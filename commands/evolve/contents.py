"""How alike the contents of two columns are: the measure by which a renamed column is recognised."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

# A column with fewer cells says nothing.
FEWEST_CELLS: Final = 20
# Numbers with fewer different values are alike in columns that have nothing to do with each other.
_FEWEST_VALUES: Final = 6
# A column is itself up to this distance, or to so many times that between its own last spans
# (docs/decisions/evolve.md).
NEAR: Final = 0.05
_TIMES_NOISE: Final = 1.5
FARTHEST_NEAR: Final = 0.35


class Contents:
    """The columns of the spans in use and those of an export, and how far they are apart."""

    def __init__(
        self,
        former: Sequence[pa.Table],
        typed: Mapping[str, pa.ChunkedArray],
        texts: Mapping[str, pa.ChunkedArray],
        former_dates: Collection[str],
        dates: Collection[str],
    ) -> None:
        """Takes both sides.

        Args:
            former: The rows of the last spans in use, oldest first, at least one.
            typed: The export's columns, each as its cells are: int64, float32 or binary, null where missing.
            texts: Those of them that can be read as text, as text.
            former_dates: The columns of the spans that are ISO dates.
            dates: Those of the export.
        """
        self._former, self._typed, self._texts = former, typed, texts
        self._former_dates, self._dates = former_dates, dates
        self._near: dict[str, float] = {}
        self._apart: dict[tuple[str, str], float] = {}

    def near(self, old: str) -> float:
        """Up to which distance a column counts as the column `old` of the spans."""
        if old not in self._near:
            own = noise([span[old] for span in self._former], is_date=old in self._former_dates)
            self._near[old] = min(max(NEAR, _TIMES_NOISE * own), FARTHEST_NEAR)
        return self._near[old]

    def apart(self, old: str, new: str) -> float:
        """How far a column of the export is from one of the spans, from 0 to 1."""
        if (old, new) not in self._apart:
            self._apart[old, new] = self._distance(old, new)
        return self._apart[old, new]

    def vague(self, old: str) -> str:
        """Why the content of a column does not tell it from others; "" if it does."""
        cells = self._former[-1][old].drop_null()
        if len(cells) < FEWEST_CELLS:
            return "it has hardly any values"
        if not pa.types.is_binary(cells.type) and pc.count_distinct(cells).as_py() < _FEWEST_VALUES:
            return "it has few different values, as other columns may have"
        return ""

    def _distance(self, old: str, new: str) -> float:
        before = self._former[-1][old]
        if old in self._former_dates or new in self._dates:
            both = old in self._former_dates and new in self._dates
            return distance(before, self._typed[new], is_date=True) if both else 1.0
        if pa.types.is_binary(before.type):
            return distance(before, self._texts[new]) if new in self._texts else 1.0
        after = self._typed[new]
        if pa.types.is_integer(before.type) and not _is_whole(after):
            return 1.0
        return distance(before, after)


def distance(one: pa.ChunkedArray, other: pa.ChunkedArray, *, is_date: bool = False) -> float:
    """How far two columns are apart, from 0 (equal) to 1.

    Args:
        one: Numbers or binary texts; missing is null.
        other: Of the same kind.
        is_date: Whether the texts are ISO dates: two spans share no day, so lengths and hours are compared.

    Returns:
        The larger of two differences: of the missing shares, and of the values (of numbers Kolmogorov's and
        Smirnov's statistic, of texts the total variation of their shares); 1 where a column has no cells.
    """
    cells = [column.drop_null() for column in (one, other)]
    if min(map(len, cells)) == 0:
        return 1.0
    missing = abs(one.null_count / len(one) - other.null_count / len(other))
    if pa.types.is_binary(one.type) != pa.types.is_binary(other.type):
        return 1.0
    if not pa.types.is_binary(one.type):
        return max(missing, _numbers_apart(*map(_numbers, cells)))
    if is_date:
        cells = [_clock(column) for column in cells]
    return max(missing, _texts_apart(*cells))


def noise(spans: Sequence[pa.ChunkedArray], *, is_date: bool = False) -> float:
    """How far a column is from itself: between the last two spans, and between the halves of the last."""
    last = spans[-1]
    half = len(last) // 2
    pairs = [(last.slice(0, half), last.slice(half))]
    pairs += [(spans[-2], last)] if len(spans) > 1 else []
    return max(distance(one, other, is_date=is_date) for one, other in pairs)


def _numbers(column: pa.ChunkedArray) -> npt.NDArray[Any]:
    return np.sort(column.cast(pa.float64(), safe=False).to_numpy())


def _is_whole(column: pa.ChunkedArray) -> bool:
    if pa.types.is_binary(column.type):
        return False
    values = _numbers(column.drop_null())
    return bool((values == np.floor(values)).all())


def _numbers_apart(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> float:
    values = np.concatenate([one, other])
    shares = [np.searchsorted(each, values, side="right") / len(each) for each in (one, other)]
    return float(np.abs(shares[0] - shares[1]).max())


def _texts_apart(one: pa.ChunkedArray, other: pa.ChunkedArray) -> float:
    shares = []
    for column in (one, other):
        counted = pc.value_counts(column)
        counts = zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True)
        shares.append({value: count / len(column) for value, count in counts})
    values = shares[0].keys() | shares[1].keys()
    return sum(abs(shares[0].get(value, 0.0) - shares[1].get(value, 0.0)) for value in values) / 2


def _clock(dates: pa.ChunkedArray) -> pa.ChunkedArray:
    """Of ISO dates and times: the length of the text, and its hour."""
    texts = dates.cast(pa.string())
    length = pc.utf8_length(texts).cast(pa.string())
    hours = pc.utf8_slice_codeunits(texts, 11, 13)
    return pc.binary_join_element_wise(length, hours, " ").cast(pa.binary())
