"""The features of flights: what a raw cell becomes, and that nothing makes a number that is not finite."""

import datetime
import tempfile
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from tensorflow_transform.tf_metadata import dataset_metadata, schema_utils

from transforms.flights import CLIP, FLIGHT_BUCKETS, NUMBERS, preprocessing_fn

KINDS = {
    "sched_dep": tf.string,
    "carrier": tf.string,
    "flight": tf.int64,
    "tailnum": tf.string,
    "origin": tf.string,
    "dest": tf.string,
    "distance": tf.int64,
    **dict.fromkeys(("temp", "dewp", "humid"), tf.float32),
    "wind_dir": tf.int64,
    **dict.fromkeys(("wind_speed", "wind_gust", "precip", "pressure", "visib"), tf.float32),
    "late": tf.int64,
}
TYPICAL: dict[str, Any] = {
    "sched_dep": b"2013-01-15 17:30:00",
    "carrier": b"UA",
    "flight": 1545,
    "tailnum": b"N14228",
    "origin": b"EWR",
    "dest": b"IAH",
    "distance": 1400,
    "temp": 39.02,
    "dewp": 28.04,
    "humid": 64.43,
    "wind_dir": 260,
    "wind_speed": 12.65858,
    "wind_gust": 20.7,
    "precip": 0.0,
    "pressure": 1011.9,
    "visib": 10.0,
    "late": 1,
}
Apply = Any


def rows_to_learn_from() -> list[dict[str, Any]]:
    """Forty rows whose numbers differ; half of them lack gusts, which then have a mean of their own."""
    rows = []
    for index in range(40):
        row = {name: value + index if isinstance(value, float) else value for name, value in TYPICAL.items()}
        row |= {"distance": 1000 + index, "origin": (b"EWR", b"JFK")[index % 2]}
        if index % 2:
            del row["wind_gust"]
        rows.append(row)
    return rows


@pytest.fixture(scope="module")
def apply(tmp_path_factory: pytest.TempPathFactory) -> Apply:
    """Analyses once; gives a function from raw rows to name -> array (rows, 1)."""
    spec = {name: tf.io.VarLenFeature(dtype) for name, dtype in KINDS.items()}
    metadata = dataset_metadata.DatasetMetadata(schema_utils.schema_from_feature_spec(spec))
    folder = str(tmp_path_factory.mktemp("transform"))
    with tft_beam.Context(temp_dir=tempfile.mkdtemp(dir=folder)):
        rows = [{name: [row[name]] if name in row else [] for name in KINDS} for row in rows_to_learn_from()]
        (rows, metadata) | tft_beam.AnalyzeDataset(preprocessing_fn) | tft_beam.WriteTransformFn(folder)
    loaded = tf.saved_model.load(tft.TFTransformOutput(folder).transform_savedmodel_dir)

    def transform(*raw: dict[str, Any]) -> dict[str, np.ndarray[Any, Any]]:
        sparse = {name: sparse_of([row.get(name) for row in raw], dtype) for name, dtype in KINDS.items()}
        return {name: tensor.numpy() for name, tensor in loaded.transform_fn(sparse).items()}

    return transform


def sparse_of(cells: list[Any], dtype: Any) -> tf.SparseTensor:
    present = [index for index, cell in enumerate(cells) if cell is not None]
    indices = np.array([[index, 0] for index in present], np.int64).reshape(-1, 2)
    values = tf.constant([cells[index] for index in present], dtype)
    return tf.SparseTensor(indices, values, [len(cells), 1])


def test_every_feature_is_one_finite_number_or_id_a_row(apply: Apply) -> None:
    features = apply(TYPICAL, {}, TYPICAL | {"temp": float("nan"), "precip": float("nan")})
    for values in features.values():
        assert values.shape == (3, 1)
        assert values.dtype in (np.int64, np.float32)
        assert np.isfinite(values).all()


def test_a_row_with_nothing_in_it_is_marked_as_missing_everywhere(apply: Apply) -> None:
    features = apply({})
    for name in NUMBERS:
        assert features[name] == 0.0
        assert features[f"{name}_missing"] == 1.0
    assert features["precip"] == 0.0
    assert features["precip_missing"] == 1.0
    assert (features["hour"], features["weekday"], features["minute"]) == (24, 7, 0.0)


def test_numbers_are_scaled_over_the_values_that_are_there(apply: Apply) -> None:
    gusts = np.array([row["wind_gust"] for row in rows_to_learn_from() if "wind_gust" in row])
    features = apply(TYPICAL | {"wind_gust": 30.0})
    np.testing.assert_allclose(features["wind_gust"], [[(30.0 - gusts.mean()) / gusts.std()]], rtol=1e-4)
    assert features["wind_gust_missing"] == 0.0


@pytest.mark.parametrize("absurd", [1e38, -1e38, float("inf"), float("-inf")])
def test_an_absurd_number_is_clipped(apply: Apply, absurd: float) -> None:
    floats = {name: absurd for name, dtype in KINDS.items() if dtype is tf.float32}
    features = apply(TYPICAL | floats)
    for name in floats:
        assert np.isfinite(features[name]).all()
        assert abs(features[name]) <= 5
    assert abs(features["temp"]) == CLIP
    whole = apply(TYPICAL | {"distance": 2**62, "flight": -(2**62)})
    assert whole["distance"] == CLIP
    assert 0 <= whole["flight_id"] < FLIGHT_BUCKETS


def test_rain_counts_in_logarithms_of_hundredths_of_an_inch(apply: Apply) -> None:
    features = apply(*(TYPICAL | {"precip": inches} for inches in (0.0, 0.01, 1.0, 9.0)))
    np.testing.assert_allclose(features["precip"][:, 0], np.log1p([0, 1, 100, 100]), rtol=1e-5)


def test_the_weekday_is_that_of_the_calendar(apply: Apply) -> None:
    days = [datetime.date(1999, 12, 31) + datetime.timedelta(step) for step in range(0, 20_000, 13)]
    features = apply(*(TYPICAL | {"sched_dep": f"{day} 06:05:00".encode()} for day in days))
    assert features["weekday"][:, 0].tolist() == [day.weekday() for day in days]


def test_the_time_of_day_is_read_to_the_minute(apply: Apply) -> None:
    times = (b"2013-01-15 00:00:00", b"2013-01-15 12:05:00", b"2013-01-15T23:59:59.5", b"2013-01-15 07:30")
    features = apply(*(TYPICAL | {"sched_dep": time} for time in times))
    assert features["hour"][:, 0].tolist() == [0, 12, 23, 7]
    np.testing.assert_allclose(features["minute"][:, 0] * 300 + 720, [0, 725, 1439, 450], atol=1e-3)


@pytest.mark.parametrize(
    "time",
    [
        b"",
        b"noon",
        b"2013-01-15",
        b"2013-13-15 10:00:00",
        b"2013-01-15 24:00:00",
        b"2013-1-5 1:00",
        b"\xff\xfe\x00",
    ],
)
def test_a_malformed_time_is_a_missing_one(apply: Apply, time: bytes) -> None:
    features = apply(TYPICAL | {"sched_dep": time})
    assert (features["hour"], features["weekday"], features["minute"]) == (24, 7, 0.0)


def test_unseen_rare_and_missing_categories_share_the_last_id(apply: Apply) -> None:
    seen = apply(TYPICAL)
    for name, size in (("carrier", 2), ("origin", 3), ("dest", 2)):
        assert 0 <= seen[f"{name}_id"] < size - 1
        for cell in (b"??", b"", None):
            assert apply(TYPICAL | {name: cell})[f"{name}_id"] == size - 1


def test_a_flight_number_is_its_carriers(apply: Apply) -> None:
    features = apply(TYPICAL, TYPICAL | {"carrier": b"AA"}, TYPICAL | {"flight": 1546}, TYPICAL)
    ids = features["flight_id"][:, 0].tolist()
    assert ids[0] == ids[3]
    assert len(set(ids)) == 3


def test_the_label_is_no_feature(apply: Apply) -> None:
    assert "late" not in apply(TYPICAL)
