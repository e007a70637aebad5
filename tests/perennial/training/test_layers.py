"""The layers of networks for tables: what they answer, and that a saved model comes back the same."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from perennial.training.layers import Ensemble, PiecewiseLinear, SoftClip

FEATURES = np.random.default_rng(3).normal(size=(6, 5)).astype("float32")


def ensemble(outputs: int, average: str, members: int = 4) -> Ensemble:
    keras.utils.set_random_seed(17)
    return Ensemble(members, [8, 4], dropout=0.5, outputs=outputs, average=average)


def answers(layer: Any, **how: Any) -> np.ndarray[Any, Any]:
    return keras.ops.convert_to_numpy(layer(FEATURES, **how))


def one_by_one(layer: Ensemble) -> np.ndarray[Any, Any]:
    """What each member says, worked out by hand: (members, rows, outputs)."""
    outputs = []
    for member in range(layer.members):
        hidden = FEATURES
        for depth, weights in enumerate(layer._depths):
            shared, scale_in, scale_out, bias = map(keras.ops.convert_to_numpy, weights)
            hidden = np.maximum(hidden, 0) if depth else hidden
            hidden = (hidden * scale_in[member]) @ shared * scale_out[member] + bias[member]
        outputs.append(hidden)
    return np.array(outputs)


def test_a_rank_fills_the_bins_below_it() -> None:
    ranks = np.array([[0.0, 0.6], [1.0, 0.25]], "float32")
    filled = keras.ops.convert_to_numpy(PiecewiseLinear(4)(ranks))
    expected = np.array([[0, 0, 0, 0, 1, 1, 0.4, 0], [1, 1, 1, 1, 1, 0, 0, 0]])
    np.testing.assert_allclose(filled, expected, atol=1e-6)


def test_numbers_far_out_are_clipped_and_keep_their_order() -> None:
    clipped = keras.ops.convert_to_numpy(SoftClip(3.0)(np.array([-1e9, 0.0, 0.1, 3.0, 10.0], "float32")))
    np.testing.assert_allclose(clipped, [-3.0, 0.0, 0.1, 3.0 / 2**0.5, 2.87], atol=5e-3)


def test_numbers_are_the_mean_of_the_members_outputs() -> None:
    layer = ensemble(1, "linear")
    np.testing.assert_allclose(answers(layer), one_by_one(layer).mean(0), atol=1e-5)


def test_the_probability_of_two_classes_is_the_mean_of_the_members() -> None:
    layer = ensemble(1, "sigmoid")
    probability = 1 / (1 + np.exp(-answers(layer)))
    np.testing.assert_allclose(probability, (1 / (1 + np.exp(-one_by_one(layer)))).mean(0), atol=1e-6)


def test_the_probabilities_of_several_classes_are_the_mean_of_the_members() -> None:
    layer = ensemble(3, "softmax")
    powers, each = np.exp(answers(layer)), np.exp(one_by_one(layer))
    expected = (each / each.sum(-1, keepdims=True)).mean(0)
    np.testing.assert_allclose(powers / powers.sum(-1, keepdims=True), expected, atol=1e-6)


@pytest.mark.parametrize("average", ["sigmoid", "softmax"])
def test_members_that_are_very_sure_have_finite_logits(average: str) -> None:
    layer = ensemble(3, average)
    assert np.isfinite(keras.ops.convert_to_numpy(layer(FEATURES * 1e6))).all()


def test_in_training_one_member_answers_each_row() -> None:
    layer = Ensemble(4, [8], dropout=0.0, outputs=1, average="linear")
    drawn = answers(layer, training=True)
    assert np.isclose(one_by_one(layer), drawn, atol=1e-5).any(0).all()


def test_a_saved_model_comes_back_with_the_same_answers(tmp_path: Path) -> None:
    inputs = keras.Input((5,))
    model = keras.Model(inputs, ensemble(1, "sigmoid")(PiecewiseLinear(3)(SoftClip(3.0)(inputs))))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(FEATURES, verbose=0), model.predict(FEATURES, verbose=0))


def test_it_learns_what_no_line_can_separate() -> None:
    keras.utils.set_random_seed(17)
    rows = np.random.default_rng(3).uniform(size=(512, 2)).astype("float32")
    label = ((rows[:, :1] > 0.5) != (rows[:, 1:] > 0.5)).astype("float32")
    inputs = keras.Input((2,))
    logit = Ensemble(4, [16], dropout=0.0, outputs=1, average="sigmoid")(PiecewiseLinear(8)(inputs))
    model = keras.Model(inputs, logit)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.02), loss, steps_per_execution=4, jit_compile=False)
    model.fit(rows, label, batch_size=128, epochs=25, verbose=0)
    assert ((model.predict(rows, verbose=0) > 0) == (label > 0)).mean() > 0.95
