"""Keras layers that networks for tables share; a saved model that has them loads where this is imported."""

import itertools
from collections.abc import Sequence
from typing import Any, Final

import keras
import tensorflow as tf
from keras import ops

Answers = str

PACKAGE: Final = "perennial"


@keras.saving.register_keras_serializable(PACKAGE)
class PiecewiseLinear(keras.layers.Layer):
    """Encodes a number between 0 and 1 by how far it fills each of some equal bins.

    A network bends a feature only where its first layer learns to; with this it may bend it at every bin.
    Of ranks (`perennial.training.encoding.quantile_features`) the bins are quantiles: Gorishniy et al., "On
    embeddings for numerical features in tabular deep learning", 2022, section 3.2.

    Input: float32 (batch, columns), output: float32 (batch, columns * bins). With 4 bins 0.6 is 1, 1, 0.4, 0.
    """

    def __init__(self, bins: int, **kwargs: Any) -> None:
        """Takes the number of bins of each column."""
        super().__init__(**kwargs)
        self.bins = bins

    def call(self, ranks: tf.Tensor) -> tf.Tensor:
        """Fills the bins."""
        starts = ops.arange(self.bins, dtype=ranks.dtype)
        filled = ops.clip(ops.expand_dims(ranks, -1) * self.bins - starts, 0.0, 1.0)
        return ops.reshape(filled, (-1, ranks.shape[-1] * self.bins))

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, int]:
        """(batch, columns * bins)."""
        return input_shape[0], int(input_shape[-1] or 0) * self.bins

    def get_config(self) -> dict[str, Any]:
        """What the layer is made of."""
        return {**super().get_config(), "bins": self.bins}


@keras.saving.register_keras_serializable(PACKAGE)
class SoftClip(keras.layers.Layer):
    """Brings numbers within ± a limit, the closer together the further out: none outweighs the others.

    Input and output: float32, of any shape.
    """

    def __init__(self, limit: float, **kwargs: Any) -> None:
        """Takes the limit, which no number reaches."""
        super().__init__(**kwargs)
        self.limit = limit

    def call(self, numbers: tf.Tensor) -> tf.Tensor:
        """Clips softly; near 0 numbers stay as they are. Their squares have to be numbers."""
        return numbers / ops.sqrt(1.0 + ops.square(numbers / self.limit))

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """That of the input."""
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        """What the layer is made of."""
        return {**super().get_config(), "limit": self.limit}


@keras.saving.register_keras_serializable(PACKAGE)
class Ensemble(keras.layers.Layer):
    """Dense networks side by side, averaged; they share their weights but for scales and biases.

    In training each row is learned from by one member, drawn anew at every step, so that a step costs no
    more than one network's; else all members answer, and what they say is averaged as `average` says.
    Sources: Wen et al., "BatchEnsemble", 2020; Gorishniy et al., "TabM", 2024.

    Input: float32 (batch, features), output: float32 (batch, outputs), logits or numbers.
    """

    def __init__(
        self,
        members: int,
        hidden_units: Sequence[int],
        dropout: float,
        outputs: int,
        average: Answers,
        **kwargs: Any,
    ) -> None:
        """Describes the networks.

        Args:
            members: How many of them.
            hidden_units: The width of each hidden layer.
            dropout: Which share of a hidden layer a training step leaves out.
            outputs: How many numbers a network answers.
            average: What is averaged: "sigmoid" (probabilities of logits), "softmax", or "linear" (answers).
            **kwargs: Keras' own.
        """
        super().__init__(**kwargs)
        self.members = members
        self.hidden_units = list(hidden_units)
        self.dropout = dropout
        self.outputs = outputs
        self.average = average
        self._draw = keras.random.SeedGenerator()

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Makes the weights of each layer: shared, scales of what goes in and comes out, and biases."""
        widths = [int(input_shape[-1] or 0), *self.hidden_units, self.outputs]
        self._depths = [
            self._layer(depth, width, units)
            for depth, (width, units) in enumerate(itertools.pairwise(widths))
        ]

    def _layer(self, depth: int, width: int, units: int) -> tuple[Any, ...]:
        last = depth == len(self.hidden_units)
        return (
            self.add_weight(
                (width, units), "glorot_uniform" if last else "he_uniform", name=f"shared_{depth}"
            ),
            # The members begin as different as can be in what they see, and alike in all else.
            self.add_weight((self.members, width), "ones" if depth else _signs, name=f"scale_in_{depth}"),
            self.add_weight((self.members, units), "ones", name=f"scale_out_{depth}"),
            self.add_weight((self.members, units), "zeros", name=f"bias_{depth}"),
        )

    def call(self, features: tf.Tensor, training: bool = False) -> tf.Tensor:
        """One member's answer in training, that of all else."""
        # (batch, 1, members) or (1, members, members): which of them answers. By products, as the gradient of
        # a look-up is a sparse one, which the optimizer is slow with.
        if training:
            drawn = keras.random.randint((ops.shape(features)[0], 1), 0, self.members, seed=self._draw)
            who = ops.one_hot(drawn, self.members, dtype=features.dtype)
        else:
            who = ops.expand_dims(ops.eye(self.members, dtype=features.dtype), 0)
        answers = ops.expand_dims(features, 1)
        for depth, (shared, scale_in, scale_out, bias) in enumerate(self._depths):
            if depth:
                answers = ops.relu(answers)
                if training:
                    answers = keras.random.dropout(answers, self.dropout, seed=self._draw)
            # Not matmul, which would be one small product for each row.
            answers = ops.tensordot(answers * ops.matmul(who, scale_in), shared, 1)
            answers = answers * ops.matmul(who, scale_out) + ops.matmul(who, bias)
        return answers[:, 0] if training else _averaged(answers, self.average)

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, int]:
        """(batch, outputs)."""
        return input_shape[0], self.outputs

    def get_config(self) -> dict[str, Any]:
        """What the layer is made of."""
        return {
            **super().get_config(),
            "members": self.members,
            "hidden_units": self.hidden_units,
            "dropout": self.dropout,
            "outputs": self.outputs,
            "average": self.average,
        }


def _signs(shape: Sequence[int], dtype: Any = None) -> tf.Tensor:
    """1 or -1, as it falls."""
    return ops.sign(keras.random.uniform(shape, -1.0, 1.0, dtype))


def _averaged(answers: tf.Tensor, average: Answers) -> tf.Tensor:
    """Of (batch, members, outputs) the logits of the mean probabilities, or the mean: (batch, outputs)."""
    if average == "linear":
        return ops.mean(answers, 1)
    if average == "softmax":
        return ops.logsumexp(ops.log_softmax(answers, axis=-1), 1)
    return ops.logsumexp(ops.log_sigmoid(answers), 1) - ops.logsumexp(ops.log_sigmoid(-answers), 1)
