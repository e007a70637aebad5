"""Metrics in numpy equal scikit-learn's."""

import math
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sk

from components.evaluator import scores


@pytest.fixture(params=[None, 2])
def data(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    """Returns labels and probabilities, without and with many ties."""
    random = np.random.default_rng(2)
    probabilities = random.random(3000)
    if request.param:
        probabilities = np.clip(probabilities.round(request.param), 0.01, 0.99)
    return (random.random(3000) < probabilities).astype(np.int8), probabilities


def test_metrics_equal_scikit_learns(data: tuple[Any, Any]) -> None:
    labels, answers = data
    assert scores.log_loss(labels, answers) == pytest.approx(sk.log_loss(labels, answers), abs=1e-12)
    assert scores.auc(labels, answers) == pytest.approx(sk.roc_auc_score(labels, answers), abs=1e-12)
    assert scores.auc_pr(labels, answers) == pytest.approx(
        sk.average_precision_score(labels, answers), abs=1e-12
    )
    assert scores.precision(labels, answers, 0.7) == sk.precision_score(labels, answers >= 0.7)
    assert scores.recall(labels, answers, 0.7) == sk.recall_score(labels, answers >= 0.7)
    assert scores.calibration(labels, answers) == pytest.approx(answers.sum() / labels.sum())


def test_a_certain_and_wrong_answer_costs_much_but_not_infinity() -> None:
    assert scores.row_losses(np.array([1, 0]), np.array([0.0, 1.0])) == pytest.approx(
        [16.118, 16.118], abs=1e-3
    )


def test_metrics_without_meaning_are_not_numbers() -> None:
    one_class, answers = np.ones(3, np.int8), np.array([0.1, 0.2, 0.3])
    assert math.isnan(scores.auc(one_class, answers))
    assert math.isnan(scores.auc_pr(one_class, answers))
    assert math.isnan(scores.precision(one_class, answers, 0.5))
    assert math.isnan(scores.recall(np.zeros(3, np.int8), answers, 0.5))
    assert math.isnan(scores.calibration(np.zeros(3, np.int8), answers))
    assert math.isnan(scores.log_loss(np.zeros(0, np.int8), np.zeros(0)))


def test_a_score_that_is_no_number_gives_no_number() -> None:
    labels, answers = np.array([1, 0, 1]), np.array([0.5, math.nan, 0.2])
    assert math.isnan(scores.auc(labels, answers))
    assert math.isnan(scores.log_loss(labels, answers))
