"""The day or the time that `history --at` asks about."""

from datetime import date, datetime, time, timedelta, timezone
from typing import NamedTuple

from perennial import clock
from perennial.errors import UsageError


class AskedMoment(NamedTuple):
    """A moment, or a day in UTC.

    Attributes:
        text: It, as an answer writes it: `2013-05-01`, or a stamp.
        first: Its first second, as a stamp.
        last: Its last second, as a stamp; `first` for a moment.
    """

    text: str
    first: str
    last: str

    @property
    def is_day(self) -> bool:
        """Whether it is a day."""
        return self.first != self.last


def asked_moment(text: str) -> AskedMoment:
    """Reads what `--at` was given.

    Args:
        text: A day such as `2013-05-01`, or an ISO time; one without a zone is in UTC.

    Raises:
        UsageError: It is neither.
    """
    text = text.strip()
    try:
        first = datetime.combine(date.fromisoformat(text), time(), timezone.utc)
    except ValueError:
        return _moment(text)
    return AskedMoment(text, clock.stamp(first), clock.stamp(first + timedelta(seconds=86399)))


def _moment(text: str) -> AskedMoment:
    try:
        stamp = clock.stamp(clock.parsed(text))
    except ValueError:
        raise UsageError(
            "--at: expected a day (2013-05-01) or a time (2013-05-01T06:00:00Z), got another text.",
            "Set it so; a time without a zone is in UTC.",
        ) from None
    return AskedMoment(stamp, stamp, stamp)
