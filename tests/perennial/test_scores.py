"""Metrics in numpy equal scikit-learn's."""

import math
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sk

from perennial import scores


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


@pytest.fixture
def classes() -> tuple[Any, Any]:
    """Returns labels of four classes and probabilities that know something of them."""
    random = np.random.default_rng(5)
    labels = random.integers(0, 4, 2000)
    logits = random.normal(size=(2000, 4)) + 2 * np.eye(4)[labels]
    return labels, np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


def test_metrics_of_several_classes_equal_scikit_learns(classes: tuple[Any, Any]) -> None:
    labels, answers = classes
    chosen = answers.argmax(axis=1)
    assert scores.class_log_loss(labels, answers) == pytest.approx(sk.log_loss(labels, answers), abs=1e-12)
    assert scores.accuracy(labels, answers) == sk.accuracy_score(labels, chosen)
    assert scores.macro_f1(labels, answers) == pytest.approx(sk.f1_score(labels, chosen, average="macro"))
    assert scores.macro_auc(labels, answers) == pytest.approx(
        sk.roc_auc_score(labels, answers, multi_class="ovr", average="macro"), abs=1e-12
    )


def test_a_class_that_no_row_has_leaves_the_mean_of_the_classes(classes: tuple[Any, Any]) -> None:
    labels, answers = classes
    three = labels < 3
    expected = np.mean([sk.roc_auc_score(labels[three] == code, answers[three, code]) for code in range(3)])
    assert scores.macro_auc(labels[three], answers[three]) == pytest.approx(expected)
    never = np.where(np.arange(4) == 3, 0.0, answers)
    assert scores.macro_f1(labels[three], never[three]) == pytest.approx(
        sk.f1_score(labels[three], never[three].argmax(axis=1), average="macro")
    )
    one = labels == 0
    assert math.isnan(scores.macro_auc(labels[one], answers[one]))


def test_metrics_of_numbers_equal_scikit_learns() -> None:
    random = np.random.default_rng(6)
    labels = random.normal(100, 30, 500)
    answers = (labels + random.normal(3, 10, 500)).astype(np.float32)
    assert scores.rmse(labels, answers) == pytest.approx(sk.root_mean_squared_error(labels, answers))
    assert scores.mae(labels, answers) == pytest.approx(sk.mean_absolute_error(labels, answers))
    assert scores.r2(labels, answers) == pytest.approx(sk.r2_score(labels, answers))
    assert scores.bias(labels, answers) == pytest.approx(answers.mean(dtype=np.float64) - labels.mean())


def test_what_has_no_rows_no_spread_or_no_answer_has_no_value() -> None:
    nothing, none = np.zeros(0), np.zeros((0, 3))
    assert all(
        math.isnan(each(nothing, nothing)) for each in (scores.rmse, scores.mae, scores.r2, scores.bias)
    )
    of_classes = (scores.class_log_loss, scores.accuracy, scores.macro_auc, scores.macro_f1)
    assert all(math.isnan(each(np.zeros(0, int), none)) for each in of_classes)
    assert math.isnan(scores.r2(np.ones(3), np.array([1.0, 2.0, 3.0])))
    unanswered = np.array([[0.5, math.nan], [0.2, 0.8]])
    assert all(math.isnan(each(np.array([0, 1]), unanswered)) for each in of_classes[1:])
