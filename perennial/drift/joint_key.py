"""Which text column's rows of one value are neighbours: such as the airport, within which numbers agree."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from perennial.drift.joint_codes import JointCode
from perennial.drift.joint_half import Floats, Matrix, day_starts, neighbour_means
from perennial.drift.sample_rows import Places, SampleRows

# A key must explain so much more than neighbours of any value, of all numbers together.
_LEAST_GAIN: Final = 0.01
_MOST_ROWS: Final = 6000
_MOST_CANDIDATES: Final = 6


def key_of(codes: Sequence[JointCode], rows: SampleRows) -> str:
    """The text column of at most 12 values whose neighbours say most of the numbers; empty for none."""
    numbers = [code for code in codes if not code.is_text]
    candidates = [code for code in codes if code.is_text and not code.keys][:_MOST_CANDIDATES]
    if not numbers or not candidates:
        return ""
    starts, _ = day_starts(rows.day)
    first = rows.day <= rows.day[starts[starts <= _MOST_ROWS][-1]]
    scores = np.stack([code.dimensions(rows)[:, 0] for code in numbers], axis=1)[first]
    clock = rows.numbers.get(rows.clock, np.zeros(len(rows.day)))[first]
    day = rows.day[first]
    least = _agreement(scores, day, np.zeros(len(day)), clock) if rows.clock else 0.0
    best, name = least + _LEAST_GAIN, ""
    for code in candidates:
        place = code.dimensions(rows)[first].argmax(axis=1).astype(np.float64)
        agreement = _agreement(scores, day, place, clock)
        if agreement > best:
            best, name = agreement, code.name
    return name


def _agreement(scores: Matrix, day: Places, key: Floats, clock: Floats) -> float:
    """The mean over numbers of the squared correlation within a day with the mean of its neighbours."""
    means = neighbour_means(scores, day, key, clock, 2)
    starts, counts = day_starts(day)
    first, second = (
        each - np.repeat(np.add.reduceat(each, starts, axis=0) / counts[:, None], counts, axis=0)
        for each in (scores, means)
    )
    product, left, right = (
        (a * b).mean(axis=0) for a, b in ((first, second), (first, first), (second, second))
    )
    return float((product**2 / np.maximum(left * right, 1e-9)).mean())
