"""A use case's model with an operation that fails on every row."""

from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from tests import tiny_use_case


@keras.saving.register_keras_serializable("tests")
class Checked(keras.layers.Layer):
    """Takes numbers above a million."""

    def call(self, inputs: Any) -> Any:
        """The inputs."""
        tf.debugging.assert_greater(inputs, 1e6)
        return inputs


def build_model(hyperparameters: Mapping[str, Any], vocabulary_sizes: Mapping[str, int]) -> keras.Model:
    """The tiny model behind the check."""
    model = tiny_use_case.build_model(hyperparameters, vocabulary_sizes)
    return keras.Model(model.inputs, Checked()(model.outputs[0]))
