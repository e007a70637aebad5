"""Judges the slices: whether one lost more than its share, as one of many tests, days being the unit."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from components.evaluator import intervals
from components.evaluator.comparison import unseen_by
from components.evaluator.evidence import Evidence, Rows
from components.evaluator.judge import Reason, decided
from components.evaluator.measures import Measures
from components.evaluator.settings import EvaluationSettings
from perennial.task import Kind

_CONSTANT: Final[Mapping[Kind, str]] = {
    "binary": "training rate",
    "multiclass": "class frequencies",
    "regression": "training mean",
}


@dataclasses.dataclass(frozen=True)
class _Slice:
    """A slice of enough rows.

    Attributes:
        name: Its column and value.
        rows: How many rows it has.
        increase: The candidate's loss there minus the other's.
        p_value: Of the hypothesis that the candidate is not worse there; NaN on too few days.
    """

    name: str
    rows: int
    increase: float
    p_value: float


def check_slices(evidence: Evidence, settings: EvaluationSettings) -> Reason:
    """Checks that no slice of enough rows lost too much against the champion, or a constant answer.

    A slice fails where its loss is above the other's by more than `slice_bounds.max_increase` of the other's
    loss on all rows and, all slices of enough days being tested together, significantly so. A slice of too
    few days for that fails by the first alone.
    """
    rows, measures = evidence.evaluated, evidence.measures
    if evidence.champion is not None and rows.champion is not None:
        unseen = rows.take(unseen_by(evidence.champion, rows))
        rows = unseen if len(unseen.labels) else dataclasses.replace(rows, champion=None)
    other = rows.champion
    against = "the champion"
    if other is None:
        other = measures.always(evidence.distribution, len(rows.labels))
        against = f"the baseline ({_CONSTANT[evidence.task.kind]})"
    losses, others = (measures.row_losses(rows.labels, each) for each in (rows.candidate, other))
    least = settings.slice_bounds.min_rows
    judged = _judged(rows, measures, losses, others, settings)
    if not judged:
        none = f"no slice has {least:,} rows" if rows.slices else "no slices are configured"
        return Reason("slices", None, "not_checked", f"Slices were not checked: {none}.")
    share = settings.slice_bounds.max_increase
    margin = share * measures.whole(others)
    limit = f"{margin:.3g} ({100 * share:.3g}% of its loss on all rows)"
    if wrong := _failed(judged, margin, 1 - settings.champion.confidence):
        return _worse(wrong, limit, against, measures)
    return _close(judged, least, limit, margin, against, measures)


def _judged(
    rows: Rows,
    measures: Measures,
    losses: npt.NDArray[Any],
    others: npt.NDArray[Any],
    settings: EvaluationSettings,
) -> list[_Slice]:
    """Returns the slices that have enough rows, with the loss they gained."""
    groups = rows.groups()
    judged = []
    for cut, values in rows.slices.items():
        names, codes, counts = np.unique(values, return_inverse=True, return_counts=True)
        made = measures.slice_differences(codes, groups, losses, others)
        p_values = np.where(made.groups >= settings.min_days, made.p_values, np.nan)
        for name, count, increase, p_value in zip(names, counts, made.estimates, p_values, strict=True):
            if count >= settings.slice_bounds.min_rows:
                judged.append(_Slice(f"{cut} {name}", int(count), float(increase), float(p_value)))
    return judged


def _failed(judged: Sequence[_Slice], margin: float, level: float) -> list[_Slice]:
    """Returns the slices that lost too much, the worst first."""
    tested = [each for each in judged if each.p_value == each.p_value]
    worse = intervals.significant(np.array([each.p_value for each in tested]), level)
    chance = {each.name for each, sure in zip(tested, worse, strict=True) if not sure}
    wrong = [each for each in judged if each.increase > margin and each.name not in chance]
    return sorted(wrong, key=lambda each: -each.increase)


def _worse(wrong: Sequence[_Slice], limit: str, against: str, measures: Measures) -> Reason:
    named = ", ".join(
        f"{each.name} by {measures.figure(each.increase)} on {each.rows:,} rows" for each in wrong[:5]
    )
    others = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
    sentence = f"{measures.title} exceeds that of {against} by more than {limit}: {named}{others}."
    return decided("slices", False, sentence)


def _close(
    judged: Sequence[_Slice], least: int, limit: str, margin: float, against: str, measures: Measures
) -> Reason:
    """Says that no slice fails, and which lost the most."""
    most = max(judged, key=lambda each: each.increase)
    one = len(judged) == 1
    size = f"of at least {least:,} rows"
    slices = f"the one slice {size}" if one else f"all {len(judged)} slices {size}"
    if most.increase < 0:
        closest = f"closest: {most.name}, by {measures.figure(-most.increase)} on {most.rows:,} rows"
        verb = "beats" if one else "beat"
        return decided("slices", True, f"{slices[0].upper()}{slices[1:]} {verb} {against}; {closest}.")
    highest = f"highest: {most.name}, {measures.figure(most.increase, '+')} on {most.rows:,} rows"
    within = f"{measures.loss_name} exceeds that of {against} by at most {limit}"
    if most.increase > margin:
        within += f", or not significantly in {len(judged)} tests"
    return decided("slices", True, f"In {slices} {within}; {highest}.")
