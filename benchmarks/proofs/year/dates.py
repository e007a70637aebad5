"""The oracle's own calendar: when a cron line is due, when spans begin and end, when they are overdue."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Final, Literal
from zoneinfo import ZoneInfo

from benchmarks.proofs.year.plan import DAY, YearRules

Overdue = Literal["fresh", "warn", "overdue"]
OVERDUE_CODES: Final[dict[Overdue, int]] = {"fresh": 0, "warn": 1, "overdue": 2}
_LONGEST: Final = {"day": DAY, "month": 31 * DAY}


def moment(text: str) -> datetime:
    """The moment that `2013-01-08T01:31:00Z` is."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def text(when: datetime) -> str:
    """A moment as `2013-01-08T01:31:00Z`."""
    return when.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def local(day: date, hour: int, minute: int, zone: str) -> datetime:
    """A wall clock's time as a moment of UTC, as Debian's cron takes it.

    A time that the clock shows twice is its first one. One that it never shows is the moment of the change.
    """
    place = ZoneInfo(zone)
    wall = datetime(day.year, day.month, day.day, hour, minute)
    when = wall.replace(tzinfo=place).astimezone(timezone.utc)
    if when.astimezone(place).replace(tzinfo=None) == wall:
        return when
    after = when.astimezone(place).utcoffset()
    while (when - timedelta(minutes=1)).astimezone(place).utcoffset() == after:
        when -= timedelta(minutes=1)
    return when


def cron_times(rules: YearRules, start: datetime) -> Iterator[datetime]:
    """The times of the rules' cron line after a moment, in order, without an end."""
    minute, hour, of_month, *_ = rules.cron.split()
    day = start.astimezone(ZoneInfo(rules.zone)).date()
    while True:
        if of_month in ("*", str(day.day)):
            when = local(day, int(hour), int(minute), rules.zone)
            if when > start:
                yield when
        day += timedelta(days=1)


def next_cron(rules: YearRules, now: datetime) -> datetime:
    """The first time of the cron line after a moment."""
    return next(cron_times(rules, now))


def newest_cron(rules: YearRules, after: datetime, now: datetime) -> datetime | None:
    """The last time of the cron line after a moment and not after now; None where there is none."""
    newest = None
    for when in cron_times(rules, after):
        if when > now:
            break
        newest = when
    return newest


def span_after(span: str) -> str:
    """The span that follows a day or a month."""
    if len(span) == len("2013-01"):
        year, month = (int(part) for part in span.split("-"))
        return f"{year + month // 12}-{month % 12 + 1:02d}"
    return (date.fromisoformat(span) + timedelta(days=1)).isoformat()


def spans_from(first: str, last: str) -> list[str]:
    """The spans from one to another, both included; none where the last is before the first."""
    spans = []
    while first <= last:
        spans.append(first)
        first = span_after(first)
    return spans


def begin(span: str, rules: YearRules) -> datetime:
    """The first moment of a span."""
    return local(
        date.fromisoformat(span if len(span) > len("2013-01") else f"{span}-01"), 0, 0, rules.span_zone
    )


def end(span: str, rules: YearRules) -> datetime:
    """The end of a span's period: the first moment after it."""
    return begin(span_after(span), rules)


@dataclass(frozen=True)
class OverdueAnswer:
    """What `check-overdue` must answer.

    Attributes:
        state: fresh, warn, overdue; None where it cannot answer.
        code: Its exit code.
        since: Since when it is warn or overdue; None where it is neither.
        newest_span: The newest accepted span in use; empty where there is none.
        period_end: The end of that span's period.
        expected_end: The end of the period that is expected next.
    """

    state: Overdue | None
    code: int
    since: datetime | None = None
    newest_span: str = ""
    period_end: datetime | None = None
    expected_end: datetime | None = None


CANNOT_ANSWER: Final = OverdueAnswer(None, 3)


def overdue(newest_span: str, now: datetime, rules: YearRules) -> OverdueAnswer:
    """How late the span after the newest accepted one is."""
    period_end = end(newest_span, rules)
    every, within = timedelta(seconds=rules.every), timedelta(seconds=rules.within)
    longer = rules.every > _LONGEST[rules.span]
    expected_end = period_end + every if longer else end(span_after(newest_span), rules)
    warned, late = expected_end + within, expected_end + within + every
    state: Overdue = "overdue" if now >= late else "warn" if now >= warned else "fresh"
    since = {"fresh": None, "warn": warned, "overdue": late}[state]
    return OverdueAnswer(state, OVERDUE_CODES[state], since, newest_span, period_end, expected_end)
