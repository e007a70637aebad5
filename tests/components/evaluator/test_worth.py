"""What a candidate is worth beside a constant and beside scikit-learn, with paired intervals."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from components.evaluator import intervals, worth
from components.evaluator.evidence import Evidence, Rows
from components.evaluator.settings import OVERALL, BinaryEvaluation
from perennial import scores
from perennial.task import Task

SETTINGS = BinaryEvaluation.model_validate({"bounds": {"auc": {"min": 0.5}}})
DAYS = 10


def _evidence(days: int = DAYS, yardstick: Any = None, figures: dict[str, Any] | None = None) -> Evidence:
    """Days of a rate of their own, 0.1 after 0.4 in training, and a candidate that knows only the rate."""
    random = np.random.default_rng(5)
    labels = (random.random(3000) < 0.1).astype(np.int8)
    candidate = np.clip(0.11 + random.normal(0, 0.01, 3000), 0.01, 0.99)
    stamps = np.array([f"2013-03-{1 + row % days:02d}" for row in range(3000)])
    rows = Rows(labels, candidate, None, stamps, yardstick=yardstick)
    metrics = {OVERALL: {"log_loss": scores.log_loss(labels, candidate)}}
    loss = None if yardstick is None else scores.log_loss(labels, yardstick)
    content = {"name": "logistic regression", "why": "", "rows": 3000, "train_rows": 9000, "metrics": {}}
    content_of = None if loss is None else {**content, "metrics": {"log_loss": loss}, **(figures or {})}
    return Evidence(Task("binary", "late"), rows, rows, metrics, [0.6, 0.4], yardstick=content_of)


def test_a_gain_that_is_the_weeks_rate_is_named_as_such() -> None:
    evidence = _evidence()
    own = worth.from_own_rate(evidence, SETTINGS)
    rate = float(evidence.evaluated.labels.mean())
    entropy = -rate * np.log(rate) - (1 - rate) * np.log(1 - rate)
    assert own.distribution == pytest.approx([1 - rate, rate])
    assert own.loss == pytest.approx(entropy)
    sentence = worth.check_baseline(evidence, SETTINGS).sentence
    assert "which is no worse than the model: on these rows it adds nothing to a constant." in sentence


def test_what_the_model_adds_has_an_interval_that_fits_the_rate_anew_without_each_day() -> None:
    evidence = _evidence()
    rows = evidence.evaluated
    better = np.where(rows.labels == 1, rows.candidate + 0.02, rows.candidate)
    evidence = dataclasses.replace(
        evidence,
        evaluated=dataclasses.replace(rows, candidate=better),
        candidate={OVERALL: {"log_loss": scores.log_loss(rows.labels, better)}},
    )
    own = worth.from_own_rate(evidence, SETTINGS)

    def difference(keep: Any) -> float:
        labels = rows.labels[keep]
        constant = np.full(len(labels), labels.mean())
        return scores.log_loss(labels, better[keep]) - scores.log_loss(labels, constant)

    made = intervals.jackknife(difference, np.asarray(rows.days), 0.95)
    assert own.difference == pytest.approx(made.estimate)
    assert own.interval == pytest.approx([made.low, made.high])
    sentence = worth.check_baseline(evidence, SETTINGS).sentence
    assert f"is the rows' own level and {-own.difference:.4f} (95% interval {-made.high:.4f} to " in sentence


def test_a_yardstick_that_is_worse_than_no_model_is_nothing_to_be_below() -> None:
    reason = worth.note_yardstick(_evidence(yardstick=np.full(3000, 0.6)), SETTINGS)
    assert reason is not None
    assert "is no better than the baseline on these rows" in reason.sentence
    assert "below" not in reason.sentence


def test_the_difference_from_scikit_learn_is_paired_by_days() -> None:
    evidence = _evidence(yardstick=np.full(3000, 0.12))
    rows = evidence.evaluated
    differences = scores.row_losses(rows.labels, rows.candidate) - scores.row_losses(
        rows.labels, np.asarray(rows.yardstick)
    )
    made = intervals.mean_interval(differences, np.asarray(rows.days), 0.95)
    reason = worth.note_yardstick(evidence, SETTINGS)
    assert reason is not None
    assert "that of scikit-learn's logistic regression (" in reason.sentence
    assert f": {made.estimate:+.4f} (95% interval {made.low:+.4f} to {made.high:+.4f}" in reason.sentence


def test_on_few_days_there_is_a_difference_and_no_interval() -> None:
    evidence = _evidence(days=4, yardstick=np.full(3000, 0.12))
    for made in (
        worth.from_baseline(evidence, SETTINGS),
        worth.from_own_rate(evidence, SETTINGS),
        worth.from_yardstick(evidence, SETTINGS),
    ):
        assert made is not None
        assert made.interval is None
        assert made.difference != 0
    reason = worth.note_yardstick(evidence, SETTINGS)
    assert reason is not None
    assert "interval" not in reason.sentence
