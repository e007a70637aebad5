"""How losses are compared, and how figures of any size are written."""

import math

import numpy as np
import pytest

from components.evaluator.measures import measures_of, relation, relative
from perennial.task import Task

RATE = Task("regression", "y")


@pytest.mark.parametrize(
    ("loss", "other", "expected"),
    [
        (0.0812, 0.0787, "3.2% above"),
        (0.0812, 0.28, "71% below"),
        (0.5, 0.5, "equal to"),
        (0.50001, 0.5, "less than 0.1% above"),
        (0.0618, 0.0031, "20 times"),
        (1.4, 0.5, "180% above"),
        (0.1, 0.0, "above"),
    ],
)
def test_how_one_loss_lies_to_another_is_put_in_words(loss: float, other: float, expected: str) -> None:
    assert relation(loss, other) == expected


def test_no_share_of_nothing() -> None:
    assert relative(0.1, 0.0) is None
    assert relative(math.nan, 0.5) is None


@pytest.mark.parametrize(
    ("value", "written"), [(54_321.7, "54,322"), (59.7042, "59.7"), (0.00123456, "0.001235")]
)
def test_a_regressions_figures_fit_any_unit(value: float, written: str) -> None:
    assert measures_of(RATE).figure(value) == written
    assert measures_of(RATE).figure(value, "+") == f"+{written}"
    assert measures_of(Task("binary", "y")).figure(0.5) == "0.5000"


def test_the_difference_of_rmses_is_that_of_roots_not_of_squares() -> None:
    measures = measures_of(RATE)
    labels = np.zeros(40)
    ours, theirs = (measures.row_losses(labels, np.full(40, size)) for size in (3.0, 5.0))
    made = measures.difference(ours, theirs, np.arange(40) % 20, 0.95)
    assert (made.estimate, made.low, made.high) == (-2.0, -2.0, -2.0)
    slices = measures.slice_differences(np.arange(40) % 2, np.arange(40) % 20, ours, theirs)
    assert slices.estimates.tolist() == [-2.0, -2.0]


def test_the_positive_of_two_named_classes_is_named() -> None:
    assert measures_of(Task("binary", "y")).always_named([0.7, 0.3]) == "the training rate 0.300"
    named = measures_of(Task("binary", "y", ("no", "yes")))
    assert named.always_named([0.7, 0.3]) == "the training rate of yes 0.300"


def test_answers_that_cannot_be_one_are_known_by_task() -> None:
    several = measures_of(Task("multiclass", "y", (1, 2, 3)))
    matrix = np.array([[0.2, 0.3, 0.5], [0.2, math.nan, 0.5], [1.2, 0.0, 0.0]])
    assert several.answered(matrix).tolist() == [True, False, False]
    assert measures_of(RATE).answered(np.array([-7.0, math.inf, math.nan])).tolist() == [True, False, False]
