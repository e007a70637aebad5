"""Troubles of persons, configs, processes, disks and clocks; each changes a few days of a draft."""

from datetime import timedelta

from benchmarks.proofs.year.days import AFTERNOON, EVENING, NOON, RETRY, SOON, YearDraft
from benchmarks.proofs.year.export_troubles import Episode, late_hours, not_yet
from benchmarks.proofs.year.plan import HOUR, MINUTE, FaultKind, Point, YearEvent


def reject_in_use(year: YearDraft, day: int) -> int:
    """A person rejects a span that the live version was trained on."""
    span = year.clean_span(day, 2, 4)
    year.spoil(span)
    year.later(day, NOON, [YearEvent("reject", span)], act="none")
    return 2


def rollback(year: YearDraft, day: int) -> int:
    """A person rolls back; by chance nothing new lands the day after."""
    year.later(day, NOON, [YearEvent("rollback")], act="none")
    if year.one_of("late", "in time") == "late":
        late_hours(year, day + 1)
    return 2


def paused(year: YearDraft, day: int) -> int:
    """The schedule is paused over some cron times; by chance a person runs it meanwhile."""
    after = year.some(1, 3)
    year.later(day, NOON, [YearEvent("pause")])
    if year.one_of("run", "none") == "run":
        year.later(day + 1, AFTERNOON - HOUR, act="run")
    if year.one_of("at noon", "before the look") == "at noon":
        year.later(day + after, AFTERNOON, [YearEvent("resume")])
    else:
        year.days[day + after + 1].landing.append(YearEvent("resume"))
    return after + 2


def approve_nothing(year: YearDraft, day: int) -> int:
    """A person approves, and nothing waits."""
    year.later(day, NOON, [YearEvent("approve")], act="none")
    return 1


def approve_late(year: YearDraft, day: int) -> int:
    """A person rolls back while a candidate waits, then approves: live is not what it was compared with."""
    if day < 3:
        return 0  # there is no version to go back to
    year.days[day].landing.insert(0, YearEvent("configure", push="ask"))
    year.later(day, NOON, [YearEvent("rollback")], act="none")
    year.later(day, AFTERNOON, [YearEvent("approve")], act="none")
    year.days[day + 1].landing.insert(0, YearEvent("configure"))
    return 2


def hand_run(year: YearDraft, day: int) -> int:
    """A person runs what has just landed; the next look finds nothing new in it."""
    not_yet(year, day)
    year.later(day, NOON, [year.land(year.days[day].span)], act="run")
    year.later(day, AFTERNOON)
    return 1


def config_broken(year: YearDraft, day: int) -> int:
    """The config does not load at a cron time or two, then it is fixed."""
    after = year.some(0, 1)
    year.days[day].landing.append(YearEvent("break_config"))
    year.ask_overdue(day)
    year.later(day + after, NOON, [YearEvent("fix_config")])
    return after + 1


def asked(year: YearDraft, day: int) -> int:
    """`push: ask` for some days; a person approves, or a newer candidate replaces what waits."""
    after = year.some(1, 3)
    year.days[day].landing.insert(0, YearEvent("configure", push="ask"))
    if year.one_of("approve", "leave") == "approve":
        year.later(day + year.random.randrange(after), NOON, [YearEvent("approve")])
    year.days[day + after].landing.insert(0, YearEvent("configure"))
    return after + 1


def freeze(year: YearDraft, day: int) -> int:
    """Nothing is pushed for some days; what waits is approved, replaced, or published by the next run."""
    after = year.some(1, 2)
    dates = tuple(year.local_date(frozen) for frozen in range(day, day + after))
    year.days[day].landing.insert(0, YearEvent("configure", freeze=dates))
    way = year.one_of("approve", "newer", "late")
    if way == "approve":
        year.later(day + after - 1, NOON, [YearEvent("approve")])
    elif way == "late":
        late_hours(year, day + after)
    return after + 1


def killed(fault: FaultKind, *points: Point) -> Episode:
    """A process is killed while the day's span is trained on; the first retry goes on."""

    def plan(year: YearDraft, day: int) -> int:
        year.fault(day, fault, year.one_of(*points))
        year.later(day, RETRY - 3 * MINUTE)
        year.later(day, RETRY)
        return 1

    return plan


def retries_over(year: YearDraft, day: int) -> int:
    """Each retry fails; then nothing is tried until the next cron time."""
    year.fault(day, "kill_chain", "Trainer")
    seconds = SOON
    for wait in year.rules.retry:
        seconds += wait + MINUTE
        year.later(day, seconds, fault="kill_chain", point="Trainer")
    year.later(day, EVENING)
    return 2


def faulty(fault: FaultKind, point: Point) -> Episode:
    """A fault at the look that answers the cron time, and a look after it."""

    def plan(year: YearDraft, day: int) -> int:
        year.fault(day, fault, point)
        if fault == "disk_full":
            year.later(day, RETRY)
        return 1

    return plan


def clock_forward(year: YearDraft, day: int) -> int:
    """One look sees a clock that is days ahead, the next one the right time."""
    year.later(day, NOON, clock=timedelta(days=year.random.randint(2, 40)))
    year.later(day, NOON + 5 * MINUTE)
    return 1


def clock_back(year: YearDraft, day: int) -> int:
    """The look that answers the cron time sees a clock that is days behind, the next one the right time."""
    year.days[day].looks = False
    year.later(day, SOON + MINUTE, clock=-timedelta(days=year.random.randint(2, 5)))
    year.later(day, SOON + 6 * MINUTE)
    return 1


def downtime(year: YearDraft, day: int) -> int:
    """Nothing looks for some days; one look then answers all cron times, in time for the last or not."""
    after = year.some(1, 4)
    for down in range(day, day + after):
        year.days[down].looks = False
        year.ask_overdue(down)
    if year.one_of("in time", "late") == "late":
        year.days[day + after].looks = False
        year.later(day + after, NOON)
    return after + 1
