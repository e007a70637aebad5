"""A linear model within the day of each column, from all others and from neighbouring rows.

A number's neighbours are the rows next to it in time, and those of the same value of one text column (the
same airport): a broken join leaves every column as it was, but neighbours no longer agree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from perennial.drift.joint_codes import JointCode
from perennial.drift.sample_rows import Places, SampleRows

Floats = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float32]

_EMBEDDED: Final = 3
_ITERATIONS: Final = 8
_EMBEDDING_SHRINK: Final = 10.0
_RIDGE: Final = 0.01
_TIME_NEIGHBOURS, _KEY_NEIGHBOURS = 3, 2
_LEAST_SCALE: Final = 1e-3
# A day whose values hardly differ says little: it is taken as this share of a usual day and itself.
_PRIOR: Final = 0.25
_LARGEST: Final = 0.9999


@dataclass(frozen=True)
class JointHalf:
    """What was fitted on one half of a history. C columns, P dimensions, Y of them predicted.

    Attributes:
        embeddings: By column with keys: (K, 3) the rows that a key is in, as three numbers.
        centre: (P,) of the dimensions.
        scale: (P,) their deviation within a day.
        weights: (P, Y), 0 for a column's own dimensions.
        usual: (3, C) mean square within a day of a column, of its prediction, and their product.
    """

    embeddings: dict[str, Matrix]
    centre: Matrix
    scale: Matrix
    weights: Matrix
    usual: Floats

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Plain arrays; `from_arrays` makes the half from them."""
        arrays: dict[str, npt.NDArray[Any]] = {
            name: getattr(self, name) for name in ("centre", "scale", "weights", "usual")
        }
        return arrays | {f"embedding/{name}": each for name, each in self.embeddings.items()}

    @staticmethod
    def from_arrays(arrays: Mapping[str, npt.NDArray[Any]]) -> "JointHalf":
        """The half whose `to_arrays` these are."""
        embeddings = {
            name.split("/", 1)[1]: np.asarray(each, np.float32)
            for name, each in arrays.items()
            if name.startswith("embedding/")
        }
        centre, scale, weights = (
            np.asarray(arrays[name], np.float32) for name in ("centre", "scale", "weights")
        )
        return JointHalf(embeddings, centre, scale, weights, np.asarray(arrays["usual"], np.float64))


@dataclass(frozen=True)
class Fit:
    """How well each row's columns are predicted: P dimensions of N rows.

    Attributes:
        observed: (N, Y) the predicted columns' dimensions.
        predicted: (N, Y) what the others say.
    """

    observed: Matrix
    predicted: Matrix


def targets_of(
    codes: Sequence[JointCode], embeddings: Mapping[str, Matrix]
) -> tuple[Places, Places, list[Places]]:
    """Which dimensions are predicted, of which column each is, and the dimensions of each column.

    Of a number it is its score; of a text all its own dimensions.
    """
    starts = np.cumsum([0, *(code.width for code in codes)])
    own = [np.arange(start, start + code.width) for start, code in zip(starts, codes, strict=False)]
    last = int(starts[-1])
    for place, code in enumerate(codes):
        if code.name in embeddings:
            width = embeddings[code.name].shape[1]
            own[place] = np.concatenate([own[place], np.arange(last, last + width)])
            last += width
    predicted = [each if code.is_text else each[:1] for code, each in zip(codes, own, strict=True)]
    column = np.repeat(np.arange(len(codes)), [len(each) for each in predicted])
    return np.concatenate(predicted), column, own


def fit_half(codes: Sequence[JointCode], rows: SampleRows, key: str) -> JointHalf:
    """Fits on rows of whole days, at least two.

    Args:
        codes: Of the columns.
        rows: Day by day.
        key: The text column whose rows of one value are neighbours; empty for none.
    """
    base = np.concatenate([code.dimensions(rows) for code in codes], axis=1)
    embeddings = _embeddings(codes, rows, base)
    wide = _with_neighbours(codes, rows, key, base, embeddings)
    centre = wide.mean(axis=0)
    wide -= centre
    starts, counts = day_starts(rows.day)
    wide -= np.repeat(np.add.reduceat(wide, starts, axis=0) / counts[:, None], counts, axis=0)
    scale = wide.std(axis=0) + np.float32(_LEAST_SCALE)
    wide /= scale
    predicted, column, own = targets_of(codes, embeddings)
    gram = (wide.T @ wide).astype(np.float64) / len(wide)
    inverse = np.linalg.inv(gram + _RIDGE * np.eye(len(gram)))
    weights = np.zeros((len(gram), len(predicted)), np.float32)
    for place, dims in enumerate(own):
        # The ridge regression of these dimensions on all others, by the inverse of the whole.
        block = -inverse[:, dims] @ np.linalg.inv(inverse[np.ix_(dims, dims)])
        block[dims] = 0
        wanted = column == place
        weights[:, wanted] = block[:, np.searchsorted(dims, predicted[wanted])]
    observed, expected = wide[:, predicted], wide @ weights
    firsts = np.flatnonzero(np.r_[True, np.diff(column) > 0])
    usual = np.stack(
        [
            np.add.reduceat((first * second).mean(axis=0, dtype=np.float64), firsts)
            for first, second in ((observed, observed), (expected, expected), (observed, expected))
        ]
    )
    return JointHalf(embeddings, centre, scale, weights, usual)


def fit_of(half: JointHalf, codes: Sequence[JointCode], rows: SampleRows, key: str) -> Fit:
    """What the half says of rows, whole days each."""
    base = np.concatenate([code.dimensions(rows) for code in codes], axis=1)
    wide = _with_neighbours(codes, rows, key, base, half.embeddings)
    wide -= half.centre
    wide /= half.scale
    return Fit(wide[:, targets_of(codes, half.embeddings)[0]], wide @ half.weights)


def ties_of(
    half: JointHalf, fit: Fit, rows: SampleRows, present: npt.NDArray[np.bool_], column: Places
) -> Floats:
    """The correlation within each day of a column and what the others say, as Fisher's z, shape (days, C).

    Args:
        half: By which.
        fit: Its predictions.
        rows: Whose; the days are those that have rows.
        present: (N, C) where a column has a value: the others do not count.
        column: (Y,) of which column each prediction is.
    """
    starts, _ = day_starts(rows.day)
    weight = present.astype(np.float32)
    count = np.maximum(np.add.reduceat(weight, starts, axis=0), 1)[:, column].astype(np.float64)
    observed: Matrix = fit.observed * weight[:, column]
    predicted: Matrix = fit.predicted * weight[:, column]

    def mean(values: Matrix) -> Floats:
        return np.asarray(np.add.reduceat(values, starts, axis=0) / count)

    first, second = mean(observed), mean(predicted)
    firsts = np.flatnonzero(np.r_[True, np.diff(column) > 0])
    spread, other_spread, product = (
        np.add.reduceat(each, firsts, axis=1)
        for each in (
            mean(observed * observed) - first * first,
            mean(predicted * predicted) - second * second,
            mean(observed * predicted) - first * second,
        )
    )
    own, others, both = _PRIOR * half.usual
    correlation = (product + both) / np.sqrt(
        (np.maximum(spread, 0) + own + 1e-9) * (np.maximum(other_spread, 0) + others + 1e-9)
    )
    return np.asarray(np.arctanh(np.clip(correlation, -_LARGEST, _LARGEST)))


def day_starts(day: Places) -> tuple[Places, Places]:
    """The first row of each day, and how many it has."""
    starts = np.flatnonzero(np.r_[True, np.diff(day) != 0]) if len(day) else np.zeros(0, np.intp)
    return starts, np.diff(np.r_[starts, len(day)])


def _embeddings(codes: Sequence[JointCode], rows: SampleRows, base: Matrix) -> dict[str, Matrix]:
    """Three numbers for each key: the main directions of the mean of its rows, other columns alone."""
    embeddings = {}
    centred = base - base.mean(axis=0)
    start = 0
    for code in codes:
        own = np.arange(start, start + code.width)
        start += code.width
        if not len(code.keys):
            continue
        places = code.key_places(rows)
        order = np.argsort(places, kind="stable")
        order = order[places[order] >= 0]
        uniques, firsts, counts = np.unique(places[order], return_index=True, return_counts=True)
        if len(uniques) < 2:
            continue
        means = np.add.reduceat(centred[order], firsts, axis=0) / (counts + _EMBEDDING_SHRINK)[:, None]
        means[:, own] = 0
        scores = means @ _main_directions(means * np.sqrt(counts)[:, None])
        scores /= np.sqrt((scores**2 * counts[:, None]).sum(axis=0) / counts.sum()) + 1e-6
        table = np.zeros((len(code.keys) + 1, scores.shape[1]), np.float32)
        table[uniques] = scores
        embeddings[code.name] = table
    return embeddings


def _main_directions(rows: Floats) -> Floats:
    """The first three right singular directions of rows, near enough, shape (P, 3)."""
    start = np.random.default_rng(0).normal(size=(rows.shape[1], min(_EMBEDDED, rows.shape[1])))
    basis = np.linalg.qr(start)[0]
    for _ in range(_ITERATIONS):
        basis = np.linalg.qr(rows.T @ (rows @ basis))[0]
    return np.asarray(basis)


def _with_neighbours(
    codes: Sequence[JointCode], rows: SampleRows, key: str, base: Matrix, embeddings: Mapping[str, Matrix]
) -> Matrix:
    parts = [base]
    # The last entry of an embedding is that of a value that is no key: 0.
    parts += [embeddings[code.name][code.key_places(rows)] for code in codes if code.name in embeddings]
    starts = np.cumsum([0, *(code.width for code in codes)])
    # Neighbours are next in time, so that those of the clock would say all of it.
    numbers = [
        start
        for start, code in zip(starts, codes, strict=False)
        if not code.is_text and code.name != rows.clock
    ]
    scores = base[:, numbers]
    clock = rows.numbers.get(rows.clock, np.zeros(len(rows.day)))
    if rows.clock:
        parts.append(neighbour_means(scores, rows.day, np.zeros(len(rows.day)), clock, _TIME_NEIGHBOURS))
    if key:
        of_key = next(code for code in codes if code.name == key).dimensions(rows)
        place = np.where(of_key.any(axis=1), of_key.argmax(axis=1), -1) if of_key.shape[1] else -1.0
        parts.append(neighbour_means(scores, rows.day, np.asarray(place, np.float64), clock, _KEY_NEIGHBOURS))
    return np.concatenate(parts, axis=1)


def neighbour_means(values: Matrix, day: Places, key: Floats, clock: Floats, reach: int) -> Matrix:
    """The mean of the rows next in time of the same day and key, without the row itself; 0 where none is.

    Args:
        values: (N, V).
        day: (N,).
        key: (N,).
        clock: (N,) by which rows are ordered; NaN last.
        reach: So many rows on each side.
    """
    order = np.lexsort((clock, key, day))
    ordered, of_day, of_key = values[order], day[order], key[order]
    sums, counts = np.zeros_like(ordered), np.zeros((len(ordered), 1), np.float32)
    for step in range(1, reach + 1):
        alike = ((of_day[step:] == of_day[:-step]) & (of_key[step:] == of_key[:-step]))[:, None].astype(
            np.float32
        )
        sums[step:] += alike * ordered[:-step]
        sums[:-step] += alike * ordered[step:]
        counts[step:] += alike
        counts[:-step] += alike
    means = np.empty_like(sums)
    means[order] = sums / np.maximum(counts, 1)
    return means
