"""Troubles of exports: late, missing, damaged, replaced; each changes a few days of a draft."""

from collections.abc import Callable

from benchmarks.proofs.year.days import AFTERNOON, NOON, YearDraft
from benchmarks.proofs.year.plan import DAY, Variant, YearEvent

Episode = Callable[[YearDraft, int], int]  # the draft, the first day; how many days it takes


def late_hours(year: YearDraft, day: int) -> int:
    """The export lands after the look; `new_export` finds it."""
    not_yet(year, day)
    year.later(day, NOON, [year.land(year.days[day].span)])
    return 1


def late_days(year: YearDraft, day: int) -> int:
    """The export lands days later, after those that follow it."""
    not_yet(year, day)
    after = year.some(1, 3)
    year.later(day + after, NOON, [year.land(year.days[day].span)])
    return after + 1


def late_together(year: YearDraft, day: int) -> int:
    """Nothing lands for days, then all of it at once."""
    after = year.some(1, 2)
    for late in range(day, day + after):
        not_yet(year, late)
    year.days[day + after].landing[:0] = [year.land(year.days[late].span) for late in range(day, day + after)]
    return after + 1


def out_of_order(year: YearDraft, day: int) -> int:
    """The next span lands first, this one two hours after it."""
    not_yet(year, day)
    not_yet(year, day + 1)
    year.later(day + 1, NOON, [year.land(year.days[day + 1].span)])
    year.later(day + 1, AFTERNOON, [year.land(year.days[day].span)])
    return 2


def missing(year: YearDraft, day: int) -> int:
    """The export never lands; where spans wait for it, or by chance, a person says so the day after."""
    not_yet(year, day)
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


def not_yet(year: YearDraft, day: int) -> None:
    """The export does not land before the look that answers its cron time."""
    year.spoil(year.days[day].span)
    year.days[day].landing = []
    year.ask_overdue(day)
