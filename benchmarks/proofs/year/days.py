"""A year while its plan is written: a day (or month) for each span, which an episode of trouble changes."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from benchmarks.proofs.year.dates import end, next_cron, span_after, text
from benchmarks.proofs.year.plan import (
    HOUR,
    MINUTE,
    Act,
    FaultKind,
    Point,
    Variant,
    YearEvent,
    YearMoment,
    YearRules,
)

Chosen = TypeVar("Chosen", bound=str)
SOON: Final = MINUTE  # after the cron time: the look that answers it
RETRY: Final = SOON + 6 * MINUTE  # the first retry is due
NOON: Final = 8 * HOUR  # late enough that the cron time was missed
AFTERNOON: Final = 10 * HOUR
EVENING: Final = 14 * HOUR


@dataclass
class YearDay:
    """What happens from one cron time to the next.

    Attributes:
        span: The span that is expected.
        tick: The cron time after that span's end.
        landing: What happens before the look that answers the cron time.
        look: That look; its time and events are filled in at the end.
        looks: Whether there is such a look; else its events happen, and nothing looks.
        later: The other moments.
        troubles: The kinds of trouble that begin on this day.
    """

    span: str
    tick: datetime
    landing: list[YearEvent]
    look: YearMoment = field(default_factory=lambda: YearMoment(""))
    looks: bool = True
    later: list[YearMoment] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    def moments(self) -> list[YearMoment]:
        """The day's moments, in order."""
        act: Act = "schedule" if self.looks else "none"
        morning = replace(
            self.look,
            at=text(self.tick + timedelta(seconds=SOON)),
            events=tuple(self.landing),
            act=act,
            troubles=tuple(self.troubles),
        )
        return sorted([morning, *self.later], key=lambda moment: moment.at)


class YearDraft:
    """The days of a year, and which spans an episode may still use.

    Attributes:
        rules: The settings of the use case.
        random: The seeded source of all choices.
        days: One for each span after those that lie there at first.
        clean: Indexes of days whose span is whole, in use and on disk.
        missing: Indexes of days whose span never came.
    """

    def __init__(self, rules: YearRules, seed: int) -> None:
        self.rules = rules
        self.random = random.Random(seed)
        self.missing: list[int] = []
        self._contents: dict[str, int] = {}
        self._turns: dict[tuple[str, ...], int] = {}
        spans = [rules.first]
        while len(spans) < rules.spans:
            spans.append(span_after(spans[-1]))
        first, rest = spans[: rules.initial - 1], spans[rules.initial - 1 :]
        self.days = [YearDay(span, next_cron(rules, end(span, rules)), [self.land(span)]) for span in rest]
        self.clean = set(range(len(self.days)))
        self.days[0].landing[:0] = [self.land(span) for span in first]

    def land(
        self, span: str, variant: Variant = "whole", *, of: str = "", complete: bool = True
    ) -> YearEvent:
        """The event that lands other content of a span than ever before."""
        self._contents[span] = self._contents.get(span, 0) + 1
        return YearEvent("land", span, self._contents[span], variant, of, complete)

    def later(
        self,
        day: int,
        seconds: int,
        events: Sequence[YearEvent] = (),
        act: Act = "schedule",
        *,
        clock: timedelta | None = None,
        fault: FaultKind = "",
        point: Point = "",
    ) -> None:
        """A moment so many seconds after a day's cron time; `clock`: how far the clock is off."""
        at = self.days[day].tick + timedelta(seconds=seconds)
        wrong = "" if clock is None else text(at + clock)
        self.days[day].later.append(YearMoment(text(at), tuple(events), act, wrong, fault, point))

    def fault(self, day: int, fault: FaultKind, point: Point = "") -> None:
        """What goes wrong at the look that answers a day's cron time."""
        self.days[day].look = replace(self.days[day].look, fault=fault, point=point)

    def ask_overdue(self, day: int) -> None:
        """Asks just before and just after a day's span is late, and again when it is overdue."""
        late = end(self.days[day].span, self.rules) + timedelta(seconds=self.rules.within)
        for when_due in (late, late + timedelta(seconds=self.rules.every)):
            for seconds in (-2 * MINUTE, 2 * MINUTE):
                when = when_due + timedelta(seconds=seconds)
                self.days[day].later.append(YearMoment(text(when), act="none"))

    def some(self, least: int, most: int) -> int:
        """A number of days; of months always the least."""
        return self.random.randint(least, most) if self.rules.span == "day" else least

    def one_of(self, *choices: Chosen) -> Chosen:
        """One of them, each in turn; the seed chooses the first."""
        turn = self._turns.get(choices, self.random.randrange(len(choices)))
        self._turns[choices] = turn + 1
        return choices[turn % len(choices)]

    def clean_span(self, day: int, least: int, most: int) -> str:
        """A clean span so many days older than a day's; the newest where there is none of that age."""
        ages = [age for age in range(least, most + 1) if day - age in self.clean]
        index = day - self.random.choice(ages) if ages else max(index for index in self.clean if index < day)
        return self.days[index].span

    def spoil(self, span: str) -> None:
        """No later episode uses this span."""
        self.clean -= {index for index in self.clean if self.days[index].span == span}

    def local_date(self, day: int) -> str:
        """The date of a day's cron time, on the schedule's clock."""
        return self.days[day].tick.astimezone(ZoneInfo(self.rules.zone)).date().isoformat()
