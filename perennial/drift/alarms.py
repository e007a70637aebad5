"""When an alarm opens, which columns belong to it, and when it closes: one opening is one alarm."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# An alarm closes after so many days without its columns.
QUIET_DAYS: Final = 7
# A column that moves within so many days of an opening belongs to it: one cause.
_SAME_CAUSE_DAYS: Final = 2


@dataclass
class Opening:
    """One alarm by places of days and columns.

    Attributes:
        first: The day on which it opened.
        last: The last day on which one of its columns was above the threshold.
        columns: By column, the largest score above the threshold.
        closed: The first day on which it is no longer open; None while it is.
    """

    first: int
    last: int
    columns: dict[int, float] = field(default_factory=dict)
    closed: int | None = None


class AlarmRules:
    """Follows scores by day, and keeps the alarms that they open."""

    def __init__(self) -> None:
        """Begins without an alarm."""
        self.alarms: list[Opening] = []
        self.open: list[Opening] = []

    def step(self, day: int, scores: Floats, threshold: float) -> int:
        """Takes a day's scores, (columns,), NaN where not checked; gives how many alarms opened, 0 or 1."""
        for alarm in [alarm for alarm in self.open if day - alarm.last > QUIET_DAYS]:
            alarm.closed = alarm.last + QUIET_DAYS + 1
            self.open.remove(alarm)
        with np.errstate(invalid="ignore"):
            high = [int(column) for column in np.flatnonzero(scores > threshold)]
        fresh = []
        for column in high:
            owner = next((alarm for alarm in self.open if column in alarm.columns), None)
            if owner is None:
                fresh.append(column)
                continue
            owner.last = day
            owner.columns[column] = max(owner.columns[column], float(scores[column]))
        if not fresh:
            return 0
        joined = next((alarm for alarm in reversed(self.open) if day - alarm.first <= _SAME_CAUSE_DAYS), None)
        opened = joined is None
        alarm = Opening(day, day) if joined is None else joined
        if opened:
            self.alarms.append(alarm)
            self.open.append(alarm)
        alarm.last = day
        alarm.columns |= {column: float(scores[column]) for column in fresh}
        return int(opened)


def openings(scores: Floats, thresholds: Floats) -> list[Opening]:
    """The alarms of scores (days, columns) against thresholds (days,); NaN thresholds judge nothing."""
    rules = AlarmRules()
    with np.errstate(invalid="ignore"):
        above = np.flatnonzero((scores > thresholds[:, None]).any(axis=1))
    for day in above:
        rules.step(int(day), scores[day], float(thresholds[day]))
    for alarm in rules.alarms:
        if alarm.closed is None and len(scores) - 1 - alarm.last > QUIET_DAYS:
            alarm.closed = alarm.last + QUIET_DAYS + 1
    return rules.alarms
