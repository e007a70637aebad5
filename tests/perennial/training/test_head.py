"""What training, scores and outputs are by task."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from perennial.errors import ConfigError, UserCodeError
from perennial.task import Task
from perennial.training.head import Head
from serving.model.columns import InputColumn
from serving.reading.values import Kind
from tests import tiny_use_case


def _head(task: Task, kind: Kind = "int") -> Head:
    return Head.of(task, [InputColumn("x", "float"), InputColumn(task.label, kind)])


def test_a_label_of_0_and_1_has_one_output() -> None:
    outputs = _head(Task("binary", "y")).outputs(tf.constant([0.25]))
    assert {name: one.numpy().tolist() for name, one in outputs.items()} == {"probability": [0.25]}


def test_of_two_named_classes_the_likelier_is_the_prediction() -> None:
    outputs = _head(Task("binary", "y", ("no", "yes")), "string").outputs(tf.constant([0.25, 0.75]))
    assert outputs["prediction"].numpy().tolist() == [b"no", b"yes"]
    assert outputs["classes"].numpy().tolist() == [[b"no", b"yes"]] * 2
    assert outputs["probabilities"].numpy().tolist() == [[0.75, 0.25], [0.25, 0.75]]


@pytest.mark.parametrize(
    ("named", "kind", "dtype", "expected"),
    [
        (("a", "b", "c"), "string", tf.string, b"c"),
        ((3, 7, 9), "int", tf.int64, 9),
        ((0.5, 1, 2), "float", tf.float32, 2.0),
    ],
)
def test_classes_are_of_the_labels_own_kind(
    named: tuple[str | int | float, ...], kind: Kind, dtype: tf.DType, expected: object
) -> None:
    head = _head(Task("multiclass", "y", named), kind)
    scores = head.scores(tf.constant([[0.0, 1.0, 2.0]]))
    outputs = head.outputs(scores)
    assert scores.numpy().sum() == pytest.approx(1, abs=1e-6)
    assert outputs["prediction"].dtype == outputs["classes"].dtype == dtype
    assert outputs["prediction"].numpy().tolist() == [expected]
    assert outputs["probabilities"].numpy().argmax() == 2


def test_a_regression_is_scaled_for_training_and_answered_in_its_own_units() -> None:
    values = np.array([[1e6], [3e6]])
    head = _head(Task("regression", "y")).scaled_by(values)
    assert head.targets(values).numpy().tolist() == [[-1.0], [1.0]]
    assert head.scores(tf.constant([[-1.0], [1.0]])).numpy().tolist() == [1e6, 3e6]


def test_a_label_that_never_changes_is_answered_as_it_is() -> None:
    values = np.full((7, 1), 0.1)
    head = _head(Task("regression", "y"), "float").scaled_by(values)
    assert head.targets(values).numpy().tolist() == [[0.0]] * 7
    assert head.scores(tf.constant([[0.0], [9.0]])).numpy().tolist() == [np.float32(0.1)] * 2


@pytest.mark.parametrize(
    ("task", "kind", "expected"),
    [
        (Task("regression", "y"), "string", "INT or FLOAT"),
        (Task("binary", "y"), "string", "`classes`"),
        (Task("binary", "y", ("no", "yes")), "int", "classes of the same type"),
        (Task("multiclass", "y", (1, 2, 3)), "string", "classes of the same type"),
        (Task("multiclass", "y", (1, 2, 3.5)), "int", "classes of the same type"),
        (Task("regression", "z"), "int", "`z`"),
    ],
)
def test_a_label_of_another_kind_than_the_task_is_refused(task: Task, kind: Kind, expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        Head.of(task, [InputColumn("y", kind)])


def test_a_model_of_another_width_is_refused_with_the_expected_one() -> None:
    model = tiny_use_case.build_model({"width": 2}, {})
    expected = r"^models/y\.py:7: .*\(batch, 3\), 3 logits.*it has \(batch, 1\)"
    with pytest.raises(UserCodeError, match=expected) as raised:
        _head(Task("multiclass", "y", (1, 2, 3))).check(model, "models/y.py:7")
    assert "Dense(3)" in str(raised.value)
    _head(Task("regression", "y")).check(model, "models/y.py:7")


@pytest.mark.parametrize(
    "model",
    [
        keras.Sequential([keras.layers.Dense(1)]),
        keras.Model(),
        keras.Sequential([keras.Input((None, 1)), keras.layers.GlobalMaxPooling1D(), keras.layers.Dense(1)]),
    ],
)
def test_a_model_without_inputs_is_refused(model: keras.Model) -> None:
    with pytest.raises(UserCodeError, match="a model without inputs of a known shape"):
        _head(Task("regression", "y")).check(model, "models/y.py:7")


def test_it_is_written_down_and_read_back() -> None:
    head = Head(Task("multiclass", "y", ("a", "b", "c")), 1.5, 2.5)
    assert Head.from_json(head.to_json()) == head
