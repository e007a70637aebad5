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
        days: Number of days it was resampled over, or None where rows are the unit.
        rows: Number of rows compared.
        days_left_out: Days that the champion was trained on.
        method: How the interval was made, or "".
    """

    outcome: Outcome
    difference: float | None = None
    interval: list[float] | None = None
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
    left_out_days = len(left_out.known_days())
    days = None if rows.days is None else len(rows.known_days())
    if not len(rows.labels) or rows.champion is None or (days is not None and days < settings.min_days):
        return Comparison("not_checked", days=days, rows=len(rows.labels), days_left_out=left_out_days)
    measures = evidence.measures
    made = measures.difference(
        measures.row_losses(rows.labels, rows.candidate),
        measures.row_losses(rows.labels, rows.champion),
        rows.groups(),
        settings.champion.confidence,
    )
    unit = f"{days} days" if days is not None else f"{made.groups} random groups of rows (no time column)"
    method = f"delete-one-group jackknife over {unit}, Student's t with {made.groups - 1} degrees of freedom"
    if made.ends() is None:
        return Comparison("not_checked", made.estimate, None, days, len(rows.labels), left_out_days, method)
    outcome: Outcome = "worse" if made.low > 0 else "better" if made.high < 0 else "inconclusive"
    return Comparison(outcome, made.estimate, made.ends(), days, len(rows.labels), left_out_days, method)
