"""The task that a label's values say, and what makes one impossible."""

from typing import Any

import pyarrow as pa
import pytest

from commands.new.label import MOST_CLASSES, TaskChoice, choose_task
from perennial.errors import UsageError
from perennial.task import Kind, Task


def of(values: list[Any], asked: Kind | None = None) -> TaskChoice:
    cells = [value.encode() if isinstance(value, str) else value for value in values]
    return choose_task(pa.chunked_array([pa.array(cells)]), "y", asked)


def test_zeros_and_ones_are_binary_without_named_classes() -> None:
    assert of([0, 1] * 30).task == Task("binary", "y")


def test_two_numbers_are_binary_and_the_larger_is_the_positive_one() -> None:
    assert of([2, 1] * 30).task == Task("binary", "y", (1, 2))


def test_zeros_and_ones_written_with_a_fraction_are_classes_of_their_own_type() -> None:
    classes = of([0.0, 1.0] * 30).task.named
    assert classes == (0.0, 1.0)
    assert all(isinstance(name, float) for name in classes)


@pytest.mark.parametrize(
    ("values", "positive"),
    [(["yes", "no"], "yes"), (["True", "False"], "True"), (["Y", "N"], "Y"), (["no", "sold"], "sold")],
)
def test_of_two_words_the_affirmative_one_is_positive(values: list[str], positive: str) -> None:
    assert of(values * 30).task.named[1] == positive


def test_of_two_words_that_say_nothing_the_rarer_is_positive() -> None:
    assert of(["blue"] * 40 + ["red"] * 60).task.named == ("red", "blue")


def test_text_of_several_values_is_multiclass_in_alphabetical_order() -> None:
    choice = of(["b", "a", "c"] * 30 + ["c"] * 10)
    assert choice.task == Task("multiclass", "y", ("a", "b", "c"))
    assert choice.counts == (30, 30, 40)


def test_a_few_whole_numbers_are_classes_and_the_reason_says_how_to_have_it_otherwise() -> None:
    choice = of([3, 4, 5] * 30)
    assert choice.task == Task("multiclass", "y", (3, 4, 5))
    assert "--task regression" in choice.why


def test_whole_numbers_with_few_rows_each_are_an_amount() -> None:
    assert of(list(range(18)) * 4).task.kind == "regression"


def test_whole_numbers_of_which_some_are_hardly_ever_there_are_an_amount() -> None:
    assert of([0, 1, 2, 3] * 100 + [9]).task.kind == "regression"


def test_many_numbers_are_a_regression() -> None:
    assert of([float(value) / 2 for value in range(100)]).task == Task("regression", "y")


def test_the_task_that_was_asked_for_is_taken() -> None:
    assert of([3, 4, 5] * 30, "regression").task.kind == "regression"
    assert of([0, 1] * 30, "regression").task.kind == "regression"


def test_classes_with_too_few_rows_are_left_out_and_counted() -> None:
    choice = of(["a", "b", "c"] * 30 + ["rare"] * 2)
    assert choice.task.named == ("a", "b", "c")
    assert (choice.left_out, choice.left_out_rows) == (("rare",), 2)


@pytest.mark.parametrize(
    ("values", "asked", "expected"),
    [
        (["a"] * 100, None, "has the same value in all rows"),
        ([None] * 100, None, "has a value in 0 of 100 rows"),
        (["a", "b"] * 10, None, "has a value in 20 of 20 rows"),
        (["a"] * 100 + ["b"] * 2, None, "1 of the 2 values of column `y` have fewer"),
        (["a"] * 100 + ["b"] * 2 + ["c"] * 2, None, "2 of the 3 values of column `y` have fewer"),
        ([f"v{value}" for value in range(MOST_CLASSES + 1)], None, "at most 200 classes are possible"),
        (["a", "b"] * 50, "regression", "A regression needs numbers"),
        (["a", "b", "c"] * 50, "binary", "needs a label with two values; column `y` has 3"),
        (["a", "b"] * 50, "multiclass", "has two"),
    ],
)
def test_a_label_that_no_model_can_be_made_for_is_refused(
    values: list[Any], asked: Kind | None, expected: str
) -> None:
    with pytest.raises(UsageError) as refused:
        of(values, asked)
    assert expected in refused.value.problem
    assert refused.value.remedy


def test_classes_that_differ_only_in_case_are_asked_about() -> None:
    with pytest.raises(UsageError) as refusal:
        of(["Yes", "yes", "no "] * 20)
    assert "'Yes' = 'yes'" in refusal.value.problem
    assert "table['y'].str.strip().str.lower()" in refusal.value.remedy
    assert "--task multiclass" in refusal.value.remedy
    assert of(["Yes", "yes", "no"] * 20, "multiclass").task.classes == ("Yes", "no", "yes")
