"""Plans of years: equal for equal seeds, each kind of trouble as often as claimed, and nothing undefined."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any, get_args

import pytest

from benchmarks.proofs.year.dates import moment
from benchmarks.proofs.year.kinds import KINDS
from benchmarks.proofs.year.oracle import YearAnswers, YearOracle
from benchmarks.proofs.year.plan import DAILY, DAY, HOUR, MINUTE, EventKind, YearMoment, YearPlan, YearRules
from benchmarks.proofs.year.runs import KILLS, LookOutcome
from benchmarks.proofs.year.troubles import AT_LEAST, EACH, SEEDS, SUMMER_TIME, daily, monthly, troubles

planned = cache(daily)
MORE_SEEDS = (*SEEDS, 1)


@cache
def followed(plan: YearPlan, *, last: bool) -> list[tuple[YearMoment, LookOutcome]]:
    """The plan as an undisturbed driver would carry it out; `last`: of several outcomes the last one."""
    oracle = YearOracle(plan.rules)
    steps = []
    for step in plan.moments:
        for event in step.events:
            codes = oracle.apply(event)
            assert codes == {0} or event.kind == "approve", (step.at, event)
        expected = oracle.look(moment(step.clock or step.at), step.act, step.fault, step.point)
        outcome = expected.outcomes[-1 if last else 0]
        oracle.settle(outcome)
        oracle.answers(moment(step.at))
        steps.append((step, outcome))
    return steps


def test_the_same_seed_is_the_same_plan_and_another_one_is_another() -> None:
    assert daily(SEEDS[0]) == daily(SEEDS[0]) != daily(SEEDS[1])
    assert monthly(SEEDS[0]) == monthly(SEEDS[0]) != monthly(SEEDS[1])


def test_a_plan_is_what_its_json_says() -> None:
    for plan in (planned(SEEDS[0]), monthly(SEEDS[0])):
        assert YearPlan.from_json(plan.to_json()) == plan


@pytest.mark.parametrize("seed", MORE_SEEDS)
def test_each_kind_of_trouble_comes_five_times_and_all_more_than_two_hundred(seed: int) -> None:
    counts = troubles(planned(seed))
    assert counts["summer time"] == len(SUMMER_TIME)
    assert {kind for kind in KINDS if counts[kind] < EACH} == set()
    assert counts.total() >= AT_LEAST > 200


@pytest.mark.parametrize("seed", MORE_SEEDS)
def test_moments_are_in_order_and_no_two_at_one_time(seed: int) -> None:
    for plan in (planned(seed), monthly(seed)):
        times = [step.at for step in plan.moments]
        assert times == sorted(set(times))


def test_every_span_of_the_year_lands_in_each_variant_and_contents_never_return() -> None:
    lands = [event for step in planned(SEEDS[0]).moments for event in step.events if event.kind == "land"]
    assert len({event.span for event in lands}) > DAILY.spans - 2 * EACH  # some are missing for ever
    assert len({(event.span, event.content) for event in lands}) == len(lands)
    variants = Counter(event.variant for event in lands)
    assert {"whole", "truncated", "unreadable", "empty", "duplicate", "oversized", "unlabelled"} == set(
        variants
    )
    assert min(variants.values()) >= EACH


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_year_by_the_oracle_loses_nothing_and_trains_nothing_twice(seed: int, last: bool) -> None:
    for plan in (planned(seed), monthly(seed)):
        steps = followed(plan, last=last)
        live = [outcome.live for _, outcome in steps]
        assert live == sorted(live)
        trained = [outcome.state.trained for _, outcome in steps]
        assert sum(outcome.trainings for _, outcome in steps) == len(trained[-1])
        state, unread = steps[-1][1].state, too_old(plan, steps)
        for span, export in state.disk.items():
            if span in unread:
                continue
            record = state.records[span]
            if export.variant == "whole" and record.judgement != "rejected":
                assert record.used == export.content, span
        assert (state.waiting, state.broken, state.paused, state.failed_at) == (None, False, False, None)


def too_old(plan: YearPlan, steps: list[tuple[YearMoment, LookOutcome]]) -> set[str]:
    """The spans that landed only when they were older than the window, which no run reads."""
    return {
        event.span
        for step, outcome in steps
        for event in step.events
        if event.kind == "land" and event.span < outcome.state.window(plan.rules)[0][0]
    } - steps[-1][1].state.records.keys()


@pytest.mark.parametrize("last", [False, True])
def test_a_process_is_killed_only_where_the_run_is_about_to_train(last: bool) -> None:
    for step, outcome in followed(planned(SEEDS[0]), last=last):
        if step.fault in KILLS:
            assert outcome.state.failed_at == moment(step.at), step
        if step.fault in ("kill_daemon", "two_daemons"):
            assert outcome.trainings == 1, step


def test_processes_are_killed_at_each_point_and_persons_do_each_thing() -> None:
    steps = planned(SEEDS[0]).moments
    points = {(step.fault, step.point) for step in steps if step.fault}
    assert {point for fault, point in points if fault == "kill_run"} == {
        "ArrowExampleGen",
        "Trainer",
        "Evaluator",
        "AtomicPusher",
        "rename",
    }
    assert {point for fault, point in points if fault == "reboot"} == {"AtomicPusher", "rename"}
    counts = Counter(event.kind for step in steps for event in step.events)
    assert min(counts.values()) >= EACH
    assert len(counts) == len(get_args(EventKind))


def answered(plan: YearPlan, rules: YearRules) -> Iterator[tuple[LookOutcome, YearAnswers]]:
    """What a program with these rules would do in the plan's year, moment by moment."""
    oracle = YearOracle(rules)
    for step in plan.moments:
        for event in step.events:
            oracle.apply(event)
        outcome = oracle.look(moment(step.clock or step.at), step.act, step.fault, step.point).outcomes[0]
        oracle.settle(outcome)
        yield outcome, oracle.answers(moment(step.at))


@pytest.mark.parametrize(
    "wrong",
    [
        {"retry": (5 * MINUTE, 30 * MINUTE)},
        {"retry": (10 * MINUTE, 30 * MINUTE, 2 * HOUR)},
        {"window": 6},
        {"gap": "wait"},
        {"zone": "Etc/GMT-1"},  # winter time all year
        {"span_zone": "UTC"},
        {"within": 7 * HOUR},
        {"every": 2 * DAY},
    ],
    ids=str,
)
def test_a_program_that_takes_a_setting_for_another_is_caught(wrong: dict[str, Any]) -> None:
    plan = planned(SEEDS[0])
    right, program = answered(plan, plan.rules), answered(plan, replace(plan.rules, **wrong))
    assert any(expected != actual for expected, actual in zip(right, program, strict=True))


def test_most_outcomes_are_decided_by_the_documents() -> None:
    plan = planned(SEEDS[0])
    oracle, several = YearOracle(plan.rules), 0
    acts = 0
    for step in plan.moments:
        for event in step.events:
            oracle.apply(event)
        outcomes = oracle.look(moment(step.clock or step.at), step.act, step.fault, step.point).outcomes
        several += len(outcomes) > 1
        acts += step.act != "none"
        oracle.settle(outcomes[0])
    assert several / acts < 0.08
