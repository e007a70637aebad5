"""A cron line in systemd's calendar events: the values of `OnCalendar=`."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from cronsim import CronSim

from commands.schedule.printing.cron_fields import (
    DAYS,
    HOURS,
    MINUTES,
    MONTHS,
    WEEKDAYS,
    CronFields,
    numbers,
)
from perennial.errors import UsageError

_NAMES: Final = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
_ALL: Final = frozenset(WEEKDAYS)
_WORKING: Final = frozenset({1, 2, 3, 4, 5})


class _DayRule(NamedTuple):
    """Days that one calendar event can name: those of the month that fall on the weekdays.

    `days` are counted from the month's last day where they are negative: -1 is the last one.
    """

    weekdays: frozenset[int]
    days: frozenset[int]


def on_calendar(fields: CronFields, zone: str) -> list[str]:
    """The calendar events of a cron line, in its zone; the line's times are those of all of them together.

    A cron line with a day of the month and a weekday means "one of the two", which takes two events.

    Raises:
        UsageError: systemd cannot express the line.
    """
    months = numbers(fields.months, MONTHS, dash="..", width=2)
    hours = numbers(fields.hours, HOURS, dash="..", width=2)
    minutes = numbers(fields.minutes, MINUTES, dash="..", width=2)
    events = []
    for rule in _day_rules(fields):
        weekdays = "" if rule.weekdays == _ALL else f"{_weekdays(rule.weekdays)} "
        events.append(f"{weekdays}*-{months}{_days(rule.days)} {hours}:{minutes}:00 {zone}")
    return events


def _weekdays(weekdays: Iterable[int]) -> str:
    # A week begins with Monday, or else Sunday could end no range.
    return ",".join(_NAMES[each % 7] for each in sorted(each or 7 for each in weekdays))


def _days(days: frozenset[int]) -> str:
    if min(days) < 0:
        return "~" + numbers({-each for each in days}, DAYS, dash="..", width=2)
    return "-" + numbers(days, DAYS, dash="..", width=2)


def _day_rules(fields: CronFields) -> list[_DayRule]:
    """The fewest rules whose days together are those of the line."""
    by_day, by_weekday = _of_days(fields.days), _of_weekdays(fields)
    if not fields.both:
        either = [*by_day, *by_weekday]
        every = _DayRule(_ALL, frozenset(DAYS))
        return [every] if every in either else either
    rules = [_both(one, other, fields.line) for one in by_day for other in by_weekday]
    return [rule for rule in rules if rule.weekdays and rule.days]


def _of_days(days: frozenset[int]) -> list[_DayRule]:
    rules = []
    if plain := frozenset(day for day in days if day > 0):
        rules.append(_DayRule(_ALL, plain))
    if CronSim.LAST in days:
        rules.append(_DayRule(_ALL, frozenset({-1})))
    if CronSim.LAST_WEEKDAY in days:
        # The last day itself; the day or two days before it, where that is a Friday before a weekend.
        rules += [_DayRule(_WORKING, frozenset({-1})), _DayRule(frozenset({5}), frozenset({-2, -3}))]
    return rules


def _of_weekdays(fields: CronFields) -> list[_DayRule]:
    rules = [_DayRule(fields.weekdays, frozenset(DAYS))] if fields.weekdays else []
    for weekday, n in sorted(fields.nth_weekdays):
        # The seven days of the month on which the n-th one falls; the last seven, counted from the end.
        days = range(-7, 0) if n == CronSim.LAST else range(7 * n - 6, min(7 * n, 31) + 1)
        rules.append(_DayRule(frozenset({weekday}), frozenset(days)))
    return rules


def _both(one: _DayRule, other: _DayRule, line: str) -> _DayRule:
    """The days that both rules have.

    Raises:
        UsageError: One counts from the month's first day and the other from its last.
    """
    weekdays = one.weekdays & other.weekdays
    for rule, second in ((one, other), (other, one)):
        if rule.days >= set(DAYS):
            return _DayRule(weekdays, second.days)
    if min(one.days) * min(other.days) < 0:
        raise UsageError(
            f'systemd cannot express `schedule.cron: "{line}"`: it counts days from the first and from the'
            " last day of a month at once.",
            "Run `schedule`, or write a line with only one of the two.",
        )
    return _DayRule(weekdays, one.days & other.days)
