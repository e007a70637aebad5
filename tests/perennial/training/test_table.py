"""How transformed rows lie in memory."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from perennial.errors import NodeFailed
from perennial.training.table import Growing, Layout, layout_of, narrowed

LAYOUT = Layout({"a": (1,), "c": (2,)}, {"b": ()})


def test_what_is_packed_is_unpacked_as_it_was() -> None:
    features = {
        "a": tf.constant([[1.0], [2.0]]),
        "b": tf.constant([3, 4], tf.int64),
        "c": tf.constant([[5.0, 6.0], [7.0, 8.0]]),
        "other": tf.constant(["x", "y"]),
    }
    numbers, ids = LAYOUT.pack(features)
    assert numbers.shape == (2, 3)
    assert ids.shape == (2, 1)
    unpacked = LAYOUT.unpack(numbers, tf.cast(ids, tf.int32))
    assert unpacked.keys() == {"a", "b", "c"}
    for name, values in unpacked.items():
        assert values.dtype == features[name].dtype
        np.testing.assert_array_equal(values, features[name])


def test_a_layout_of_numbers_alone_has_no_ids() -> None:
    numbers, ids = Layout({"a": (1,)}, {}).pack({"a": tf.constant([[1.0], [2.0]])})
    assert (numbers.shape, ids.shape) == ((2, 1), (2, 0))


def test_floats_and_whole_numbers_of_a_model_are_kept_apart() -> None:
    inputs = [
        keras.Input((1,), name="x"),
        keras.Input((), name="i", dtype="int64"),
        keras.Input((3,), name="y"),
    ]
    embedded = keras.layers.Embedding(5, 1)(inputs[1])
    layout = layout_of(keras.Model(inputs, keras.layers.Concatenate()([inputs[0], embedded, inputs[2]])))
    assert layout == Layout({"x": (1,), "y": (3,)}, {"i": ()})
    assert layout.number_names() == ["x", "y", "y", "y"]


def test_a_growing_matrix_holds_what_was_added_in_its_order() -> None:
    growing, blocks = Growing(), [np.arange(n * 2, dtype=np.float32).reshape(n, 2) for n in (3, 1, 40, 2)]
    for block in blocks:
        growing.append(block)
    np.testing.assert_array_equal(growing.whole(), np.concatenate(blocks))


@pytest.mark.parametrize("values", [(7, 2**40), (2**40, 7)])
def test_an_id_too_large_for_32_bits_is_kept_whole(values: tuple[int, int]) -> None:
    growing = Growing()
    for value in values:
        growing.append(narrowed(np.array([[value]])))
    assert growing.whole().tolist() == [[values[0]], [values[1]]]


def test_a_feature_of_another_size_than_the_models_input_is_refused() -> None:
    layout = Layout({"x": (5,)}, {})
    with pytest.raises(NodeFailed, match="takes `x` with 5 values a row; the transform gives 2"):
        layout.pack({"x": tf.zeros([10, 2])})
