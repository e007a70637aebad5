"""How raw columns become features: the values themselves, and that nothing makes one that is not finite."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_metadata.proto.v0 import schema_pb2

from components.transform.in_memory import write_transform_graph
from perennial.training.data import TransformGraph
from perennial.training.encoding import (
    BUCKETS,
    category_id,
    date_numbers,
    dense,
    missing_markers,
    number_matrix,
    quantile_features,
)

TYPES = {
    "a": "FLOAT",
    "b": "INT",
    "gone": "FLOAT",
    "same": "INT",
    "word": "BYTES",
    "code": "INT",
    "when": "BYTES",
}
PARTS = ("day", "year_day", "weekday", "minute")
NUMBERS = ("a", "b", "gone", "same")
Values = dict[str, np.ndarray[Any, Any]]


def preprocess(inputs: Mapping[str, Any]) -> dict[str, Any]:
    numbers = number_matrix([inputs[name] for name in NUMBERS])
    return {
        **quantile_features(tf.concat([numbers, date_numbers(inputs["when"], PARTS)], axis=1), "numbers"),
        "missing": missing_markers([inputs["a"], inputs["word"], inputs["b"]]),
        "word_id": category_id(inputs["word"], "word", 2),
        "code_id": category_id(inputs["code"], "code", 2),
    }


def example(row: Mapping[str, Any]) -> bytes:
    made = tf.train.Example()
    for name, value in row.items():
        feature = made.features.feature[name]
        kind = TYPES[name]
        values = {"FLOAT": feature.float_list, "INT": feature.int64_list, "BYTES": feature.bytes_list}[kind]
        values.value.append(value)
    return made.SerializeToString()


def rows() -> list[dict[str, Any]]:
    """`a` is 0 to 299 and missing in every fourth row, `b` mostly 5, `gone` never there, `same` always 7."""
    made = []
    for number in range(400):
        row: dict[str, Any] = {
            "b": 5 if number % 4 else number,
            "same": 7,
            "word": (b"often", b"less")[number % 3 == 0],
        }
        row |= {"code": number % 2, "when": b"2013-01-%02d 10:30:00" % (number % 28 + 1)}
        if number % 4:
            row["a"] = float(number - number // 4 - 1)
        made.append(row)
    made[0]["word"] = b"once"
    del made[1]["word"], made[2]["word"]
    return made


@pytest.fixture(scope="module")
def apply(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Sequence[Mapping[str, Any]]], Values]:
    folder: Path = tmp_path_factory.mktemp("encoding")
    schema = schema_pb2.Schema()
    for name, kind in TYPES.items():
        schema.feature.add(name=name, type=schema_pb2.FeatureType.Value(kind))
    with tf.io.TFRecordWriter(str(folder / "rows.gz"), "GZIP") as writer:
        for row in rows():
            writer.write(example(row))
    write_transform_graph(preprocess, schema, [str(folder / "rows.gz")], folder / "graph", folder / "work")
    loaded = TransformGraph(str(folder / "graph")).loaded

    def applied(some: Sequence[Mapping[str, Any]]) -> Values:
        spec = {name: tf.io.VarLenFeature(_dtype(kind)) for name, kind in TYPES.items()}
        parsed = tf.io.parse_example([example(row) for row in some], spec)
        return {name: np.asarray(value) for name, value in loaded.transform_fn(parsed).items()}

    return applied


def _dtype(kind: str) -> Any:
    return {"FLOAT": tf.float32, "INT": tf.int64, "BYTES": tf.string}[kind]


def test_a_rank_is_where_a_value_stands_among_the_quantiles(apply: Any) -> None:
    ranks = apply([{"a": value} for value in (-1e9, 0.0, 75.0, 149.5, 224.0, 299.0, 1e9)])["rank"][:, 0]
    assert list(ranks[[0, 1, 5, 6]]) == [0, 0, 1, 1]
    np.testing.assert_allclose(ranks[2:5], [0.25, 0.5, 0.75], atol=4 / BUCKETS)


def test_a_value_that_most_rows_have_is_one_place_and_leaves_the_rest_to_the_others(apply: Any) -> None:
    most, middle, last = apply([{"b": 5}, {"b": 200}, {"b": 396}])["rank"][:, 1]
    assert most < 0.1
    assert 0.4 < middle < 0.6
    assert last == 1


def test_numbers_are_scaled_by_the_middle_of_the_rows_and_clipped_far_out(apply: Any) -> None:
    scaled = apply([{"a": value} for value in (149.5, 199.5, 249.5, 1e30)])["scaled"][:, 0]
    assert abs(scaled[0]) < 0.05
    assert 0.4 < scaled[1] < 0.7
    assert scaled[2] - scaled[1] == pytest.approx(scaled[1] - scaled[0], abs=1e-5)
    assert scaled[3] == 10


def test_a_missing_number_is_in_the_middle_and_marked(apply: Any) -> None:
    features = apply([{}, {"a": 3.0, "word": b"often", "b": 1}])
    assert features["rank"][0].tolist() == [0.5] * 8
    assert features["scaled"][0].tolist() == [0.0] * 8
    assert features["missing"].tolist() == [[1, 1, 1], [0, 0, 0]]


def test_a_date_is_its_day_weekday_and_minute(apply: Any) -> None:
    text = ["2013-01-05 10:30:00", "2024-02-29", "1999-12-31T23:59", "2013-02-30", "2013-13-01", ""]
    column = tf.sparse.from_dense(tf.constant(text)[:, None])
    column = tf.SparseTensor(column.indices, column.values, (6, 1))
    numbers = date_numbers(column, PARTS).numpy()
    for row, date in zip(numbers, [(2013, 1, 5), (2024, 2, 29), (1999, 12, 31), (2013, 3, 2)], strict=False):
        day = datetime.date(*date)
        since = (day - datetime.date(2000, 1, 1)).days
        assert row[:3].tolist() == [since, day.timetuple().tm_yday - 1, day.weekday()]
    assert numbers[:4, 3].tolist() == [630, 0, 1439, 0]
    assert np.isnan(numbers[4:]).all()


def test_ids_are_by_frequency_with_one_for_rare_and_new_values(apply: Any) -> None:
    words = apply([{"word": word} for word in (b"often", b"less", b"once", b"new")] + [{}])["word_id"]
    assert words[:, 0].tolist() == [0, 1, 3, 3, 2]
    codes = apply([{"code": code} for code in (0, 1, 2)] + [{}])["code_id"][:, 0].tolist()
    assert sorted(codes[:2]) == [0, 1]
    assert codes[2:] == [2, 2]


@pytest.mark.parametrize("value", [3e38, -3e38, float("inf"), float("-inf"), float("nan"), 1e-40])
def test_whatever_a_cell_holds_the_features_are_finite(apply: Any, value: float) -> None:
    hostile: dict[str, Any] = {"a": value, "gone": value, "b": 2**63 - 1, "same": -(2**63), "code": -1}
    hostile |= {"word": b"\xff\x00\n", "when": b"9999-12-31 99:99"}
    for values in apply([hostile]).values():
        assert np.isfinite(values).all()


def test_a_column_without_a_value_is_dense_with_what_is_missing() -> None:
    empty = tf.SparseTensor(tf.zeros((0, 2), tf.int64), tf.constant([], tf.string), (3, 0))
    assert dense(empty, "?").numpy().tolist() == [[b"?"]] * 3
