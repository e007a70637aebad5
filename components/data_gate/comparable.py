"""With which spans a span's rows are compared in number: days with their weekday, hours with their hour."""

import datetime
from typing import Final, NamedTuple

from perennial.periods import period_of

# So many of them, the newest, are compared.
NEWEST: Final = 12


class Rhythm(NamedTuple):
    """What of a span's name its number of rows follows: None where it is no part of the name.

    Attributes:
        weekday: Of a day or an hour; Monday is 0.
        hour: Of an hour.
    """

    weekday: int | None = None
    hour: int | None = None

    @property
    def text(self) -> str:
        """What spans of one rhythm share, to stand after "of the same"; "" where that is nothing."""
        if self.weekday is None:
            return ""
        return "weekday" if self.hour is None else "hour and weekday"


def rhythm_of(span: str) -> Rhythm:
    """The rhythm of a span; one without parts of a month, a week or a number."""
    period = period_of(span)
    if period is None or period.first != period.last:
        return Rhythm()
    weekday = datetime.date.fromisoformat(period.first).weekday()
    return Rhythm(weekday, int(period.hour[-2:]) if period.hour else None)
