"""What warns of a candidate: its level, and classes that it never predicts."""

from typing import Any

import numpy as np
import pytest

from components.evaluator.evidence import Evidence, Rows
from components.evaluator.sanity import check_calibration, check_classes
from components.evaluator.settings import EVALUATIONS
from perennial.task import Task

BINARY = Task("binary", "rain", ("no", "yes"))
KINDS = Task("multiclass", "kind", ("a", "b", "c"))
PRICE = Task("regression", "price")
FLOORS = {
    "binary": {"auc": {"min": 0.5}},
    "multiclass": {"auc": {"min": 0.5}},
    "regression": {"r2": {"min": 0}},
}


def _evidence(task: Task, labels: Any, answers: Any, days: int | None = 10) -> Evidence:
    stamps = (
        None if days is None else np.array([f"2013-03-{1 + row % days:02d}" for row in range(len(labels))])
    )
    rows = Rows(np.asarray(labels), np.asarray(answers, float), None, stamps)
    return Evidence(task, rows, rows, {}, [])


def _settings(task: Task) -> Any:
    return EVALUATIONS[task.kind].model_validate({"bounds": FLOORS[task.kind]})


def _state(check: Any, evidence: Evidence) -> str:
    reason = check(evidence, _settings(evidence.task))
    return "" if reason is None else str(reason.state)


def _binary(rate: float, answer: float, rows: int = 1000, days: int | None = 10) -> Evidence:
    labels = np.random.default_rng(3).random(rows) < rate
    return _evidence(BINARY, labels.astype(int), np.full(rows, answer), days)


@pytest.mark.parametrize(
    ("evidence", "state"),
    [
        (_binary(0.3, 0.3), ""),
        (_binary(0.3, 0.25), ""),
        (_binary(0.3, 0.1), "warned"),
        (_binary(0.3, 0.6), "warned"),
        (_binary(0.3, 0.6, days=None), "warned"),
        (_binary(0.3, 0.6, days=3), "noted"),  # no interval says how sure it is
        (_binary(0.3, 0.4, rows=60), "noted"),  # the interval reaches inside
        (_binary(0.0, 0.4), ""),  # no positive: it has no value
        (_evidence(PRICE, np.arange(1.0, 101), np.arange(1.0, 101) * 2), "warned"),
        (_evidence(PRICE, np.arange(-50.0, 51), np.arange(-50.0, 51) * 2), ""),  # a ratio says nothing
    ],
)
def test_a_level_far_from_the_labels_warns_where_it_is_sure(evidence: Evidence, state: str) -> None:
    assert _state(check_calibration, evidence) == state


def test_of_several_classes_each_has_its_level() -> None:
    labels = np.arange(600) % 3
    answers = np.tile([1 / 3, 1 / 3 - 0.2, 1 / 3 + 0.2], (600, 1))
    reason = check_calibration(_evidence(KINDS, labels, answers), _settings(KINDS))
    assert reason is not None
    assert reason.state == "warned"
    assert "`b` 0.40 (98.33% interval 0.40 to 0.40), `c` 1.60" in reason.sentence
    assert "mean prediction divided by mean label; 1 is right" in reason.sentence
    assert "`a`" not in reason.sentence


@pytest.mark.parametrize(
    ("evidence", "state"),
    [
        (_binary(0.3, 0.3), "warned"),  # never yes
        (_binary(0.3, 0.6), "warned"),  # never no
        (_binary(0.004, 0.3), "noted"),  # a handful of rows
        (_evidence(BINARY, [0, 1] * 50, [0.2, 0.8] * 50), ""),
        (_evidence(PRICE, [1.0, 2.0], [1.0, 1.0]), ""),
    ],
)
def test_a_class_that_is_never_predicted_warns(evidence: Evidence, state: str) -> None:
    assert _state(check_classes, evidence) == state


def test_the_class_that_is_never_predicted_is_named() -> None:
    answers = np.tile([0.5, 0.3, 0.2], (90, 1))
    answers[1::3] = [0.2, 0.6, 0.2]
    reason = check_classes(_evidence(KINDS, np.arange(90) % 3, answers), _settings(KINDS))
    assert reason is not None
    assert "`c` (30 rows)" in reason.sentence
    assert "`a`" not in reason.sentence
    assert "`b`" not in reason.sentence
    never = check_classes(_binary(0.3, 0.3), _settings(BINARY))
    assert never is not None
    assert never.sentence.startswith("At `evaluation.threshold` 0.5 no row of `yes` (")
