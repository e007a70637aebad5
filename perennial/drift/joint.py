"""What no single column shows: how well each column still agrees with the others and with neighbouring rows.

A join by the wrong key, a column shuffled, two columns swapped in some rows leave every column as it was. The
measure of a column on a day, its *tie*, is the correlation within that day of the column and what all others
say of it, as Fisher's z. Why so: docs/decisions/drift-joint.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from perennial.drift.day_summaries import DayTable
from perennial.drift.joint_codes import JointCode, fit_codes
from perennial.drift.joint_half import (
    Floats,
    JointHalf,
    day_starts,
    fit_half,
    fit_of,
    targets_of,
    ties_of,
)
from perennial.drift.joint_key import key_of
from perennial.drift.sample_rows import Places, SampleRows, joined_rows, sample_rows

# Days of one week are in one half: a day is measured by what was fitted on the other weeks.
_WEEK: Final = 7
# So many days of a half are fitted on, evenly spread, and measured at a time.
_FITTED_DAYS: Final = 30
_CHUNK_DAYS: Final = 32
_LEAST_DAYS: Final = 4
# A column with fewer values on a day is not measured.
_LEAST_VALUES: Final = 20
# Rows of a day times columns, so that wide tables cost no more.
_MOST_CELLS: Final = 6_000


class JointMeasures(NamedTuple):
    """Measures by day.

    Attributes:
        names: (M,) the columns.
        values: (D, M) Fisher's z of the tie: tanh of it is 1 where the others say all of a column, 0 where
            nothing. NaN: not measured, for want of values.
        noise: (D, M) its standard error by the number of the day's sampled values alone; NaN likewise.
    """

    names: tuple[str, ...]
    values: Floats
    noise: Floats


@dataclass(frozen=True)
class JointModel:
    """Fitted on a history, in two halves; its days are measured by the half that does not have them.

    Attributes:
        codes: Of the columns.
        key: The text column within which rows are neighbours; empty for none.
        clock: The time column, by which they are; empty for none.
        halves: Two; none where the history is too short, or has fewer than two columns.
        days: datetime64[D], those of the history, ascending, shape (H,).
        most: So many rows of each day are used.
    """

    codes: tuple[JointCode, ...]
    key: str
    clock: str
    halves: tuple[JointHalf, ...]
    days: npt.NDArray[np.datetime64]
    most: int

    @staticmethod
    def none() -> "JointModel":
        """Of a history that has none: it measures no column."""
        return JointModel((), "", "", (), np.zeros(0, "datetime64[D]"), _LEAST_VALUES)

    @staticmethod
    def fit(days: DayTable) -> "JointModel":
        """Fits on a history; the same days give the same model.

        Days without sampled rows do not count. Where too few have any, or there are fewer than two columns,
        it is `none()`.
        """
        columns = len(days.sample.column_names) - 2
        most = max(_MOST_CELLS // max(columns, 1), _LEAST_VALUES)
        rows = sample_rows(days, most)
        nothing = JointModel.none()
        sampled = np.unique(rows.day)
        of_half = [sampled[_half(days.days)[sampled] == half] for half in (0, 1)]
        if min(len(each) for each in of_half) < _LEAST_DAYS:
            return nothing
        used = [rows.of_days(_spread(each)) for each in of_half]
        codes = fit_codes(joined_rows(*used))
        if len(codes) < 2:
            return nothing
        key = key_of(codes, used[0])
        halves = tuple(fit_half(codes, each, key) for each in used)
        return JointModel(codes, key, rows.clock, halves, days.days, most)

    @property
    def names(self) -> tuple[str, ...]:
        """(M,) the columns that are measured; empty where there is no model."""
        return tuple(code.name for code in self.codes) if self.halves else ()

    def measures(self, days: DayTable) -> JointMeasures:
        """Measures days: of the history by the half that does not have them, others by the mean of both."""
        values, noise = (np.full((len(days.days), len(self.names)), np.nan) for _ in range(2))
        if not self.halves:
            return JointMeasures((), values, noise)
        rows = self._rows(days)
        is_known, half = np.isin(days.days, self.days), _half(days.days)
        for place, fitted in enumerate(self.halves):
            wanted = np.flatnonzero(~is_known | (half != place))
            for start in range(0, len(wanted), _CHUNK_DAYS):
                part = rows.of_days(wanted[start : start + _CHUNK_DAYS])
                if not len(part.day):
                    continue
                starts, _ = day_starts(part.day)
                at = part.day[starts]
                (measured, noise[at]), earlier = self._by(fitted, part), values[at]
                values[at] = np.where(np.isnan(earlier), measured, (earlier + measured) / 2)
        return JointMeasures(self.names, values, noise)

    def surprises(self, days: DayTable, column: str) -> tuple[Places, Floats]:
        """How much each sampled row of a column is not as the others say.

        Returns:
            The place of each row's day, shape (N,), and the squared difference in variances within
            a day, mean over both halves, NaN where the column is missing, shape (N,). Rows are those of
            `sample_rows(days, self.most)`.
        """
        rows = self._rows(days)
        place = self.names.index(column)
        surprise = np.zeros(len(rows.day))
        for half in self.halves:
            fit = fit_of(half, self.codes, rows, self.key)
            own = targets_of(self.codes, half.embeddings)[1] == place
            differences = (fit.observed[:, own] - fit.predicted[:, own]).astype(np.float64)
            surprise += (differences**2).mean(axis=1) / len(self.halves)
        return rows.day, np.where(self.codes[place].is_present(rows), surprise, np.nan)

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Plain arrays for an npz file without pickle."""
        arrays: dict[str, npt.NDArray[Any]] = {
            "days": self.days.astype("datetime64[D]").astype(np.int64),
            "names": np.array([code.name for code in self.codes], np.str_),
            "key": np.array(self.key, np.str_),
            "clock": np.array(self.clock, np.str_),
            "most": np.array(self.most),
        }
        for place, code in enumerate(self.codes):
            arrays |= {f"code{place}/{name}": each for name, each in code.to_arrays().items()}
        for place, half in enumerate(self.halves):
            arrays |= {f"half{place}/{name}": each for name, each in half.to_arrays().items()}
        return arrays

    @staticmethod
    def from_arrays(arrays: Mapping[str, npt.NDArray[Any]]) -> "JointModel":
        """The model whose `to_arrays` these are."""
        codes = tuple(
            JointCode.from_arrays(str(name), _under(arrays, f"code{place}/"))
            for place, name in enumerate(arrays["names"])
        )
        parts = [part for part in (_under(arrays, f"half{place}/") for place in (0, 1)) if part]
        days = np.asarray(arrays["days"]).astype("datetime64[D]")
        halves = tuple(JointHalf.from_arrays(part) for part in parts)
        key, clock, most = (arrays[name].item() for name in ("key", "clock", "most"))
        return JointModel(codes, str(key), str(clock), halves, days, int(most))

    def _rows(self, days: DayTable) -> SampleRows:
        return replace(sample_rows(days, self.most), clock=self.clock)

    def _by(self, half: JointHalf, rows: SampleRows) -> tuple[Floats, Floats]:
        """The ties of the days that have rows, at least one, and their noise, both (days, M)."""
        present = np.stack([code.is_present(rows) for code in self.codes], axis=1)
        column = targets_of(self.codes, half.embeddings)[1]
        ties = ties_of(half, fit_of(half, self.codes, rows, self.key), rows, present, column)
        counts = np.add.reduceat(present.astype(np.int64), day_starts(rows.day)[0], axis=0)
        enough = counts >= _LEAST_VALUES
        noise = 1 / np.sqrt(np.maximum(counts, 1))
        return np.where(enough, ties, np.nan), np.where(enough, noise, np.nan)


def _half(days: npt.NDArray[np.datetime64]) -> npt.NDArray[np.int64]:
    return days.astype("datetime64[D]").astype(np.int64) // _WEEK % 2


def _spread(places: Places) -> Places:
    """At most 30 of these, evenly spread."""
    if len(places) <= _FITTED_DAYS:
        return places
    return places[np.linspace(0, len(places) - 1, _FITTED_DAYS).astype(np.intp)]


def _under(arrays: Mapping[str, npt.NDArray[Any]], prefix: str) -> dict[str, npt.NDArray[Any]]:
    return {name[len(prefix) :]: each for name, each in arrays.items() if name.startswith(prefix)}
