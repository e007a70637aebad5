"""Which models policies use, and which trainings that needs."""

import itertools

from pipeline.backtest.policies import BacktestPlan, Policy, Training, models_needed, plan_of

SPANS = tuple(f"2013-{month:02d}" for month in range(1, 13))


def used(plan: BacktestPlan, number: int) -> list[tuple[str, str, int]]:
    """Judged span, newest span and number of spans of the model, of one policy."""
    models = plan.policies[number].models
    return [(span, training.as_of, len(training.spans)) for span, training in models.items()]


def test_never_judges_the_first_model_on_every_later_span() -> None:
    plan = plan_of(SPANS, "2013-03", "2013-06", [Policy(None, None)])
    assert used(plan, 0) == [("2013-04", "2013-03", 3), ("2013-05", "2013-03", 3), ("2013-06", "2013-03", 3)]
    assert list(plan.trainings.values()) == [("2013-04", "2013-05", "2013-06")]


def test_every_third_retrains_after_three_spans_and_judges_on_those_that_follow() -> None:
    plan = plan_of(SPANS, "2013-02", "2013-07", [Policy(3, None)])
    models = [newest for _, newest, _ in used(plan, 0)]
    assert models == ["2013-02"] * 3 + ["2013-05"] * 2


def test_no_model_has_seen_the_span_that_it_is_judged_on() -> None:
    policies = [Policy(every, window) for every in (None, 1, 2, 3) for window in (2, 5, None)]
    for first, last in itertools.combinations(SPANS, 2):
        for each in plan_of(SPANS, first, last, policies).policies:
            assert all(training.as_of < span for span, training in each.models.items())
            assert list(each.models) == list(SPANS[SPANS.index(first) + 1 : SPANS.index(last) + 1])


def test_policies_of_every_third_and_never_need_no_training_beyond_those_of_every_span() -> None:
    every = [Policy(1, window) for window in (3, 6, None)]
    others = [Policy(often, window) for often in (None, 3) for window in (3, 6, None)]
    plan = plan_of(SPANS, "2013-01", "2013-12", [*others, *every])
    assert set(plan.trainings) == set(plan_of(SPANS, "2013-01", "2013-12", every).trainings)


def test_windows_that_are_the_same_in_the_range_are_trained_once() -> None:
    plan = plan_of(SPANS, "2013-01", "2013-12", [Policy(1, window) for window in (3, 6, 12, None)])
    # As of January to March all are alike, from April on 3 differs, from July on 6.
    assert len(plan.trainings) == 3 + 2 * 3 + 3 * 5
    assert [each.policy.window for each in plan.policies] == [3, 6, 12]
    assert plan.policies[2].same_as == (Policy(1, None),)


def test_a_policy_that_differs_only_in_refit_has_trainings_of_its_own() -> None:
    plan = plan_of(SPANS, "2013-01", "2013-04", [Policy(1, None), Policy(1, None, refit=True)])
    assert len(plan.trainings) == 2 * 3


def test_a_warm_model_continues_from_the_one_before_of_its_own_policy() -> None:
    plan = plan_of(
        SPANS, "2013-01", "2013-06", [Policy(2, None, start="warm"), Policy(1, None, start="warm")]
    )
    second, first = plan.policies
    third = first.models["2013-06"]
    assert third.continues is not None
    assert [third.as_of, third.continues.as_of] == ["2013-05", "2013-04"]
    assert first.models["2013-02"] == Training(("2013-01",))
    last = second.models["2013-06"]
    assert last.continues is not None
    assert [last.as_of, last.continues.as_of] == ["2013-05", "2013-03"]


def test_a_warm_refit_continues_from_the_model_that_was_judged() -> None:
    plan = plan_of(SPANS, "2013-01", "2013-03", [Policy(1, None, refit=True, start="warm")])
    last = plan.policies[0].models["2013-03"]
    assert last.refit
    assert last.continues == Training(("2013-01",))


def test_a_warm_chain_may_be_as_long_as_a_thousand_days() -> None:
    days = [str(day) for day in range(1200)]
    plan = plan_of(days, "0", "1199", [Policy(1, 7, refit=True, start="warm")])
    models = models_needed(plan, list(plan.trainings), lambda _: False)
    assert len(models) == 1199
    assert len(list(models)[-1].before) == 1198


def test_trainings_are_ordered_so_that_each_comes_after_the_one_that_it_continues() -> None:
    plan = plan_of(SPANS, "2013-01", "2013-12", [Policy(1, 3, start="warm"), Policy(3, None, start="warm")])
    seen: set[Training] = set()
    for training in plan.trainings:
        assert training.continues is None or training.continues in seen
        seen.add(training)
