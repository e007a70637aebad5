"""When a use case is due: each rule by a table of cases, and what holds whatever happens."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.schedule.due import DueDecision, DueFacts, PastRun, Pause, decide
from pipeline.schedule_section import ScheduleSection
from pipeline.triggers import Trigger

DAILY = {"cron": "30 5 * * *"}
HOURLY = {"cron": "0 * * * *"}


def at(text: str) -> datetime:
    """A moment such as `04-02 05:30` of 2013, in UTC."""
    return datetime.strptime(f"2013-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=timezone.utc)


def section(**given: Any) -> ScheduleSection:
    return ScheduleSection.model_validate(DAILY | given)


def past(began: str, ended: str | None, verdict: str = "KEPT", trigger: Trigger = "cron") -> PastRun:
    return PastRun(at(began), at(ended) if ended else None, verdict if ended else "", trigger)


RAN = past("04-01 05:30", "04-01 05:40")
FAILED = past("04-01 05:30", "04-01 05:40", "FAILED")
KILLED = past("04-01 05:30", None)
HANDLED = at("04-01 05:30")


def decided(now: str, config: Mapping[str, Any] | None = None, **facts: Any) -> DueDecision:
    known: dict[str, Any] = {"handled": HANDLED, "runs": (RAN,)} | facts
    return decide(section(**(config or {})), DueFacts(now=at(now), **known))


CASES: dict[str, tuple[DueDecision, Trigger | None]] = {
    "before its time": (decided("04-02 05:29"), None),
    "at its time": (decided("04-02 05:30"), "cron"),
    "seen within an hour": (decided("04-02 06:30"), "cron"),
    "seen later": (decided("04-02 06:31"), "catch_up"),
    "missed, and not caught up": (decided("04-02 06:31", {"catch_up": "skip"}), None),
    "on time, with skip": (decided("04-02 05:31", {"catch_up": "skip"}), "cron"),
    "missed out of the window": (decided("04-02 08:00", {"catch_up_window": "2h"}), None),
    "missed within the window": (decided("04-02 07:00", {"catch_up_window": "2h"}), "catch_up"),
    "a run settled it that nobody recorded": (
        decided("04-02 07:00", runs=(past("04-02 05:31", "04-02 05:40"), RAN), unrecorded=1),
        None,
    ),
    "a run by hand settles nothing": (
        decided(
            "04-02 07:00", runs=(past("04-02 05:31", "04-02 05:40", trigger="manual"), RAN), unrecorded=1
        ),
        "catch_up",
    ),
    "first look, no run ever": (decided("04-02 12:00", handled=None, runs=()), "cron"),
    "first look of new exports only": (
        decided("04-02 12:00", {"cron": None, "on_new_export": "1m"}, handled=None, runs=()),
        "new_export",
    ),
    "first look, runs by hand": (decided("04-02 06:00", handled=None), None),
    "paused": (decided("04-02 05:30", pauses=(Pause(at("04-01 12:00"), None),)), None),
    "paused, first look": (
        decided("04-02 05:30", handled=None, runs=(), pauses=(Pause(at("04-01 12:00"), None),)),
        None,
    ),
    "after a pause, within the hour": (
        decided("04-02 05:50", pauses=(Pause(at("04-01 12:00"), at("04-02 05:40")),)),
        "catch_up",
    ),
    "after a pause, with skip": (
        decided("04-02 05:50", {"catch_up": "skip"}, pauses=(Pause(at("04-01 12:00"), at("04-02 05:40")),)),
        None,
    ),
    "a pause without a time in it": (
        decided("04-02 04:00", pauses=(Pause(at("04-01 12:00"), at("04-02 03:00")),)),
        None,
    ),
    "a run holds the lock": (decided("04-02 05:30", has_lock=True), None),
    "the lock is held after a failure": (decided("04-01 06:00", runs=(KILLED,), has_lock=True), None),
    "failed, too early": (decided("04-01 05:44", runs=(FAILED,)), None),
    "failed, five minutes later": (decided("04-01 05:45", runs=(FAILED,)), "retry"),
    "killed: from its begin": (decided("04-01 05:35", runs=(KILLED,)), "retry"),
    "killed, too early": (decided("04-01 05:34", runs=(KILLED,)), None),
    "failed in a backfill": (
        decided("04-01 13:00", runs=(past("04-01 12:00", "04-01 12:10", "FAILED", "backfill"), RAN)),
        "retry",
    ),
    "failed by hand": (
        decided("04-01 13:00", runs=(past("04-01 12:00", "04-01 12:10", "FAILED", "manual"), RAN)),
        "retry",
    ),
    "the second try waits longer": (
        decided("04-01 06:00", runs=(past("04-01 05:45", "04-01 05:46", "FAILED", "retry"), FAILED)),
        None,
    ),
    "the second try": (
        decided("04-01 06:16", runs=(past("04-01 05:45", "04-01 05:46", "FAILED", "retry"), FAILED)),
        "retry",
    ),
    "no more tries": (
        decided("04-01 23:00", runs=(*[past("04-01 05:45", "04-01 05:46", "FAILED", "retry")] * 3, FAILED)),
        None,
    ),
    "no tries at all": (decided("04-01 23:00", {"retry": []}, runs=(FAILED,)), None),
    "blocked is not failed": (
        decided("04-01 23:00", runs=(past("04-01 05:30", "04-01 05:40", "DATA_BLOCKED"),)),
        None,
    ),
    "a retry comes before cron": (decided("04-02 05:30", runs=(FAILED,)), "retry"),
    "a failure that ends in the future": (
        decided("03-31 12:00", runs=(FAILED,), handled=at("03-31 05:30")),
        "retry",
    ),
    "new exports": (
        decided("04-01 12:00", {"on_new_export": "1m"}, exports="b", exports_before="a"),
        "new_export",
    ),
    "the same exports": (
        decided("04-01 12:00", {"on_new_export": "1m"}, exports="a", exports_before="a"),
        None,
    ),
    "exports that were not looked at": (
        decided("04-01 12:00", {"on_new_export": "1m"}, exports_before="a"),
        None,
    ),
    "new exports, but cron only": (decided("04-01 12:00", exports="b", exports_before="a"), None),
    "new exports in a pause": (
        decided(
            "04-01 12:00", {"on_new_export": "1m"}, exports="b", pauses=(Pause(at("04-01 11:00"), None),)
        ),
        None,
    ),
    "new exports after a time that is not caught up": (
        decided("04-02 12:00", {"on_new_export": "1m", "catch_up": "skip"}, exports="b"),
        "new_export",
    ),
    "a freeze is over": (decided("04-01 12:00", pushable_from=at("04-01 00:00")), "cron"),
    "a freeze goes on": (decided("04-01 12:00", pushable_from=at("04-02 00:00")), None),
    "a span with an alarm was accepted": (decided("04-01 12:00", accepted_alarm=at("04-01 11:00")), "cron"),
    "a run has begun since": (
        decided(
            "04-01 12:00",
            accepted_alarm=at("04-01 11:00"),
            runs=(past("04-01 11:30", "04-01 11:40", "KEPT"), RAN),
        ),
        None,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_at_most_one_trigger_by_the_first_rule_that_holds(case: str) -> None:
    decision, trigger = CASES[case]
    assert decision.trigger == trigger
    assert decision.why


def outcomes(decision: DueDecision) -> list[tuple[str, str]]:
    return [(f"{due:%m-%d %H:%M}", outcome) for due, outcome in decision.outcomes.items()]


def test_of_many_missed_times_the_newest_is_caught_up_and_the_others_are_recorded() -> None:
    decision = decided("04-04 12:00")
    assert decision.trigger == "catch_up"
    assert outcomes(decision) == [("04-02 05:30", "missed"), ("04-03 05:30", "missed")]
    assert (decision.handled, decision.tick) == (at("04-03 05:30"), at("04-04 05:30"))
    assert decision.handled_by_run == at("04-04 05:30")


def test_with_skip_all_missed_times_are_recorded_and_settled() -> None:
    decision = decided("04-03 12:00", {"catch_up": "skip"})
    assert outcomes(decision) == [("04-02 05:30", "missed"), ("04-03 05:30", "missed")]
    assert decision.handled == at("04-03 05:30")


def test_times_during_a_run_are_skipped() -> None:
    decision = decided("04-03 12:00", has_lock=True, runs=(past("04-02 05:00", None), RAN))
    assert outcomes(decision) == [("04-02 05:30", "skipped"), ("04-03 05:30", "skipped")]
    assert decision.handled == at("04-03 05:30")


def test_a_lock_without_a_run_withholds_a_run_and_settles_nothing() -> None:
    decision = decided("04-02 05:30", has_lock=True)
    assert (decision.trigger, decision.outcomes, decision.handled) == (None, {}, None)
    assert decision.has_lock


def test_times_in_a_pause_are_recorded_once_and_stay_due() -> None:
    pauses = (Pause(at("04-01 12:00"), None),)
    first = decided("04-02 12:00", pauses=pauses)
    assert outcomes(first) == [("04-02 05:30", "paused")]
    assert first.handled is None
    assert not decided("04-02 12:00", pauses=pauses, outcomes=first.outcomes).outcomes
    ended = decided("04-03 04:00", pauses=(Pause(at("04-01 12:00"), at("04-03 03:00")),))
    assert (ended.trigger, ended.tick, ended.each_span) == ("catch_up", at("04-02 05:30"), False)


def test_a_year_of_minutes_is_bounded() -> None:
    decision = decide(
        ScheduleSection(cron="* * * * *"),
        DueFacts(now=at("12-31 00:00"), handled=at("01-01 00:00"), runs=(RAN,)),
    )
    assert decision.trigger == "cron"
    assert len(decision.outcomes) == 999


def test_each_span_gets_a_run_with_all_but_not_at_first_and_not_after_a_pause() -> None:
    every = {"catch_up": "all"}
    assert decided("04-03 12:00", every).each_span
    assert not decided("04-03 12:00").each_span
    assert not decided("04-03 12:00", every, handled=None, runs=()).each_span
    pauses = (Pause(at("04-01 12:00"), at("04-03 05:40")),)
    assert not decided("04-03 05:50", every, pauses=pauses).each_span
    failed = past("04-03 05:50", "04-03 05:51", "FAILED", "catch_up")
    assert not decided("04-03 05:56", every, pauses=pauses, runs=(failed, RAN)).each_span
    succeeded = past("04-03 05:50", "04-03 05:51", "PUSHED", "catch_up")
    assert decided("04-04 05:30", every, pauses=pauses, runs=(succeeded, RAN)).each_span


def test_the_next_moment_is_that_of_cron_or_of_a_retry() -> None:
    assert decided("04-01 12:00").next == at("04-02 05:30")
    assert decided("04-01 05:41", runs=(FAILED,)).next == at("04-01 05:45")
    assert decided("04-01 12:00", pauses=(Pause(at("04-01 11:00"), None),)).next is None
    assert decided("04-01 12:00", {"cron": None, "on_new_export": "1m"}).next is None


class World:
    """A clock, a ledger and a schedule that looks; runs take no time."""

    def __init__(self, config: ScheduleSection, now: datetime) -> None:
        self.config = config
        self.now = now
        self.handled: datetime | None = None
        self.ticks: dict[datetime, str] = {}
        self.runs: list[PastRun] = []
        self.pauses: list[Pause] = []

    def look(self, verdict: str = "NOTHING_NEW") -> DueDecision:
        after = {
            due: outcome for due, outcome in self.ticks.items() if not self.handled or due > self.handled
        }
        decision = decide(
            self.config,
            DueFacts(
                now=self.now,
                handled=self.handled,
                outcomes=after,
                runs=tuple(reversed(self.runs[-50:])),
                pauses=tuple(self.pauses),
            ),
        )
        self.ticks.update(decision.outcomes)
        self.handled = decision.handled or self.handled
        if decision.trigger:
            self.runs.append(PastRun(self.now, self.now, verdict, decision.trigger))
            if decision.tick:
                self.ticks[decision.tick] = decision.trigger
            self.handled = decision.handled_by_run or self.handled
        return decision


CRONS = st.sampled_from(["30 5 * * *", "0 * * * *", "0 */6 * * *", "30 2 * * *", "0 6 1 * *", "15 2 * * sun"])
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia"])
STARTS = st.datetimes(datetime(2013, 1, 1), datetime(2014, 1, 1), timezones=st.just(timezone.utc)).map(
    lambda moment: moment.replace(microsecond=0)
)
LONG = st.timedeltas(timedelta(0), timedelta(days=200))
KINDS = st.sampled_from(["latest_once", "all"])


@settings(max_examples=20, deadline=None)
@given(CRONS, ZONES, STARTS, LONG, KINDS)
def test_after_any_downtime_there_is_exactly_one_run_if_a_time_has_passed(
    cron: str, zone: str, start: datetime, away: timedelta, catch_up: Any
) -> None:
    world = World(ScheduleSection(cron=cron, timezone=zone, catch_up=catch_up), start)
    world.look()
    coming = world.look().next
    assert coming is not None
    world.now = start + away
    world.look()
    for _ in range(3):
        assert world.look().trigger is None
    assert len(world.runs) == 1 + (coming <= world.now)


@settings(max_examples=20, deadline=None)
@given(CRONS, ZONES, STARTS, LONG, LONG, KINDS)
def test_after_a_pause_there_is_at_most_one_run(
    cron: str, zone: str, start: datetime, long: timedelta, later: timedelta, catch_up: Any
) -> None:
    world = World(ScheduleSection(cron=cron, timezone=zone, catch_up=catch_up), start)
    world.look()
    world.pauses.append(Pause(start, None))
    for part in (long / 3, long / 3, long / 3):
        world.now += part
        assert world.look().trigger is None
    world.pauses = [Pause(start, world.now)]
    world.now += later
    for _ in range(4):
        world.look()
    assert len(world.runs) <= 2


@settings(max_examples=20, deadline=None)
@given(
    CRONS,
    ZONES,
    STARTS,
    st.lists(st.timedeltas(timedelta(days=-300), timedelta(days=300)), min_size=1, max_size=4),
)
def test_a_clock_set_forward_or_back_never_blocks_for_longer_than_a_period_nor_bursts(
    cron: str, zone: str, start: datetime, jumps: list[timedelta]
) -> None:
    world = World(ScheduleSection(cron=cron, timezone=zone), start)
    world.look()
    for jump in jumps:
        world.now += jump
        before = len(world.runs)
        coming = world.look().next
        assert world.look().trigger is None
        assert coming is not None
        world.now = coming
        assert world.look().trigger == "cron"
        assert len(world.runs) - before <= 2


@settings(max_examples=20, deadline=None)
@given(STARTS, st.booleans())
def test_failures_are_retried_as_often_as_the_list_says(start: datetime, looks_late: bool) -> None:
    world = World(ScheduleSection(on_new_export=60, retry=(300, 1800, 7200)), start)
    world.look("FAILED")
    for seconds in (300, 1800, 7200):
        world.now += timedelta(seconds=seconds - 1)
        assert world.look("FAILED").trigger is None
        world.now += timedelta(seconds=1 + 100_000 * looks_late)
        assert world.look("FAILED").trigger == "retry"
    world.now += timedelta(days=1)
    assert world.look("FAILED").trigger is None


@pytest.mark.parametrize(
    ("start", "times"),
    [
        ("03-30 12:00", ["03-31 01:00", "04-01 00:30"]),  # 02:30 does not exist: 03:00
        ("10-26 12:00", ["10-27 00:30", "10-28 01:30"]),  # 02:30 comes twice: the first
    ],
)
def test_summer_time_gives_one_run_a_day(start: str, times: list[str]) -> None:
    world = World(ScheduleSection(cron="30 2 * * *", timezone="Europe/Berlin"), at(start))
    world.look()
    ran = []
    for _ in range(48 * 60 // 15):
        world.now += timedelta(minutes=15)
        if world.look().trigger:
            ran.append(f"{world.now:%m-%d %H:%M}")
    assert ran == times
