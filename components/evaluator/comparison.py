"""Compares candidate and champion on rows that neither was trained on."""

import dataclasses
from typing import Literal

import numpy as np
import numpy.typing as npt

from components.evaluator.evidence import Evidence, LiveModel, Rows
from components.evaluator.settings import EvaluationSettings

Outcome = Literal["better", "worse", "inconclusive", "not_checked", "no_champion"]


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Candidate minus champion in loss on the same rows; negative is better.

    Attributes:
        outcome: What the interval says.
        difference: The estimate, or None where none was made.
        interval: Its ends, or None.
        margin: The greatest difference that is pushed undecided, `champion.max_worse` in the loss's unit;
            None where nothing was compared.
        days: Number of days compared, or None where rows are the unit.
        rows: Number of rows compared.
        days_left_out: Days that the champion was trained on.
        method: How the interval was made, or "".
    """

    outcome: Outcome
    difference: float | None = None
    interval: list[float] | None = None
    margin: float | None = None
    days: int | None = None
    rows: int = 0
    days_left_out: int = 0
    method: str = ""


def unseen_by(champion: LiveModel, rows: Rows) -> npt.NDArray[np.bool_]:
    """Returns which rows the champion was not trained on, shape (rows,): by day, and by part of a span."""
    unseen = np.ones(len(rows.labels), bool)
    if rows.parts is not None and champion.trained_parts:
        unseen &= ~np.isin(rows.parts, sorted(champion.trained_parts))
    if rows.days is not None and champion.trained_from and champion.trained_to:
        first, last = np.array(champion.trained_from), np.array(champion.trained_to)
        unseen &= (rows.days < first) | (rows.days > last)
    return unseen


def compare(evidence: Evidence, settings: EvaluationSettings) -> Comparison:
    """Compares candidate and champion on the rows that the champion was not trained on."""
    if evidence.champion is None or evidence.evaluated.champion is None:
        return Comparison("no_champion")
    unseen = unseen_by(evidence.champion, evidence.evaluated)
    rows, left_out = evidence.evaluated.take(unseen), evidence.evaluated.take(~unseen)
    compared = Comparison(
        "not_checked",
        days=None if rows.days is None else len(rows.known_days()),
        rows=len(rows.labels),
        days_left_out=len(left_out.known_days()),
    )
    if not len(rows.labels) or rows.champion is None:
        return compared
    measures = evidence.measures
    losses, theirs = (measures.row_losses(rows.labels, each) for each in (rows.candidate, rows.champion))
    compared = dataclasses.replace(
        compared,
        difference=measures.whole(losses) - measures.whole(theirs),
        margin=settings.champion.max_worse * min(measures.whole(theirs), evidence.baseline_loss(rows)),
    )
    if not rows.enough_groups(settings.min_days):
        return compared
    made = measures.difference(losses, theirs, rows.groups(), settings.champion.confidence)
    outcome: Outcome = "worse" if made.low > 0 else "better" if made.high < 0 else "inconclusive"
    freedom = f"Student's t with {made.groups - 1} degrees of freedom"
    method = f"delete-one-group jackknife over {rows.unit()}, {freedom}"
    return dataclasses.replace(
        compared, outcome=outcome, difference=made.estimate, interval=made.ends(), method=method
    )
