"""Which measures are one series of scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from perennial.drift.measures import Measure

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

# The kind of a series that is the largest of the shares of a column's values.
MIX: Final = "mix"


@dataclass(frozen=True)
class ScoreSeries:
    """Which measures are one series of scores: each its own, but the shares of a column's values together.

    Attributes:
        columns: (series,) names.
        kinds: (series,) kinds; `mix` for shares of values.
        of: (measures,) the series of each measure.
        tests: (series,) how many measures each has.
    """

    columns: tuple[str, ...]
    kinds: tuple[str, ...]
    of: Indices
    tests: Floats

    @property
    def first(self) -> Indices:
        """(series,) the place of the first measure of each."""
        places: Indices = np.unique(self.of, return_index=True)[1]
        return places

    def largest(self, z: Floats) -> Floats:
        """z of the measure, or of a mix the largest size.

        Args:
            z: (baselines, days, measures).

        Returns:
            (baselines, days, series); NaN where there is none.
        """
        grouped = z[:, :, self.first]
        for place in np.flatnonzero(np.array(self.kinds) == MIX):
            own = np.flatnonzero(self.of == place)
            size = np.where(np.isfinite(z[:, :, own]), np.abs(z[:, :, own]), -np.inf).max(axis=2)
            grouped[:, :, place] = np.where(np.isfinite(size), size, np.nan)
        return grouped


def series_of(measures: Sequence[Measure]) -> ScoreSeries:
    """The series of these measures, in their order."""
    keys = [(each.column, MIX if each.kind == "value" else each.kind) for each in measures]
    places = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    of = np.array([places[key] for key in keys], np.int64)
    tests = np.bincount(of, minlength=len(places)).astype(np.float64)
    return ScoreSeries(tuple(key[0] for key in places), tuple(key[1] for key in places), of, tests)
