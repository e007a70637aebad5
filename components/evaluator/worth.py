"""What a candidate is worth beside what needs no candidate: a constant answer, and scikit-learn."""

import dataclasses
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from components.evaluator import intervals
from components.evaluator.evidence import Evidence, Rows
from components.evaluator.judge import Reason, decided
from components.evaluator.measures import Distribution, Measures, relation
from components.evaluator.settings import OVERALL, EvaluationSettings

_PAIR: Final = "default gradient boosting and linear model"


@dataclasses.dataclass(frozen=True)
class Difference:
    """The candidate's loss minus another's on the same rows; negative is better.

    Attributes:
        difference: The estimate, in the unit of the loss.
        interval: Its ends, days left out one at a time; None with too few days.
    """

    difference: float
    interval: list[float] | None


@dataclasses.dataclass(frozen=True)
class OwnRate:
    """The constant that fits the judged rows best, which nobody can know before: a week's rate or mean.

    Attributes:
        distribution: Each class's share of the judged rows, or the mean of their labels.
        loss: The loss of always predicting it.
        difference: The candidate's loss minus this one.
        interval: Its ends; the constant is fitted anew with each day left out. None with too few days.
    """

    distribution: Distribution
    loss: float
    difference: float
    interval: list[float] | None


def from_baseline(evidence: Evidence, settings: EvaluationSettings) -> Difference:
    """Returns the candidate's loss minus that of always predicting the training rows' labels on the whole."""
    rows = evidence.evaluated
    always = evidence.measures.always(evidence.distribution, len(rows.labels))
    return _paired(evidence.measures, rows, always, settings)


def from_own_rate(evidence: Evidence, settings: EvaluationSettings) -> OwnRate:
    """Returns the candidate's loss minus that of always predicting what the judged rows' labels are."""
    rows, measures = evidence.evaluated, evidence.measures
    losses = measures.row_losses(rows.labels, rows.candidate)

    def own_loss(labels: npt.NDArray[Any]) -> float:
        return measures.loss(labels, measures.always(evidence.own_distribution(labels), len(labels)))

    def statistic(keep: npt.NDArray[np.bool_]) -> float:
        return measures.whole(losses[keep]) - own_loss(rows.labels[keep])

    made = _resampled(statistic, rows, settings)
    own = evidence.own_distribution(rows.labels)
    return OwnRate(own, own_loss(rows.labels), made.difference, made.interval)


def from_yardstick(evidence: Evidence, settings: EvaluationSettings) -> Difference | None:
    """Returns the candidate's loss minus scikit-learn's; None where its answers are not known."""
    rows = evidence.evaluated
    if rows.yardstick is None:
        return None
    return _paired(evidence.measures, rows, rows.yardstick, settings)


def _paired(
    measures: Measures, rows: Rows, other: npt.NDArray[Any], settings: EvaluationSettings
) -> Difference:
    losses, others = (measures.row_losses(rows.labels, each) for each in (rows.candidate, other))
    if not rows.enough_groups(settings.min_days):
        return Difference(measures.whole(losses) - measures.whole(others), None)
    made = measures.difference(losses, others, rows.groups(), settings.champion.confidence)
    return Difference(made.estimate, made.ends())


def _resampled(
    statistic: Callable[[npt.NDArray[np.bool_]], float], rows: Rows, settings: EvaluationSettings
) -> Difference:
    if not rows.enough_groups(settings.min_days):
        return Difference(statistic(np.ones(len(rows.labels), bool)), None)
    made = intervals.jackknife(statistic, rows.groups(), settings.champion.confidence)
    return Difference(made.estimate, made.ends())


def yardstick_is_useless(evidence: Evidence) -> bool:
    """Says whether scikit-learn's model is no better than the baseline, so that it is nothing to be below."""
    theirs = (evidence.yardstick or {"metrics": {}})["metrics"].get(evidence.measures.loss_metric)
    return theirs is not None and theirs >= evidence.baseline_loss(evidence.evaluated)


def check_baseline(evidence: Evidence, settings: EvaluationSettings) -> Reason:
    """Checks that the candidate beats the constant that needs no model, such as the training rate."""
    measures = evidence.measures
    loss = evidence.candidate[OVERALL][measures.loss_metric]
    baseline = evidence.baseline_loss(evidence.evaluated)
    sentence = (
        f"{measures.title} {measures.figure(loss)} on {evidence.evaluated.describe()} is "
        f"{relation(loss, baseline)} the baseline {measures.figure(baseline)} (always predicting "
        f"{measures.always_named(evidence.distribution)})."
    )
    if loss < baseline:
        sentence += _own_part(measures, from_own_rate(evidence, settings), loss, baseline, settings)
    return decided("baseline", loss < baseline, sentence)


def _own_part(
    measures: Measures, own: OwnRate, loss: float, baseline: float, settings: EvaluationSettings
) -> str:
    """Says how much of the gain on the baseline the judged rows' own rate makes, and how much the model."""
    always = f"Always predicting {measures.own_named(own.distribution)} has {measures.figure(own.loss)}"
    if own.loss <= loss:
        return f" {always}, which is no worse than the model: on these rows it adds nothing to a constant."
    ends = _ends(measures, own.interval and [-end for end in reversed(own.interval)], settings)
    return (
        f" {always}: of the gain of {measures.figure(baseline - loss)}, "
        f"{measures.figure(baseline - own.loss)} is the rows' own level and "
        f"{measures.figure(own.loss - loss)}{ends} is what the model adds."
    )


def note_yardstick(evidence: Evidence, settings: EvaluationSettings) -> Reason | None:
    """Says how the candidate compares with scikit-learn on the same rows; None where that was not asked."""
    yardstick = evidence.yardstick
    if yardstick is None:
        return None
    measures = evidence.measures
    theirs = yardstick["metrics"].get(measures.loss_metric)
    if yardstick["why"] or theirs is None:
        why = yardstick["why"] or f"it has no {measures.loss_name}."
        return Reason("yardstick", None, "not_checked", f"Not compared with scikit-learn: {why}")
    if yardstick_is_useless(evidence):
        return Reason(
            "yardstick",
            None,
            "noted",
            f"scikit-learn gives no comparison: the better of its {_PAIR} ({yardstick['name']}, "
            f"{measures.loss_name} {measures.figure(theirs)}) is no better than the baseline on these rows.",
        )
    loss = evidence.candidate[OVERALL][measures.loss_metric]
    count = f"{yardstick['rows']:,} rows"
    same = f"the same {count}" if yardstick["rows"] == len(evidence.evaluated.labels) else count
    made = from_yardstick(evidence, settings)
    ends = ""
    if made is not None:
        ends = f": {measures.figure(made.difference, '+')}{_ends(measures, made.interval, settings, '+')}"
    return Reason(
        "yardstick",
        None,
        "noted",
        f"{measures.title} {measures.figure(loss)} is {relation(loss, theirs)} that of scikit-learn's "
        f"{yardstick['name']} ({measures.figure(theirs)}, the better of its {_PAIR}), fitted to "
        f"{yardstick['train_rows']:,} rows, on {same}{ends}.",
    )


def _ends(
    measures: Measures, interval: list[float] | None, settings: EvaluationSettings, sign: str = ""
) -> str:
    """Writes an interval in brackets, and whether it includes 0; nothing where there is none."""
    if interval is None:
        return ""
    low, high = (measures.figure(end, sign) for end in interval)
    zero = ", which includes 0" if interval[0] <= 0 <= interval[1] else ""
    return f" ({settings.champion.confidence:.0%} interval {low} to {high}{zero})"
