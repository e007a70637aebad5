"""What a judgement of days says: their scores, the threshold and the alarms that opened."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from perennial.drift.alarm_records import Alarm
from perennial.drift.causes import Judged
from perennial.drift.threshold import day_scores

Floats = npt.NDArray[np.float64]
Dates = npt.NDArray[np.datetime64]


@dataclass(frozen=True)
class DayJudgement:
    """The judged days.

    Attributes:
        judged: The days with those before them, by which their levels are.
        at: Which of them were judged.
        alarms: What opened.
    """

    judged: Judged
    at: npt.NDArray[np.int64]
    alarms: tuple[Alarm, ...]

    @property
    def days(self) -> Dates:
        """(J,) the judged days."""
        return self.judged.days[self.at]

    @property
    def scores(self) -> Floats:
        """(J,) the largest score of each; NaN: not checked."""
        return day_scores(self.judged.scores[self.at])

    @property
    def thresholds(self) -> Floats:
        """(J,); NaN: not calibrated."""
        return self.judged.thresholds[self.at]

    @property
    def by_column(self) -> Floats:
        """(J, C) scores."""
        return self.judged.scores[self.at]

    def not_checked(self) -> dict[str, int]:
        """By column, on how many judged days it was not checked; columns that always were are left out."""
        columns = dict.fromkeys(self.judged.series.columns)
        missing = np.isnan(self.by_column).sum(axis=0)
        return {name: int(count) for name, count in zip(columns, missing, strict=True) if count}
