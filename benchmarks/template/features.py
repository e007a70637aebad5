"""The features of flights as TFX's template makes them: stock analyzers of tf.Transform, through Beam."""

import math
from collections.abc import Mapping
from typing import Any, Final

import tensorflow as tf
import tensorflow_transform as tft

from models.flights import FIXED_SIZES
from transforms.flights import ABSURD, CLIP, DAYS, FLIGHT_BUCKETS, HOURS, LABEL, NUMBERS, TIME

Tensor = Any

HOUR_BAND: Final = "hour_band"
BANDS: Final = (6.0, 10.0, 14.0, 18.0)
# The network takes these ids; what it takes else are numbers.
IDS: Final = ("carrier_id", "origin_id", "dest_id", *FIXED_SIZES)


def preprocessing_fn(inputs: Mapping[str, Any]) -> dict[str, Tensor]:
    """Makes what `transforms.flights` makes, and the hour band that the Evaluator slices by.

    Args:
        inputs: Raw column -> string, int64 or float32: a Tensor (batch, 1) where SchemaGen found a value in
            every row, else a SparseTensor.

    Returns:
        Name -> tensor of shape (batch, 1), as `transforms.flights.preprocessing_fn`; `hour_band` is an int64
        from 0 to 4.
    """
    carrier = _dense(inputs["carrier"], "")
    flight = _dense(inputs["flight"], -1)
    calendar = _calendar(_dense(inputs["sched_dep"], ""))
    hours = tf.cast(calendar["hour"], tf.float32)
    return {
        **calendar,
        **_scaled_numbers(inputs),
        **_rain(tf.cast(_dense(inputs["precip"], math.nan), tf.float32)),
        "carrier_id": _vocabulary(carrier, "carrier"),
        "origin_id": _vocabulary(_dense(inputs["origin"], ""), "origin"),
        "dest_id": _vocabulary(_dense(inputs["dest"], ""), "dest"),
        "flight_id": tf.strings.to_hash_bucket_fast(
            tf.strings.join([carrier, tf.strings.as_string(flight)], " "), FLIGHT_BUCKETS
        ),
        HOUR_BAND: tft.apply_buckets(hours, tf.constant([BANDS])),
        LABEL: _dense(inputs[LABEL], 0),
    }


def _dense(column: Any, missing: Any) -> Tensor:
    """One value a row, shape (batch, 1), with `missing` where there is none."""
    if not isinstance(column, tf.SparseTensor):
        return column
    shaped = tf.SparseTensor(column.indices, column.values, [column.dense_shape[0], 1])
    return tf.ensure_shape(tf.sparse.to_dense(shaped, tf.constant(missing, column.dtype)), [None, 1])


def _vocabulary(strings: Tensor, name: str) -> Tensor:
    return tft.compute_and_apply_vocabulary(
        strings, frequency_threshold=20, num_oov_buckets=1, vocab_filename=name, name=f"{name}_vocabulary"
    )


def _scaled_numbers(inputs: Mapping[str, Any]) -> dict[str, Tensor]:
    """The z-score of each of `NUMBERS` and its marker, all by one analyzer: eight would cost more."""
    columns = [_dense(inputs[name], -1 if inputs[name].dtype == tf.int64 else math.nan) for name in NUMBERS]
    raw = tf.concat([tf.cast(column, tf.float32) for column in columns], axis=1)
    ints = tf.constant([column.dtype == tf.int64 for column in columns])
    missing = tf.math.is_nan(raw) | (ints & (raw < 0))
    raw = tf.where(missing, math.nan, tf.clip_by_value(raw, -ABSURD, ABSURD))
    scaled = tft.scale_to_z_score(raw, elementwise=True, name="numbers")
    scaled = tf.where(tf.math.is_finite(scaled), tf.clip_by_value(scaled, -CLIP, CLIP), 0.0)
    marker = tf.cast(missing, tf.float32)
    features = {}
    for column, name in enumerate(NUMBERS):
        features[name] = scaled[:, column : column + 1]
        features[f"{name}_missing"] = marker[:, column : column + 1]
    return features


def _rain(inches: Tensor) -> dict[str, Tensor]:
    missing = tf.math.is_nan(inches)
    hundredths = tf.clip_by_value(tf.where(missing, 0.0, inches), 0.0, 1.0) * 100.0
    return {"precip": tf.math.log1p(hundredths), "precip_missing": tf.cast(missing, tf.float32)}


def _calendar(time: Tensor) -> dict[str, Tensor]:
    good = tf.strings.regex_full_match(time, TIME)
    time = tf.where(good, time, "2000-01-01 12:00:00")

    def number(start: int, length: int) -> Tensor:
        return tf.strings.to_number(tf.strings.substr(time, start, length), tf.int64)

    hour = number(11, 2)
    minute = tf.cast(hour * 60 + number(14, 2), tf.float32)
    return {
        "hour": tf.where(good, hour, HOURS),
        "weekday": tf.where(good, _weekday(number(0, 4), number(5, 2), number(8, 2)), DAYS),
        "minute": tf.where(good, (minute - 720.0) / 300.0, 0.0),
    }


def _weekday(year: Tensor, month: Tensor, day: Tensor) -> Tensor:
    """Day of the week of a Gregorian date, 0 for Monday (Sakamoto's method, as in `transforms.flights`)."""
    offsets = tf.constant([0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4], tf.int64)
    year = year - tf.cast(month < 3, tf.int64)
    days = year + year // 4 - year // 100 + year // 400 + tf.gather(offsets, month - 1) + day
    return tf.math.floormod(days - 1, tf.constant(DAYS, tf.int64))
