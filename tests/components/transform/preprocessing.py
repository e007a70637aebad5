"""Preprocessing functions that ask for many kinds of analysis, for the tests of Transform."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf
import tensorflow_transform as tft


def many_analyzers(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Means, ranges, quantiles and vocabularies."""
    heat = _dense(inputs["heat"], 0.0)
    size = _dense(inputs["size"], 0)
    colour = _dense(inputs["colour"], "")
    return {
        "share": tft.scale_to_0_1(heat),
        "z": tft.scale_to_z_score(heat),
        "bucket": tft.bucketize(heat, 4),
        "largest": tf.zeros_like(size) + tft.max(size),
        "total": tf.zeros_like(size) + tft.sum(size),
        "colour_id": tft.compute_and_apply_vocabulary(
            colour, top_k=2, num_oov_buckets=1, vocab_filename="colours"
        ),
        "size_id": tft.compute_and_apply_vocabulary(
            size, frequency_threshold=10, default_value=-1, vocab_filename="sizes"
        ),
        "good": _dense(inputs["good"], 0),
    }


def two_passes(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """An analyzer of what follows from another one."""
    heat = _dense(inputs["heat"], 0.0)
    centred = heat - tft.mean(heat)
    return {"heat": heat, "spread": tf.zeros_like(heat) + tft.max(centred * centred)}


def two_passes_of_another_column(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """`two_passes`, edited: its constants have the same names and shapes, and are of `size`."""
    return two_passes({"heat": tf.cast(inputs["size"], tf.float32)})


def none(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Nothing to analyse."""
    return {"heat": _dense(inputs["heat"], 0.0)}


def mean_per_key(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """An analyzer that is computed through Beam alone."""
    heat = _dense(inputs["heat"], 0.0)
    return {"heat": tft.scale_to_z_score_per_key(heat, _dense(inputs["colour"], ""))}


def absent_column(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Takes a column that the schema does not have."""
    return {"heat": _dense(inputs["visib"], 0.0)}


def with_a_value(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Raises an error with a data value."""
    raise RuntimeError("a value: 4711")


def fails_on_a_row(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Analyses what not every row is."""
    heat = _dense(inputs["heat"], -1.0)
    with tf.control_dependencies([tf.debugging.assert_positive(heat)]):
        return {"heat": tft.scale_to_0_1(tf.identity(heat))}


def fails_on_missing(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Asks for a number as colour, after an analysis that does not."""
    heat = tft.scale_to_0_1(_dense(inputs["heat"], 0.0))
    colour = tf.strings.to_number(_dense(inputs["colour"], ""))
    return {"heat": heat, "colour": colour}


def returns_none(inputs: Mapping[str, Any]) -> Any:
    """No dict."""


def returns_a_list(inputs: Mapping[str, Any]) -> Any:
    """No dict."""
    return [inputs["heat"]]


def returns_no_feature(inputs: Mapping[str, Any]) -> Any:
    """Nothing."""
    return {}


def returns_a_number(inputs: Mapping[str, Any]) -> Any:
    """No tensor."""
    return {"heat": 4711}


def returns_an_unknown_width(inputs: Mapping[str, Any]) -> Any:
    """A width that follows from the rows."""
    return {"heat": tf.sparse.to_dense(inputs["heat"])}


def returns_seven_rows(inputs: Mapping[str, Any]) -> Any:
    """As many rows, whatever the batch."""
    return {"heat": tf.reshape(_dense(inputs["heat"], 0.0), [7, 1])}


def returns_a_scalar(inputs: Mapping[str, Any]) -> Any:
    """One number for all rows."""
    return {"heat": tf.reduce_sum(inputs["heat"].values)}


def returns_a_number_as_name(inputs: Mapping[str, Any]) -> Any:
    """A name that is no text."""
    return {4711: _dense(inputs["heat"], 0.0)}


def _dense(sparse: Any, missing: Any) -> Any:
    shaped = tf.SparseTensor(sparse.indices, sparse.values, [sparse.dense_shape[0], 1])
    return tf.squeeze(tf.sparse.to_dense(shaped, missing), 1)
