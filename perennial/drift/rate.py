"""How often false alarms may come, as a user writes it: "1 per quarter", "2 per year", "1 per 90 days"."""

import re
from dataclasses import dataclass
from typing import Final

from perennial.errors import UsageError

_DAYS: Final = {"day": 1, "week": 7, "month": 365.25 / 12, "quarter": 365.25 / 4, "year": 365.25}
_FORM: Final = re.compile(r"\s*(\d+)\s+per\s+(?:(\d+)\s+)?(day|week|month|quarter|year)s?\s*", re.IGNORECASE)
_MOST: Final = 0.5  # alarms a day: with more, an alarm says nothing
_LEAST: Final = 1 / (10 * 365.25)  # with fewer, no history is long enough
EXAMPLE: Final = "1 per quarter"


@dataclass(frozen=True)
class Rate:
    """A rate of false alarms.

    Attributes:
        text: As it was written, in lower case with single spaces.
        per_day: Expected number of false alarms a day.
    """

    text: str
    per_day: float

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """The rate that a text such as `1 per quarter` or `2 per 90 days` states.

        Raises:
            UsageError: The text is no rate, or one that cannot be held.
        """
        match = _FORM.fullmatch(text)
        if match is None:
            raise UsageError(f"`{text}` is no rate of false alarms.", _REMEDY)
        count, periods, unit = int(match[1]), int(match[2] or 1), match[3].lower()
        per_day = count / (periods * _DAYS[unit]) if periods else float("inf")
        if not _LEAST * 0.999 <= per_day <= _MOST:
            raise UsageError(
                f"`{text}` is outside of what can be held: one false alarm in 2 days to one in 10 years.",
                _REMEDY,
            )
        return cls(" ".join(text.lower().split()), per_day)

    @property
    def days(self) -> float:
        """The mean number of days between two false alarms."""
        return 1 / self.per_day


_REMEDY: Final = "Write it as `1 per quarter`, `2 per year` or `1 per 90 days`."
DEFAULT: Final = Rate.parse(EXAMPLE)
