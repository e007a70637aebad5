"""How raw columns become what a network takes; shared by the transforms that `new` writes.

Each function takes columns as tf.Transform gives them: SparseTensors of shape (batch, at most 1), an absent
cell being a missing one. Whatever stands in a cell, the features are finite and bounded.
"""

import math
from collections.abc import Sequence
from typing import Any, Final

import tensorflow as tf
import tensorflow_transform as tft

# Of a number's values, in so many buckets of equally many rows.
BUCKETS: Final = 256
# How exact their bounds are: a share of the rows, a tenth of a bucket.
EXACTNESS: Final = 1 / (10 * BUCKETS)
# Larger numbers count as this large: their differences are still numbers of 32 bits.
ABSURD: Final = 1e30
# Scaled numbers are within ± this, and linear up to there, so that a network can add columns up.
CLIP: Final = 10.0
# Standard deviations between the first and the last sixteenth of the rows, were the values normal.
_SPREAD: Final = 3.07
_SIXTEENTH: Final = BUCKETS // 16
# What stands for a missing cell in a vocabulary, so that missing has an id of its own where it is frequent.
_MISSING: Final = "(missing)"
_DATE: Final = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])([ T]([01]\d|2[0-3]):[0-5]\d.*)?"
_NO_DATE: Final = "2000-01-01 00:00"


def dense(column: tf.SparseTensor, missing: Any) -> tf.Tensor:
    """One value a row, shape (batch, 1), with `missing` where there is none."""
    return _dense([column], [column.values], tf.constant(missing, column.dtype))


def number_matrix(columns: Sequence[tf.SparseTensor]) -> tf.Tensor:
    """Columns of ints or floats side by side: float32 (batch, columns), NaN where missing."""
    values = [column.values for column in columns]
    return _dense(columns, [tf.cast(each, tf.float32) for each in values], tf.constant(math.nan))


def missing_markers(columns: Sequence[tf.SparseTensor]) -> tf.Tensor:
    """1.0 where a cell is missing, else 0.0: float32 (batch, columns)."""
    present = [tf.zeros_like(column.indices[:, 0], tf.float32) for column in columns]
    return _dense(columns, present, tf.constant(1.0))


def date_numbers(column: tf.SparseTensor, parts: Sequence[str]) -> tf.Tensor:
    """Numbers of an ISO date (`YYYY-MM-DD`, with ` HH:MM…` or without): float32 (batch, parts).

    Args:
        column: Text.
        parts: Which: "day" (since 2000-01-01), "year_day" (of the year, from 0), "weekday" (Monday 0),
            "minute" (of the day, from 0).

    Returns:
        In the order of `parts`; NaN where the date is missing or none. The 31st of a shorter month is the day
        after its last.
    """
    text = dense(column, "")
    good = tf.strings.regex_full_match(text, _DATE)
    padded = tf.strings.join([tf.where(good, text, _NO_DATE), " 00:00"])

    def digits(start: int, length: int) -> tf.Tensor:
        return tf.strings.to_number(tf.strings.substr(padded, start, length), tf.int64)

    year, first = digits(0, 4), tf.constant(1, tf.int64)
    day = _days_since_2000(year, digits(5, 2), digits(8, 2))
    made = {
        "day": day,
        "year_day": day - _days_since_2000(year, first, first),
        "weekday": tf.math.floormod(day + 5, 7),  # the first of 2000 was a Saturday
        "minute": digits(11, 2) * 60 + digits(14, 2),
    }
    numbers = tf.concat([made[part] for part in parts], axis=1)
    return tf.where(good, tf.cast(numbers, tf.float32), math.nan)


def quantile_features(numbers: tf.Tensor, name: str) -> dict[str, tf.Tensor]:
    """What a network takes of numbers, by the quantiles of the rows that are analysed.

    Args:
        numbers: float32 (batch, columns), NaN where missing.
        name: Of the analysis.

    Returns:
        Both float32 (batch, columns):
          - `rank`: where the value stands among the quantiles that differ, 0 to 1; missing 0.5. Blind to
            units and outliers; a value that many rows have is one place, so that the others have the rest.
          - `scaled`: distance from the median in standard deviations (of the middle seven eighths), at most
            ±10; missing 0.
    """
    missing = tf.logical_not(tf.math.is_finite(numbers))
    numbers = tf.where(missing, math.nan, tf.clip_by_value(numbers, -ABSURD, ABSURD))
    bounds = tft.quantiles(
        _never_without_a_value(numbers), BUCKETS, EXACTNESS, reduce_instance_dims=False, name=name
    )
    known = tf.where(missing, 0.0, numbers)
    return {
        "rank": tf.where(missing, 0.5, _rank(known, bounds)),
        "scaled": tf.where(missing, 0.0, _scaled(known, bounds)),
    }


def category_id(column: tf.SparseTensor, name: str, min_rows: int) -> tf.Tensor:
    """Ids of a column of text or ints, by falling frequency: int64 (batch, 1).

    The last id is for all values that fewer than `min_rows` rows have, or none. A missing cell counts as a
    value of its own. `name` is the vocabulary's file, beside the graph.
    """
    if column.dtype != tf.string:
        column = tf.SparseTensor(column.indices, tf.strings.as_string(column.values), column.dense_shape)
    return tft.compute_and_apply_vocabulary(
        dense(column, _MISSING),
        frequency_threshold=min_rows,
        num_oov_buckets=1,
        vocab_filename=name,
        name=f"{name}_vocabulary",
    )


def _dense(columns: Sequence[tf.SparseTensor], values: Sequence[tf.Tensor], missing: tf.Tensor) -> tf.Tensor:
    """Columns side by side, (batch, columns), with `values` for theirs and `missing` where there is none."""
    # A whole batch without a value may have come as (batch, 0); each column's shape is one wide here. All are
    # joined and made dense at once: an operation a column would be most of a served row's time.
    shape = tf.stack([columns[0].dense_shape[0], 1])
    cells = [
        tf.SparseTensor(column.indices, each, shape) for column, each in zip(columns, values, strict=True)
    ]
    joined = tf.sparse.concat(axis=1, sp_inputs=cells) if len(cells) > 1 else cells[0]
    return tf.ensure_shape(tf.sparse.to_dense(joined, missing), [None, len(columns)])


def _never_without_a_value(numbers: tf.Tensor) -> tf.Tensor:
    """With one more row: 0 in columns that are all missing, so that they have quantiles, and missing else."""
    empty = tf.reduce_all(tf.math.is_nan(numbers), axis=0, keepdims=True)
    return tf.concat([numbers, tf.where(empty, 0.0, math.nan)], axis=0)


def _rank(numbers: tf.Tensor, bounds: tf.Tensor) -> tf.Tensor:
    """Where numbers (batch, columns) stand among bounds (columns, bounds) that differ, evenly from 0 to 1."""
    last = BUCKETS - 2
    values = tf.transpose(numbers)
    left = tf.searchsorted(bounds, values, side="left")
    right = tf.searchsorted(bounds, values, side="right")
    below = tf.gather(bounds, tf.clip_by_value(left - 1, 0, last), batch_dims=1)
    above = tf.gather(bounds, tf.clip_by_value(left, 0, last), batch_dims=1)
    # A bound that many rows have comes many times and is one place. Of a value that is none of the bounds
    # left and right are the same, and it stands a share of the way.
    places = tf.cumsum(tf.cast(bounds[:, 1:] > bounds[:, :-1], tf.float32), axis=1)
    places = tf.pad(places, [[0, 0], [1, 0]])
    at_or_below = tf.gather(places, tf.clip_by_value(right - 1, 0, last), batch_dims=1)
    share = tf.where(left == right, tf.math.divide_no_nan(values - below, above - below), 0.0)
    rank = (at_or_below + share) / tf.maximum(places[:, -1:], 1.0)
    return tf.transpose(tf.clip_by_value(rank, 0.0, 1.0))


def _scaled(numbers: tf.Tensor, bounds: tf.Tensor) -> tf.Tensor:
    middle = bounds[:, BUCKETS // 2 - 1]
    spread = (bounds[:, -_SIXTEENTH] - bounds[:, _SIXTEENTH - 1]) / _SPREAD
    # Nearly all rows have the same value: the few others decide; or none does.
    spread = tf.where(spread > 0.0, spread, (bounds[:, -1] - bounds[:, 0]) / _SPREAD)
    spread = tf.where(spread > 0.0, spread, 1.0)
    return tf.clip_by_value((numbers - middle) / spread, -CLIP, CLIP)


def _days_since_2000(year: tf.Tensor, month: tf.Tensor, day: tf.Tensor) -> tf.Tensor:
    """Days from 2000-01-01 to a Gregorian date; int64 in and out.

    Source: H. Hinnant, "chrono-compatible low-level date algorithms" (days_from_civil): a year is from March.
    """
    year = year - tf.cast(month < 3, tf.int64)
    since_march = (153 * tf.math.floormod(month + 9, 12) + 2) // 5
    return 365 * year + year // 4 - year // 100 + year // 400 + since_march + day - 730426
