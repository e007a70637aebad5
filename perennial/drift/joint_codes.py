"""Codes the columns of sampled rows as numbers that a linear model can predict, and predict from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import ndtri

from perennial.drift.sample_rows import SampleRows

Floats = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]

_LEVELS: Final = np.linspace(0.0, 1.0, 257)
_LEAST_SHARE: Final = 0.004
# A flag for missing where it is neither almost never nor almost always so.
_MISSING_SHARES: Final = (0.005, 0.995)
# A text column of so many values has a dimension for each; of more, for the most frequent alone: all of these
# values are known by the rows that they are in.
_OWN_DIMENSION: Final = 12
_OWN_OF_MANY: Final = 5
# A value is known from so many rows on, and so many values of a column are; whole numbers need so many rows a
# value.
_LEAST_ROWS: Final = 5
_MOST_VALUES: Final = 5000
_ROWS_A_NUMBER: Final = 10


@dataclass(frozen=True)
class JointCode:
    """How one column is coded.

    Attributes:
        name: The column.
        is_text: Whether its values are texts.
        grid: Of numbers: different quantiles of the history, ascending, (G,), at most 257; of texts (0,).
        scores: Normal scores below, at, and above each of these, shape (2 G + 1,).
        has_flag: Whether missing has a dimension.
        top: The values with a dimension of their own, at most 12; of texts alone.
        keys: Further known values, ascending: of texts, and of whole numbers such as flight numbers.
    """

    name: str
    is_text: bool
    grid: Floats
    scores: Floats
    has_flag: bool
    top: tuple[bytes, ...]
    keys: tuple[bytes, ...] | Floats

    @property
    def width(self) -> int:
        """How many dimensions it has."""
        return len(self.top) if self.is_text else 1 + self.has_flag

    def dimensions(self, rows: SampleRows) -> Matrix:
        """Shape (N, width): normal scores of numbers, 0 where missing; 0 and 1 of texts."""
        if self.is_text:
            codes = _places(rows.texts.get(self.name), self.top, len(rows.day))
            return (codes[:, None] == np.arange(len(self.top))).astype(np.float32)
        values = rows.numbers.get(self.name)
        if values is None:
            values = np.full(len(rows.day), np.nan)
        is_missing = np.isnan(values)
        place = np.searchsorted(self.grid, values)
        at_value = self.grid[np.minimum(place, len(self.grid) - 1)] == values
        parts = [np.where(is_missing, 0.0, self.scores[2 * place + at_value])]
        if self.has_flag:
            parts.append(is_missing.astype(np.float64))
        return np.stack(parts, axis=1).astype(np.float32)

    def is_present(self, rows: SampleRows) -> npt.NDArray[np.bool_]:
        """Which rows have a value, shape (N,)."""
        if self.is_text:
            column = rows.texts.get(self.name)
            return np.zeros(len(rows.day), bool) if column is None else _valid(column)
        values = rows.numbers.get(self.name)
        return np.zeros(len(rows.day), bool) if values is None else ~np.isnan(values)

    def key_places(self, rows: SampleRows) -> Places:
        """Which of `keys` each row has, -1 for none, shape (N,)."""
        if isinstance(self.keys, tuple):
            return _places(rows.texts.get(self.name), self.keys, len(rows.day))
        values = rows.numbers.get(self.name)
        if values is None or not len(self.keys):
            return np.full(len(rows.day), -1)
        places = np.minimum(np.searchsorted(self.keys, values), len(self.keys) - 1)
        return np.where(self.keys[places] == values, places, -1)

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Plain arrays; `from_arrays` makes the code from them."""
        arrays: dict[str, npt.NDArray[Any]] = {
            "grid": self.grid,
            "scores": self.scores,
            "kind": np.array([self.is_text, self.has_flag]),
        }
        arrays["top"], arrays["top_ends"] = _packed(self.top)
        if isinstance(self.keys, tuple):
            arrays["keys"], arrays["keys_ends"] = _packed(self.keys)
        else:
            arrays["numbers"] = self.keys
        return arrays

    @staticmethod
    def from_arrays(name: str, arrays: Mapping[str, npt.NDArray[Any]]) -> "JointCode":
        """The code whose `to_arrays` these are."""
        is_text, has_flag = (bool(each) for each in arrays["kind"])
        top = _unpacked(arrays["top"], arrays["top_ends"])
        keys = (
            np.asarray(arrays["numbers"])
            if "numbers" in arrays
            else _unpacked(arrays["keys"], arrays["keys_ends"])
        )
        return JointCode(
            name, is_text, np.asarray(arrays["grid"]), np.asarray(arrays["scores"]), has_flag, top, keys
        )


def fit_codes(rows: SampleRows) -> tuple[JointCode, ...]:
    """The codes of all columns that have at least two values and are known in enough rows."""
    codes = [
        *(_number_code(name, rows) for name in rows.numbers),
        *(_text_code(name, rows) for name in rows.texts),
    ]
    return tuple(code for code in codes if code is not None)


def _number_code(name: str, rows: SampleRows) -> JointCode | None:
    values = rows.numbers[name]
    present = values[~np.isnan(values)]
    uniques, counts = np.unique(present, return_counts=True)
    if len(uniques) < 2 or len(present) < 2 * _LEAST_ROWS:
        return None
    missing = 1 - len(present) / len(values)
    grid = np.sort(present)[np.rint(_LEVELS * (len(present) - 1)).astype(np.intp)]
    is_key = _OWN_DIMENSION < len(uniques) <= _MOST_VALUES and len(present) >= _ROWS_A_NUMBER * len(uniques)
    is_whole = bool(np.all(np.isfinite(uniques)) and np.all(uniques == np.floor(uniques)))
    keys = uniques[counts >= _LEAST_ROWS] if is_key and is_whole and name != rows.clock else np.zeros(0)
    levels, firsts, counts = np.unique(grid, return_index=True, return_counts=True)
    below = np.r_[firsts, len(grid)]
    places = np.zeros(2 * len(levels) + 1)
    places[0::2], places[1::2] = below, firsts + counts / 2
    scores = ndtri(np.clip(places / len(grid), _LEAST_SHARE, 1 - _LEAST_SHARE))
    return JointCode(name, False, levels, scores, _MISSING_SHARES[0] < missing < _MISSING_SHARES[1], (), keys)


def _text_code(name: str, rows: SampleRows) -> JointCode | None:
    counted = rows.texts[name].drop_null().value_counts()
    values, counts = counted.field("values").to_pylist(), counted.field("counts").to_numpy()
    known = sorted(
        ((-int(count), value) for value, count in zip(values, counts, strict=True) if count >= _LEAST_ROWS)
    )[:_MOST_VALUES]
    if not known or len(values) < 2:
        return None
    own = _OWN_DIMENSION if len(known) <= _OWN_DIMENSION else _OWN_OF_MANY
    top = tuple(value for _, value in known[:own])
    keys = tuple(sorted(value for _, value in known)) if len(known) > _OWN_DIMENSION else ()
    return JointCode(name, True, np.zeros(0), np.zeros(1), False, top, keys)


def _places(column: pa.Array | None, values: tuple[bytes, ...], rows: int) -> Places:
    if column is None or not values:
        return np.full(rows, -1)
    places = pc.index_in(column, value_set=pa.array(values, pa.binary()))
    return pc.fill_null(places, -1).to_numpy(zero_copy_only=False).astype(np.intp)


def _valid(column: pa.Array) -> npt.NDArray[np.bool_]:
    return np.asarray(column.is_valid().to_numpy(zero_copy_only=False), bool)


def _packed(values: tuple[bytes, ...]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    ends = np.cumsum([len(value) for value in values], dtype=np.int64)
    return np.frombuffer(b"".join(values), np.uint8), ends


def _unpacked(data: npt.NDArray[Any], ends: npt.NDArray[Any]) -> tuple[bytes, ...]:
    whole, starts = data.astype(np.uint8).tobytes(), [0, *ends.tolist()]
    return tuple(whole[start:end] for start, end in zip(starts, ends.tolist(), strict=False))
