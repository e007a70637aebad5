"""Turns a raw flight into what the network takes; the one place where its features are made."""

import math
from collections.abc import Mapping
from typing import Any, Final

import tensorflow as tf
import tensorflow_transform as tft

HOURS: Final = 24
DAYS: Final = 7
FLIGHT_BUCKETS: Final = 8192
# A value further from the mean than so many standard deviations counts as that far.
CLIP: Final = 4.0
# Beyond what any column can mean; keeps one absurd number from overflowing the variance of all.
ABSURD: Final = 1e5

# Raw column -> what it is. Scaled to mean 0 and standard deviation 1 over the window; 0 where it is missing.
NUMBERS: Final = (
    "distance",  # int, miles between the airports
    "temp",  # float, °F
    "dewp",  # float, °F: damp, hot air is what summer's thunderstorms are made of
    "humid",  # float, %
    "wind_speed",  # float, miles an hour
    "wind_gust",  # float, miles an hour; missing where there are no gusts
    "pressure",  # float, millibars; often missing in bad weather
    "visib",  # float, miles, at most 10
)
TIME: Final = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[ T]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?"


def preprocessing_fn(inputs: Mapping[str, tf.SparseTensor]) -> dict[str, tf.Tensor]:
    """Makes the features, for training and for serving alike.

    `wind_dir` is not used: with it the forecast was worse. Nor is `tailnum`, which brought nothing, nor the
    month or the day of the year, of which the days to come are never among those learned from.

    Args:
        inputs: Raw column -> SparseTensor of shape (batch, at most 1): string, int64 or float32. An absent
            cell is missing.

    Returns:
        Name -> tensor of shape (batch, 1). Numbers are float32, finite and within ±4 (`precip`: 0 to 4.7); a
        `_missing` is 1.0 where the number is missing, else 0.0. Ids are int64 from 0.
    """
    time = _dense(inputs["sched_dep"], "")  # string, local `YYYY-MM-DD HH:MM:SS`
    carrier = _dense(inputs["carrier"], "")  # string, IATA code; a missing one is out of vocabulary
    flight = _dense(inputs["flight"], -1)  # int, number of the flight with its carrier
    return {
        **_calendar(time),
        **_scaled_numbers(inputs),
        **_rain(_dense(inputs["precip"], math.nan)),  # float, inches in the hour
        # Ids by falling frequency, the last one for all values that are rare, missing or not seen.
        "carrier_id": _vocabulary(carrier, "carrier"),
        "origin_id": _vocabulary(_dense(inputs["origin"], ""), "origin"),  # string, IATA code
        "dest_id": _vocabulary(_dense(inputs["dest"], ""), "dest"),  # string, IATA code
        # A daily service. By hash, as a vocabulary of thousands costs an analysis; two may share an id.
        "flight_id": tf.strings.to_hash_bucket_fast(
            tf.strings.join([carrier, tf.strings.as_string(flight)], " "), FLIGHT_BUCKETS
        ),
    }


def _dense(sparse: tf.SparseTensor, missing: Any) -> tf.Tensor:
    """One value a row, shape (batch, 1), with `missing` where there is none."""
    # What came may be (batch, 0) where a whole batch has none, and of several values the first counts.
    shape = tf.stack([sparse.dense_shape[0], 1])
    first = tf.sparse.slice(sparse, [0, 0], shape)
    # Not tf.sparse.reset_shape, whose 16 guards cost a served row a third of its time.
    shaped = tf.SparseTensor(first.indices, first.values, shape)
    return tf.ensure_shape(tf.sparse.to_dense(shaped, tf.constant(missing, sparse.dtype)), [None, 1])


def _vocabulary(strings: tf.Tensor, name: str) -> tf.Tensor:
    return tft.compute_and_apply_vocabulary(
        strings, frequency_threshold=20, num_oov_buckets=1, vocab_filename=name, name=f"{name}_vocabulary"
    )


def _scaled_numbers(inputs: Mapping[str, tf.SparseTensor]) -> dict[str, tf.Tensor]:
    """The z-score of each of `NUMBERS` and its marker; all by one analyzer, which skips NaN."""
    columns = [_dense(inputs[name], -1 if inputs[name].dtype == tf.int64 else math.nan) for name in NUMBERS]
    raw = tf.concat([tf.cast(column, tf.float32) for column in columns], axis=1)
    ints = tf.constant([column.dtype == tf.int64 for column in columns])
    missing = tf.math.is_nan(raw) | (ints & (raw < 0))
    # Not clip_by_value alone, which may make a number of NaN.
    raw = tf.where(missing, math.nan, tf.clip_by_value(raw, -ABSURD, ABSURD))
    scaled = tft.scale_to_z_score(raw, elementwise=True, name="numbers")
    # A column that was always missing has no mean, and is 0 even where it has a value now.
    usable = tf.math.is_finite(scaled)
    scaled = tf.where(usable, tf.clip_by_value(scaled, -CLIP, CLIP), 0.0)
    marker = tf.cast(missing, tf.float32)
    features = {}
    for column, name in enumerate(NUMBERS):
        features[name] = scaled[:, column : column + 1]
        features[f"{name}_missing"] = marker[:, column : column + 1]
    return features


def _rain(inches: tf.Tensor) -> dict[str, tf.Tensor]:
    """The logarithm of hundredths of an inch (the gauge's step), 0 for none; most hours have none."""
    missing = tf.math.is_nan(inches)
    hundredths = tf.clip_by_value(tf.where(missing, 0.0, inches), 0.0, 1.0) * 100.0
    return {"precip": tf.math.log1p(hundredths), "precip_missing": tf.cast(missing, tf.float32)}


def _calendar(time: tf.Tensor) -> dict[str, tf.Tensor]:
    """Hour (missing: 24), weekday (Monday 0, missing 7), minute (-2.4 to 2.4; noon or missing 0).

    A malformed time counts as missing; the 31st of a shorter month as the day after its last.
    """
    good = tf.strings.regex_full_match(time, TIME)
    time = tf.where(good, time, "2000-01-01 12:00:00")

    def number(start: int, length: int) -> tf.Tensor:
        return tf.strings.to_number(tf.strings.substr(time, start, length), tf.int64)

    hour = number(11, 2)
    minute = tf.cast(hour * 60 + number(14, 2), tf.float32)
    return {
        "hour": tf.where(good, hour, HOURS),
        "weekday": tf.where(good, _weekday(number(0, 4), number(5, 2), number(8, 2)), DAYS),
        "minute": tf.where(good, (minute - 720.0) / 300.0, 0.0),
    }


def _weekday(year: tf.Tensor, month: tf.Tensor, day: tf.Tensor) -> tf.Tensor:
    """Day of the week of a Gregorian date, 0 for Monday; int64 in and out.

    Source: T. Sakamoto, "Calculation of the day of the week", comp.lang.c, 1992; there 0 is Sunday.
    """
    offsets = tf.constant([0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4], tf.int64)
    year = year - tf.cast(month < 3, tf.int64)
    days = year + year // 4 - year // 100 + year // 400 + tf.gather(offsets, month - 1) + day
    return tf.math.floormod(days - 1, tf.constant(DAYS, tf.int64))
