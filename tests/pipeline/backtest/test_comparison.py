"""Losses of policies, their intervals, and the rule of the recommendation."""

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from perennial.task import Task
from pipeline.backtest.comparison import PolicyComparison, compared
from pipeline.backtest.policies import Policy, Training, plan_of
from pipeline.backtest.sentences import recommendation
from tests.pipeline.backtest.outcomes import DAYS, LossOf, results_of

SPANS = tuple(f"2013-{month:02d}" for month in range(1, 9))
TASK = Task("binary", "late")
POLICIES = (Policy(None, None), Policy(1, 3), Policy(1, None), Policy(3, None))


def age(training: Training, span: str) -> int:
    """How many spans old a model is."""
    return SPANS.index(span) - SPANS.index(training.as_of)


def noise(day: str) -> float:
    """The luck of a day, the same for all models."""
    return 0.02 * (int(day) % 3)


def comparison_of(
    loss_of: LossOf,
    task: Task = TASK,
    policies: Sequence[Policy] = POLICIES,
    days: tuple[str, ...] = DAYS,
) -> PolicyComparison:
    plan = plan_of(SPANS, SPANS[0], SPANS[-1], policies)
    return compared(plan, results_of(plan, loss_of, days), task, 0.95, 5)


def aging(training: Training, span: str, day: str) -> float:
    """Loss that grows as a model gets older, and falls a little with the rows."""
    return 0.4 + 0.01 * age(training, span) * (1 + int(day) / 20) - 0.002 * len(training.spans) + noise(day)


def test_the_loss_of_a_policy_is_the_mean_over_all_judged_rows() -> None:
    comparison = comparison_of(lambda training, span, _: float(age(training, span)))
    by_name = {(each.planned.policy.every, each.planned.policy.window): each for each in comparison.policies}
    assert by_name[(None, None)].loss == pytest.approx(sum(range(1, 8)) / 7)
    assert by_name[(1, 3)].loss == 1
    assert comparison.rows == 7 * len(DAYS) * 100
    assert comparison.groups == 7 * len(DAYS)


def test_retraining_that_helps_is_recommended_with_what_it_is_worth() -> None:
    comparison = comparison_of(aging)
    assert comparison.recommended is comparison.best
    assert comparison.best.planned.policy == Policy(1, None)
    assert comparison.best.to_never is not None
    assert comparison.best.to_never.interval is not None
    assert comparison.best.to_never.interval[1] < 0
    # The first span has the same model by both.
    assert comparison.best.beats_never == 6
    sentence = recommendation(comparison)
    assert sentence.startswith("Retrain every span on all spans: log loss ")
    assert " never retrained (-0.0" in sentence
    assert "for 50 CPU seconds a span; every 3rd span on all spans has 0.4" in sentence
    assert "(+0.0" in sentence.split("every 3rd span", 1)[1]


def test_of_policies_that_are_not_surely_different_the_cheapest_is_recommended() -> None:
    comparison = comparison_of(
        lambda training, span, day: 0.4 + 1e-3 * age(training, span) * (int(day) % 2 - 0.45)
    )
    assert comparison.recommended is not None
    assert comparison.recommended.planned.policy.every is None
    sentence = recommendation(comparison)
    assert sentence.startswith(
        "Nothing is surely better than not to retrain: log loss 0.4002 never retrained, trained on all spans;"
    )
    assert "which is not surely better, for" in sentence


def test_where_the_first_model_is_the_best_the_sentence_says_so() -> None:
    comparison = comparison_of(lambda training, span, day: 0.4 - 0.01 * age(training, span) + noise(day))
    assert comparison.recommended is comparison.best
    sentence = recommendation(comparison)
    assert sentence.startswith("Do not retrain: log loss 0.3800 never retrained, trained on all spans; every")


def test_of_policies_that_cost_the_same_that_with_the_smaller_loss_is_recommended() -> None:
    plan = plan_of(SPANS, SPANS[0], SPANS[-1], POLICIES)
    # Each window is better than the other on half of the days; none is surely better.
    results = results_of(
        plan,
        lambda training, span, day: (
            aging(training, span, "01") + 0.001 * (int(day) % 2) * (1 if len(training.spans) > 3 else -1)
        ),
    )
    dear = {
        training: replace(each, cpu_seconds=each.cpu_seconds + (len(training.spans) <= 3))
        for training, each in results.items()
    }
    cheap = compared(plan, results, TASK, 0.95, 5)
    noisy = compared(plan, dear, TASK, 0.95, 5)
    assert cheap.recommended is not None
    assert noisy.recommended is not None
    assert noisy.recommended.planned == cheap.recommended.planned


def test_one_judged_span_says_nothing_of_how_often_to_retrain() -> None:
    policies = [Policy(every, window) for every in (None, 1) for window in (1, None)]
    plan = plan_of(SPANS, "2013-03", "2013-04", policies)
    comparison = compared(plan, results_of(plan, aging), TASK, 0.95, 5)
    sentence = recommendation(comparison)
    assert sentence.startswith("How often to retrain cannot be compared in this range. Train on all spans: ")


def test_policies_that_are_all_the_same_give_no_recommendation() -> None:
    plan = plan_of(SPANS, "2013-03", "2013-04", [Policy(None, None), Policy(1, None)])
    comparison = compared(plan, results_of(plan, aging), TASK, 0.95, 5)
    assert comparison.recommended is None
    assert recommendation(comparison).startswith("No recommendation: all policies use the same models")


def test_policies_that_are_the_same_in_the_range_are_named_together() -> None:
    plan = plan_of(SPANS, "2013-01", "2013-03", [Policy(None, None), Policy(1, None), Policy(3, None)])
    older = compared(
        plan, results_of(plan, lambda training, span, day: 0.4 - 0.01 * age(training, span)), TASK, 0.95, 5
    )
    assert "never retrained, or every 3rd span, trained on all spans" in recommendation(older)


def test_a_policy_that_is_best_by_luck_is_named_beside_the_cheaper_one() -> None:
    def loss(training: Training, span: str, day: str) -> float:
        lucky = age(training, span) == 1 and (span, day) == ("2013-05", "01")
        return 0.4 - 0.001 * lucky + noise(day)

    comparison = comparison_of(loss)
    assert comparison.recommended is not comparison.best
    assert "which is not surely better" in recommendation(comparison)


def test_a_regression_is_compared_by_the_root_of_the_mean_squared_error() -> None:
    comparison = comparison_of(
        lambda training, span, _: float(age(training, span)) ** 2, Task("regression", "fare")
    )
    never = next(each for each in comparison.policies if each.planned.policy.every is None)
    assert never.loss == pytest.approx(math.sqrt(sum(number**2 for number in range(1, 8)) / 7))
    assert never.by_span["2013-03"].loss == pytest.approx(2.0)


def test_spans_stand_for_days_where_rows_have_no_time() -> None:
    comparison = comparison_of(lambda training, span, _: float(age(training, span)), days=("",))
    assert (comparison.groups, comparison.unit) == (7, "span")
    assert all(each.interval is None for each in comparison.best.by_span.values())
    assert comparison.policies[0].interval is not None


def test_too_few_days_give_no_recommendation() -> None:
    policies = (Policy(None, None), Policy(1, None))
    plan = plan_of(SPANS, "2013-01", "2013-03", policies)
    comparison = compared(plan, results_of(plan, aging, ("01", "02")), TASK, 0.95, 5)
    assert comparison.recommended is None
    assert recommendation(comparison).startswith("No recommendation: 4 days")


def test_a_policy_is_compared_with_never_on_the_same_window() -> None:
    policies = [Policy(every, window) for every in (None, 1) for window in (1, None)]
    plan = plan_of(SPANS, "2013-04", "2013-08", policies)
    comparison = compared(plan, results_of(plan, aging), TASK, 0.95, 5)
    narrow, wide = comparison.policies[2], comparison.policies[3]
    assert narrow.to_never is not None
    assert wide.to_never is not None
    assert narrow.to_never.estimate == pytest.approx(narrow.loss - comparison.policies[0].loss)
    assert wide.to_never.estimate == pytest.approx(wide.loss - comparison.policies[1].loss)
    assert comparison.policies[0].to_never is None
