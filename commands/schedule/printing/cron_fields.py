"""A cron line as the sets of what its fields allow; read by cronsim, as the schedule reads it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, pairwise
from typing import Final

from cronsim import CronSim

from perennial.errors import UsageError

MINUTES: Final = range(60)
HOURS: Final = range(24)
DAYS: Final = range(1, 32)
MONTHS: Final = range(1, 13)
WEEKDAYS: Final = range(7)
# A fixed moment, before a leap year: the distances below follow from the line alone.
_START: Final = datetime(2023, 12, 31, 23, 59)
_TIMES: Final = 400


@dataclass(frozen=True)
class CronFields:
    """The sets of a cron line.

    Attributes:
        line: As the config has it.
        minutes: Of an hour.
        hours: Of a day.
        days: Days of the month; `CronSim.LAST` is the last one, `CronSim.LAST_WEEKDAY` the last one from
            Monday to Friday.
        months: 1 is January.
        weekdays: 0 is Sunday.
        nth_weekdays: (weekday, n): the n-th such day of the month; n is `CronSim.LAST` for the last one.
        both: Whether a day must be in `days` and among the weekdays; else one of the two is enough.
    """

    line: str
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    nth_weekdays: frozenset[tuple[int, int]]
    both: bool

    @property
    def has_extensions(self) -> bool:
        """Whether the line has `L` or `#`, which cron itself does not know."""
        return bool(self.nth_weekdays) or min(self.days, default=0) < 0


def cron_fields(line: str) -> CronFields:
    """Reads a cron line of five fields that the config has accepted."""
    fields = CronSim(line, _START)
    plain = {each % 7 for each in fields.weekdays if isinstance(each, int)}
    nth = {(each[0] % 7, each[1]) for each in fields.weekdays if isinstance(each, tuple)}
    return CronFields(
        line=" ".join(line.split()),
        minutes=frozenset(fields.minutes),
        hours=frozenset(fields.hours),
        days=frozenset(fields.days),
        months=frozenset(fields.months),
        weekdays=frozenset(plain),
        nth_weekdays=frozenset(nth),
        both=fields.day_and,
    )


def shortest_distance(line: str) -> timedelta:
    """The shortest time between two times of a cron line, by a clock that never changes."""
    times = islice(CronSim(line, _START), _TIMES)
    return min(later - earlier for earlier, later in pairwise(times))


def refuse_extensions(fields: CronFields, scheduler: str) -> None:
    """Refuses a line with `L` or `#` for a scheduler that does not know them.

    Raises:
        UsageError: It has one.
    """
    if fields.has_extensions:
        raise UsageError(
            f'{scheduler} has no `L` and no `#`, which `schedule.cron: "{fields.line}"` has.',
            "Print the definition for systemd, or run `schedule`; or write the line without them.",
        )


def plain_line(fields: CronFields, scheduler: str) -> str:
    """The line as every reader of five fields understands it: numbers, `*`, lists, ranges and steps.

    Other readers than cron's take a weekday and a day of the month together as "one of the two", also where
    one begins with a star; a line that asks for both is refused.

    Args:
        fields: The line.
        scheduler: How messages call the reader.

    Raises:
        UsageError: The line means something else to that scheduler, or nothing.
    """
    refuse_extensions(fields, scheduler)
    any_day, any_weekday = fields.days >= set(DAYS), fields.weekdays >= set(WEEKDAYS)
    days, weekdays = numbers(fields.days, DAYS), numbers(fields.weekdays, WEEKDAYS)
    if any_day or any_weekday:
        # A star and "one of the two" is every day; a star and "both" is what the other field says.
        days, weekdays = (days, weekdays) if fields.both else ("*", "*")
    elif fields.both:
        raise UsageError(
            f'`schedule.cron: "{fields.line}"` runs where day and weekday both fit, as one begins with a'
            f" star; {scheduler} runs where one of them fits.",
            "Print the definition for cron or systemd, or run `schedule`; or set only one of the two fields.",
        )
    hours, minutes = stepped(fields.hours, HOURS), stepped(fields.minutes, MINUTES)
    return f"{minutes} {hours} {days} {numbers(fields.months, MONTHS)} {weekdays}"


def stepped(values: Collection[int], of: range) -> str:
    """As `numbers`; a step through the whole field is `*/15`."""
    for step in range(2, len(of)):
        if len(values) > 1 and set(values) == set(of[::step]):
            return f"*/{step}"
    return numbers(values, of)


def numbers(values: Collection[int], of: range, *, dash: str = "-", width: int = 1) -> str:
    """The text of a field: `*` for all values, else a range, a range with a step, or a list.

    Args:
        values: One or more.
        of: All that the field may have.
        dash: What stands between the ends of a range.
        width: Digits of a number, at least.
    """
    if set(values) >= set(of):
        return "*"
    texts = []
    rest = sorted(values)
    while rest:
        run = _sequence(rest)
        step = run[1] - run[0] if len(run) > 1 else 0
        ends = f"{run[0]:0{width}}{dash}{run[-1]:0{width}}"
        texts += [ends if step == 1 else f"{ends}/{step}"] if step else [f"{run[0]:0{width}}"]
        rest = rest[len(run) :]
    return ",".join(texts)


def _sequence(values: list[int]) -> list[int]:
    """The longest beginning with one step, if it has three values or more; else the first value."""
    end = 2
    while end < len(values) and values[end] - values[end - 1] == values[1] - values[0]:
        end += 1
    return values[:end] if end > 2 and len(values) > 2 else values[:1]
