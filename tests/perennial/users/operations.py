"""A user's operations, each of which fails on some rows; their lines are what the tests look for."""

import tensorflow as tf


def asserts(values: tf.Tensor) -> tf.Tensor:
    """Takes numbers above 0."""
    tf.debugging.assert_positive(values)
    return values * 2


def converts(words: tf.Tensor) -> tf.Tensor:
    """Takes words that are numbers."""
    return tf.strings.to_number(words)
