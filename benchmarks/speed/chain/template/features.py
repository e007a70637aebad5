"""The features of flights for TFX's own Transform: those of `transforms.flights`, and what is sliced by."""

from collections.abc import Mapping
from typing import Any, Final

import tensorflow as tf
import tensorflow_transform as tft

from transforms import flights

LABEL: Final = "late"
HOUR_BAND: Final = "hour_band"
BANDS: Final = (6.0, 10.0, 14.0, 18.0)


def preprocessing_fn(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Makes what `transforms.flights` makes, by the same stock analyzers, and the hour band.

    Args:
        inputs: Raw column -> SparseTensor of shape (batch, at most 1).

    Returns:
        Name -> tensor of shape (batch, 1); `hour_band` is an int64 from 0 to 4, which the network lacks, and
        the template has the label among its features.
    """
    features = flights.preprocessing_fn(inputs)
    hours = tf.cast(features["hour"], tf.float32)
    late = inputs[LABEL]
    shape = tf.stack([late.dense_shape[0], 1])
    label = tf.sparse.to_dense(tf.SparseTensor(late.indices, late.values, shape), tf.constant(0, tf.int64))
    return {**features, HOUR_BAND: tft.apply_buckets(hours, tf.constant([BANDS])), LABEL: label}
