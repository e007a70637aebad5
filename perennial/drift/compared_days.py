"""Days beside what the days before let expect of them, before anything is scaled."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from perennial.drift.residuals import (
    Baseline,
    DayExpectation,
    Flags,
    Residuals,
    fit_expectation,
    residuals,
)

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Calendar:
    """A calendar without gaps, as rows of all arrays.

    Attributes:
        weekday: (days,) 0 to 6; all 0 where the days are no real ones in succession.
        odd: (days,) whether a day is known to be odd, and compared with its like.
        left_out: (days,) whether a day is compared with the others, but is in no level.
    """

    weekday: Indices
    odd: Flags
    left_out: Flags

    @property
    def apart(self) -> Flags:
        """(days,) the days that are in no level."""
        return self.odd | self.left_out


@dataclass(frozen=True)
class ComparedDays:
    """Days of a calendar without gaps, each compared with its baselines, before anything is scaled.

    Attributes:
        residuals: By baseline, day and measure; on days that are apart the first baseline alone.
        noise: (days, measures).
        odd: (days,).
    """

    residuals: Residuals
    noise: Floats
    odd: Flags

    def at(self, days: Flags | Indices) -> "ComparedDays":
        """Some of the days."""
        rest = self.residuals
        parts = (each[:, days] for each in (rest.rest, rest.expected, rest.observed))
        return ComparedDays(Residuals(*parts), self.noise[days], self.odd[days])


def compare(
    values: Floats,
    noise: Floats,
    calendar: Calendar,
    expectation: DayExpectation,
    baselines: tuple[Baseline, ...],
) -> ComparedDays:
    """Compares all days, (days, measures), with the days before each."""
    if not calendar.apart.any():
        return ComparedDays(residuals(values, calendar.weekday, expectation, baselines), noise, calendar.odd)
    at = calendar.apart
    plain = np.where(at[:, None], np.nan, values)
    rest = residuals(plain, calendar.weekday, expectation, baselines)
    rest.observed[0][at] = values[at]
    rest.rest[0][at] = values[at] - rest.expected[0][at]
    return ComparedDays(rest, noise, calendar.odd)


def fit_expected(values: Floats, calendar: Calendar, use: Flags) -> DayExpectation:
    """The expectation that the days of `use` that are not apart give."""
    plain = np.where(calendar.apart[:, None], np.nan, values)
    return fit_expectation(plain, calendar.weekday, use)
