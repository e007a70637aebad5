"""Compares policies on the same rows: losses with intervals that resample days, and paired differences."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from components.evaluator.intervals import Interval, jackknife
from components.evaluator.measures import Measures, measures_of
from components.next_span_scores.loss_by_day import NO_DAY
from perennial.task import Task
from pipeline.backtest.policies import BacktestPlan, PlannedPolicy, Training
from pipeline.backtest.results import TrainingResult

# Processor time of the same work differs by a few percent from one time to the next.
AS_CHEAP: Final = 1.1


@dataclass(frozen=True)
class SpanLoss:
    """The loss of a policy on one span.

    Attributes:
        loss: The loss.
        interval: Its ends; None where there are too few days.
        rows: Rows judged.
    """

    loss: float
    interval: list[float] | None
    rows: int


@dataclass(frozen=True)
class LossDifference:
    """One policy's loss minus another's, on the same rows.

    Attributes:
        estimate: The difference.
        interval: Its ends; None where there are too few days.
    """

    estimate: float
    interval: list[float] | None

    @property
    def is_surely_above(self) -> bool:
        """Whether the whole interval is above 0."""
        return self.interval is not None and self.interval[0] > 0


@dataclass(frozen=True)
class PolicyFigures:
    """The figures of one policy.

    Attributes:
        planned: The policy and its models.
        loss: Its loss over all judged rows.
        interval: The ends of its interval; None where there are too few days.
        by_span: Its loss on each judged span.
        to_best: Its loss minus that of the best policy.
        to_recommended: Its loss minus that of the recommended policy; None where none is.
        to_never: Its loss minus that of its first model, never retrained; None where that is not compared, or
            is this policy.
        beats_never: On how many spans it is better than never retraining; None likewise.
        cpu_seconds: Processor time of all its trainings.
    """

    planned: PlannedPolicy
    loss: float
    interval: list[float] | None
    by_span: Mapping[str, SpanLoss]
    to_best: LossDifference
    to_recommended: LossDifference | None
    to_never: LossDifference | None
    beats_never: int | None
    cpu_seconds: float


@dataclass(frozen=True)
class PolicyComparison:
    """The figures of all policies, in the plan's order.

    Attributes:
        policies: The figures.
        best: That with the smallest loss.
        recommended: Of the policies whose loss is not surely worse than the best's, the cheapest, or one as
            cheap with a smaller loss; None where too few days were judged to say what is sure, or where there
            is nothing to compare.
        rows: Rows judged.
        groups: Days judged, or spans where rows have no time.
        unit: What `groups` counts.
        measures: How the task is measured.
        confidence: Of all intervals, such as 0.95.
    """

    policies: tuple[PolicyFigures, ...]
    best: PolicyFigures
    recommended: PolicyFigures | None
    rows: int
    groups: int
    unit: Literal["day", "span"]
    measures: Measures
    confidence: float


def compared(
    plan: BacktestPlan,
    results: Mapping[Training, TrainingResult],
    task: Task,
    confidence: float,
    min_groups: int,
) -> PolicyComparison:
    """Compares the policies of a plan.

    Args:
        plan: The plan.
        results: Of each of its trainings.
        task: What is predicted.
        confidence: Of the intervals.
        min_groups: With fewer days there is no interval.
    """
    losses = _Losses(plan, results, task, confidence, min_groups)
    policies = plan.policies
    best = min(range(len(policies)), key=lambda number: losses.whole(number))
    recommended = _recommended(plan, results, losses, best)
    figures = tuple(
        _figures(plan, results, losses, number, best, recommended) for number in range(len(policies))
    )
    return PolicyComparison(
        policies=figures,
        best=figures[best],
        recommended=None if recommended is None else figures[recommended],
        rows=losses.row_count,
        groups=losses.groups,
        unit=losses.unit,
        measures=losses.measures,
        confidence=confidence,
    )


def _recommended(
    plan: BacktestPlan, results: Mapping[Training, TrainingResult], losses: "_Losses", best: int
) -> int | None:
    """The cheapest policy that is not surely worse than the best, or one as cheap with a smaller loss."""
    if losses.interval(best) is None or len(plan.policies) < 2:
        return None
    costs = {
        number: _cpu_seconds(planned, results)
        for number, planned in enumerate(plan.policies)
        if not losses.difference(number, best).is_surely_above
    }
    as_cheap = [number for number, cost in costs.items() if cost <= AS_CHEAP * min(costs.values())]
    return min(as_cheap, key=losses.whole)


def _cpu_seconds(planned: PlannedPolicy, results: Mapping[Training, TrainingResult]) -> float:
    return sum(results[training].cpu_seconds for training in planned.trainings)


def _never_of(policies: Sequence[PlannedPolicy], planned: PlannedPolicy) -> int | None:
    """The policy that begins with the same model and never retrains; None if it is this one, or none is."""
    for number, other in enumerate(policies):
        if other is not planned and other.trainings == planned.trainings[:1]:
            return number
    return None


def _figures(
    plan: BacktestPlan,
    results: Mapping[Training, TrainingResult],
    losses: "_Losses",
    number: int,
    best: int,
    recommended: int | None,
) -> PolicyFigures:
    planned = plan.policies[number]
    never = _never_of(plan.policies, planned)
    by_span = losses.by_span(number)
    beats = None
    if never is not None:
        theirs = losses.by_span(never)
        beats = sum(each.loss < theirs[span].loss for span, each in by_span.items())
    return PolicyFigures(
        planned=planned,
        loss=losses.whole(number),
        interval=losses.interval(number),
        by_span=by_span,
        to_best=losses.difference(number, best),
        to_recommended=losses.difference(number, recommended) if recommended is not None else None,
        to_never=losses.difference(number, never) if never is not None else None,
        beats_never=beats,
        cpu_seconds=_cpu_seconds(planned, results),
    )


class _Losses:
    """Rows and sums of losses by span and day; the same cells of each policy."""

    def __init__(
        self,
        plan: BacktestPlan,
        results: Mapping[Training, TrainingResult],
        task: Task,
        confidence: float,
        min_groups: int,
    ) -> None:
        self.measures = measures_of(task)
        self._is_root = task.kind == "regression"
        self._confidence, self._min_groups = confidence, min_groups
        self._judged = plan.judged
        spans: list[str] = []
        groups: list[str] = []
        rows: list[int] = []
        sums: list[list[float]] = [[] for _ in plan.policies]
        for span in plan.judged:
            days = [results[each.models[span]].judged[span].days for each in plan.policies]
            for day in sorted(days[0]):
                spans.append(span)
                groups.append(span if day == NO_DAY else day)
                rows.append(int(days[0][day][0]))
                for total, of_policy in zip(sums, days, strict=True):
                    total.append(of_policy[day][1])
        self._spans, self._groups = np.array(spans), np.array(groups)
        self._rows, self._sums = np.array(rows, np.float64), np.array(sums, np.float64)
        self.row_count, self.groups = int(self._rows.sum()), len(set(groups))
        has_time = any(
            day != NO_DAY for each in results.values() for of in each.judged.values() for day in of.days
        )
        self.unit: Literal["day", "span"] = "day" if has_time else "span"

    def whole(self, number: int) -> float:
        """The loss of a policy over all rows."""
        return self._loss(number, np.ones(len(self._rows), bool))

    def interval(self, number: int) -> list[float] | None:
        """The ends of its interval."""
        return self._ends(jackknife(lambda keep: self._loss(number, keep), self._groups, self._confidence))

    def difference(self, number: int, other: int) -> LossDifference:
        """The loss of a policy minus that of another."""
        if number == other:
            return LossDifference(0.0, [0.0, 0.0])
        interval = jackknife(
            lambda keep: self._loss(number, keep) - self._loss(other, keep), self._groups, self._confidence
        )
        return LossDifference(interval.estimate, self._ends(interval))

    def by_span(self, number: int) -> dict[str, SpanLoss]:
        """The loss of a policy on each span."""
        return {span: self._on_span(number, self._spans == span) for span in self._judged}

    def _on_span(self, number: int, mask: npt.NDArray[np.bool_]) -> SpanLoss:
        places = np.flatnonzero(mask)

        def loss(keep: npt.NDArray[np.bool_]) -> float:
            return self._loss(number, places[keep])

        interval = jackknife(loss, self._groups[places], self._confidence)
        return SpanLoss(interval.estimate, self._ends(interval), int(self._rows[places].sum()))

    def _loss(self, number: int, keep: Any) -> float:
        """The mean loss of the kept cells' rows, or its root; NaN without rows."""
        rows = float(self._rows[keep].sum())
        if not rows:
            return math.nan
        mean = float(self._sums[number][keep].sum()) / rows
        return math.sqrt(mean) if self._is_root else mean

    def _ends(self, interval: Interval) -> list[float] | None:
        return interval.ends() if interval.groups >= self._min_groups else None
