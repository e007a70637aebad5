"""Orders for a calibration and for effects of alarms: plain values, so that who orders imports no numpy."""

import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict

from perennial.drift.settings import BaselineName

# The file of a span's `AlarmEffect`s, in the folder that DriftEffects puts out.
EFFECTS_FILE: Final = "effects.json"
# An alarm's segment is looked for by so many of the days before it.
SEGMENT_DAYS: Final = 84


class _Plain(BaseModel):
    model_config = ConfigDict(frozen=True)


class HistorySpan(_Plain):
    """A span of the history.

    Attributes:
        span: Its name.
        days: Folder of its day summaries.
        trained: Whether the live model was trained on it.
        pinned: Whether `drift.pinned` names it.
        alarms: First and last day, ISO, of each alarm of it that no person has decided about: these days are
            left out. The last one is empty where the alarm had not ended.
    """

    span: str
    days: str
    trained: bool = False
    pinned: bool = False
    alarms: tuple[tuple[str, str], ...] = ()


class CalibrationOrder(_Plain):
    """What a calibration is made from.

    Attributes:
        spans: The accepted spans, oldest first; at least one.
        rate: The stated rate of false alarms.
        history: Seconds before the newest day that days count.
        calendar: Dates that are known to be odd.
        baselines: Names of what days are compared with.
    """

    spans: tuple[HistorySpan, ...]
    rate: str
    history: int
    calendar: tuple[datetime.date, ...] = ()
    baselines: tuple[BaselineName, ...] = ()


class CalibrationOutcome(_Plain):
    """What became of an order.

    Attributes:
        state: `calibrated` or `not calibrated`.
        days: How many days it was made from.
        needed: How many more are needed; 0 if it is calibrated.
        digest: SHA-256 of the file.
    """

    state: str
    days: int
    needed: int
    digest: str


class AlarmOrder(_Plain):
    """A drift alarm whose effect on the live model's scores is asked for.

    Attributes:
        subject: What the alarm is about.
        since: The first day of the change, ISO; "" where rows have no day.
        until: Its last day; "" while it goes on.
        columns: The columns that it is in; empty: it is the number of rows.
        baseline: With what they are compared: `season`, `previous`, `training` or `pinned`.
    """

    subject: str
    since: str
    until: str
    columns: tuple[str, ...]
    baseline: str


class AlarmEffect(_Plain):
    """What the change behind a drift alarm does to the live model's scores.

    Attributes:
        subject: Of the alarm.
        number: By how much the mean score is higher because of it, in the score's unit; None: not known.
        text: A sentence: how far the mean score moves, or why that is not known.
    """

    subject: str
    number: float | None
    text: str

    @classmethod
    def unknown(cls, subject: str, why: str) -> "AlarmEffect":
        """One that is not known; `why` is a clause."""
        text = f"Its effect on the live model's scores is not known: {why}."
        return cls(subject=subject, number=None, text=text)
