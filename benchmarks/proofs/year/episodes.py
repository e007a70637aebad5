"""The kinds of trouble: each changes a few days of a draft, and is over after them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from benchmarks.proofs.year.days import AFTERNOON, EVENING, NOON, RETRY, SOON, YearDraft
from benchmarks.proofs.year.plan import DAY, HOUR, MINUTE, FaultKind, Point, Variant, YearEvent

Episode = Callable[[YearDraft, int], int]  # the draft, the first day; how many days it takes


@dataclass(frozen=True)
class EpisodeKind:
    """A kind of trouble: how it is planned, the most days it takes, whether a year of months has it."""

    plan: Episode
    days: int
    of_months: bool = True


def late_hours(year: YearDraft, day: int) -> int:
    """The export lands after the look; `new_export` finds it."""
    _not_yet(year, day)
    year.later(day, NOON, [year.land(year.days[day].span)])
    return 1


def late_days(year: YearDraft, day: int) -> int:
    """The export lands days later, after those that follow it."""
    _not_yet(year, day)
    after = year.some(1, 3)
    year.later(day + after, NOON, [year.land(year.days[day].span)])
    return after + 1


def late_together(year: YearDraft, day: int) -> int:
    """Nothing lands for days, then all of it at once."""
    after = year.some(1, 2)
    for late in range(day, day + after):
        _not_yet(year, late)
    year.days[day + after].landing[:0] = [year.land(year.days[late].span) for late in range(day, day + after)]
    return after + 1


def out_of_order(year: YearDraft, day: int) -> int:
    """The next span lands first, this one two hours after it."""
    _not_yet(year, day)
    _not_yet(year, day + 1)
    year.later(day + 1, NOON, [year.land(year.days[day + 1].span)])
    year.later(day + 1, AFTERNOON, [year.land(year.days[day].span)])
    return 2


def missing(year: YearDraft, day: int) -> int:
    """The export never lands; where spans wait for it, or by chance, a person says so the day after."""
    _not_yet(year, day)
    if year.rules.gap == "wait" or year.one_of("yes", "no") == "yes":
        year.later(day + 1, NOON, [YearEvent("reject", year.days[day].span)], act="run")
    year.missing.append(day)
    return 2


def backfilled(year: YearDraft, day: int) -> int:
    """A span that was missing lands when the window has left it behind; 0 days where there is none."""
    old = [index for index in year.missing if index < day - 2 * year.rules.window]
    if not old:
        return 0
    year.missing.remove(old[0])
    year.later(day, NOON, [year.land(year.days[old[0]].span)])
    return 1


def incomplete(year: YearDraft, day: int) -> int:
    """The export has no `_SUCCESS`; it is written hours or days later."""
    span = year.days[day].span
    year.spoil(span)
    year.days[day].landing = [year.land(span, complete=False)]
    year.ask_overdue(day)
    after = year.some(0, 2)
    year.later(day + after, NOON, [YearEvent("complete", span)])
    return after + 1


def bad_rows(variant: Variant, *ways: str) -> Episode:
    """An export that is withheld, and how that ends: by a correction, a person, or not at all."""

    def plan(year: YearDraft, day: int) -> int:
        span, way = year.days[day].span, year.one_of(*ways)
        of = year.clean_span(day, 1, 3) if variant == "duplicate" else ""
        year.spoil(span)
        year.days[day].landing = [year.land(span, variant, of=of)]
        year.ask_overdue(day)
        if way == "correct":
            year.later(day, NOON, [year.land(span)])
        elif way in ("accept", "reject"):
            hand = year.one_of("run", "none") == "run"
            event = YearEvent("accept" if way == "accept" else "reject", span)
            year.later(day, NOON, [event], act="run" if hand else "none")
        return 1 if way == "correct" else 2

    return plan


def labels_late(year: YearDraft, day: int) -> int:
    """No row has its label; an export that has them replaces it a day later."""
    span = year.days[day].span
    year.spoil(span)
    year.days[day].landing = [year.land(span, "unlabelled")]
    year.ask_overdue(day)
    if year.rules.span == "day":
        year.days[day + 1].landing.insert(0, year.land(span))
        return 2
    year.later(day, DAY + NOON, [year.land(span)])
    return 1


def corrected(year: YearDraft, day: int) -> int:
    """Other rows replace those of a span that a version was trained on."""
    year.later(day, NOON, [year.land(year.clean_span(day, 1, 4))])
    return 1


def corrected_newest(year: YearDraft, day: int) -> int:
    """Other rows replace those of the newest span."""
    year.later(day, NOON, [year.land(year.days[day].span)])
    return 1


def correction_blocked(year: YearDraft, day: int) -> int:
    """What replaces the newest span is blocked, then right."""
    span = year.days[day].span
    year.later(day, NOON, [year.land(span, "truncated")])
    year.later(day, AFTERNOON, [year.land(span)])
    return 1


def rewritten(year: YearDraft, day: int) -> int:
    """The same bytes are written again."""
    year.later(day, NOON, [YearEvent("rewrite", year.clean_span(day, 0, 4))])
    return 1


def deleted(year: YearDraft, day: int) -> int:
    """The export of a span that was read is removed."""
    span = year.clean_span(day, 1, 4)
    year.spoil(span)
    year.later(day, NOON, [YearEvent("delete", span)])
    return 1


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


def hand_run(year: YearDraft, day: int) -> int:
    """A person runs what has just landed; the next look finds nothing new in it."""
    _not_yet(year, day)
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
        year.fault(day, fault, year.random.choice(points))
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


def _not_yet(year: YearDraft, day: int) -> None:
    year.spoil(year.days[day].span)
    year.days[day].landing = []
    year.ask_overdue(day)


KINDS: Final[dict[str, EpisodeKind]] = {
    "late by hours": EpisodeKind(late_hours, 1),
    "late by days": EpisodeKind(late_days, 4),
    "late together": EpisodeKind(late_together, 3),
    "out of order": EpisodeKind(out_of_order, 2),
    "missing": EpisodeKind(missing, 2),
    "backfilled": EpisodeKind(backfilled, 1, of_months=False),
    "incomplete": EpisodeKind(incomplete, 3),
    "truncated": EpisodeKind(bad_rows("truncated", "accept", "reject", "correct", "leave"), 2),
    "unreadable": EpisodeKind(bad_rows("unreadable", "reject", "correct", "leave"), 2),
    "empty": EpisodeKind(bad_rows("empty", "reject", "correct"), 2),
    "duplicate": EpisodeKind(bad_rows("duplicate", "reject", "correct"), 2),
    "oversized": EpisodeKind(bad_rows("oversized", "reject", "correct"), 2),
    "labels late": EpisodeKind(labels_late, 2),
    "corrected": EpisodeKind(corrected, 1),
    "newest corrected": EpisodeKind(corrected_newest, 1),
    "correction blocked": EpisodeKind(correction_blocked, 1),
    "rewritten": EpisodeKind(rewritten, 1),
    "deleted": EpisodeKind(deleted, 1),
    "rejected in use": EpisodeKind(reject_in_use, 2),
    "rollback": EpisodeKind(rollback, 2),
    "paused": EpisodeKind(paused, 5, of_months=False),
    "approve, nothing waits": EpisodeKind(approve_nothing, 1),
    "run by hand": EpisodeKind(hand_run, 1),
    "config broken": EpisodeKind(config_broken, 2),
    "push asks": EpisodeKind(asked, 4),
    "freeze": EpisodeKind(freeze, 3),
    "run killed": EpisodeKind(
        killed("kill_run", "ArrowExampleGen", "Trainer", "Evaluator", "AtomicPusher", "rename"), 1
    ),
    "chain killed": EpisodeKind(
        killed("kill_chain", "ArrowExampleGen", "Trainer", "Evaluator", "AtomicPusher"), 1
    ),
    "daemon killed": EpisodeKind(faulty("kill_daemon", "Trainer"), 1),
    "reboot in a push": EpisodeKind(killed("reboot", "AtomicPusher", "rename"), 1),
    "retries over": EpisodeKind(retries_over, 2),
    "disk full": EpisodeKind(faulty("disk_full", ""), 1),
    "two daemons": EpisodeKind(faulty("two_daemons", "Trainer"), 1),
    "clock forward": EpisodeKind(clock_forward, 1),
    "clock back": EpisodeKind(clock_back, 1),
    "downtime": EpisodeKind(downtime, 5),
}
