"""How raw examples become what the transform and the model see."""

import math
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from perennial.errors import NodeFailed
from perennial.examples import dense_columns
from perennial.training.data import TransformGraph, as_sparse, check_finite, model_inputs, read_table
from perennial.training.table import Layout, Table
from serving.reading.values import MISSING_INT
from serving.requests.forms import as_example
from tests import tiny_use_case
from tests.tiny_use_case import COLUMNS, LABEL, TASK

TRAINING = (*COLUMNS, LABEL)


LAYOUT = Layout({"heat_missing": (1,), "heat_scaled": (1,)}, {"colour_id": ()})


def _transform(folder: Path) -> TransformGraph:
    tiny_use_case.write_transform(folder)
    return TransformGraph(str(folder))


def _read(
    pattern: Path, transform: TransformGraph, time_column: str | None = "day", most: int = 1000
) -> Table:
    return read_table([str(pattern)], transform, TRAINING, TASK, time_column, LAYOUT, most)


def test_absent_features_become_the_sentinels() -> None:
    parsed = dense_columns(tf.constant([as_example({}, COLUMNS)]), COLUMNS)
    assert parsed["colour"].numpy().tolist() == [b""]
    assert parsed["size"].numpy().tolist() == [MISSING_INT]
    assert math.isnan(parsed["heat"].numpy()[0])


def test_a_feature_that_is_there_and_empty_is_missing_and_fails_no_batch() -> None:
    example = tf.train.Example()
    example.features.feature["size"].int64_list.SetInParent()
    parsed = dense_columns(
        tf.constant([example.SerializeToString(), as_example({"size": 7}, COLUMNS)]), COLUMNS
    )
    assert parsed["size"].numpy().tolist() == [MISSING_INT, 7]


def test_of_several_values_the_first_counts() -> None:
    example = tf.train.Example()
    example.features.feature["size"].int64_list.value.extend([5, 6])
    assert dense_columns(tf.constant([example.SerializeToString()]), COLUMNS)["size"].numpy().tolist() == [5]


def test_zero_and_false_like_values_are_not_missing() -> None:
    assert as_sparse(tf.constant([0, MISSING_INT], tf.int64), "int").values.numpy().tolist() == [0]
    assert as_sparse(tf.constant([0.0, math.nan]), "float").values.numpy().tolist() == [0.0]
    assert as_sparse(tf.constant(["0", ""]), "string").values.numpy().tolist() == [b"0"]


def test_a_column_with_nothing_in_it_is_still_one_cell_wide() -> None:
    assert as_sparse(tf.constant(["", ""]), "string").dense_shape.numpy().tolist() == [2, 1]


def test_a_table_holds_every_row_transformed_with_its_day(tmp_path: Path) -> None:
    rows = tiny_use_case.rows(20, days=4)
    tiny_use_case.write_examples(rows[:12], tmp_path / "a.gz")
    tiny_use_case.write_examples(rows[12:], tmp_path / "b.gz")
    table = _read(tmp_path / "*.gz", _transform(tmp_path / "t"))
    assert table.label[:, 0].tolist() == [row["good"] for row in rows]
    days = [str(row["day"])[:10] for row in rows]
    assert table.order_of_rows().tolist() == [sorted(set(days)).index(day) for day in days]
    assert table.numbers.numpy()[:, 0].tolist() == [float(row["heat"] is None) for row in rows]
    assert table.ids.dtype == tf.int32


@pytest.mark.parametrize(("most", "every"), [(21, 1), (20, 2), (10, 4), (5, 8)])
def test_of_more_rows_than_training_draws_every_nth_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, every: int
) -> None:
    monkeypatch.setattr("perennial.training.data.BATCH", 4)
    rows = tiny_use_case.rows(21, days=7)
    tiny_use_case.write_examples(rows, tmp_path / "a.gz")
    transform = _transform(tmp_path / "t")
    whole, thinned = _read(tmp_path / "a.gz", transform), _read(tmp_path / "a.gz", transform, most=most)
    assert len(thinned) == len(range(0, 21, every)) <= max(most, 1)
    for name in ("numbers", "ids", "label"):
        np.testing.assert_array_equal(getattr(thinned, name), getattr(whole, name)[::every])
    np.testing.assert_array_equal(thinned.order_of_rows(), whole.order_of_rows()[::every])


def test_without_a_time_column_the_order_is_a_hash_that_does_not_change(tmp_path: Path) -> None:
    tiny_use_case.write_examples(tiny_use_case.rows(20), tmp_path / "a.gz")
    transform = _transform(tmp_path / "t")
    first, again = (_read(tmp_path / "a.gz", transform, None) for _ in range(2))
    assert len(set(first.order.tolist())) == 20
    assert np.array_equal(first.order, again.order)


def test_the_order_does_not_follow_from_how_a_row_was_written(tmp_path: Path) -> None:
    """Protobuf writes a map in another order in each process; the rows to stop by must be the same ones."""
    rows, transform = tiny_use_case.rows(20), _transform(tmp_path / "t")
    tiny_use_case.write_examples(rows, tmp_path / "a.gz")
    with tf.io.TFRecordWriter(str(tmp_path / "b.gz"), "GZIP") as writer:
        for row in rows:
            writer.write(_backwards(as_example(row, TRAINING)))
    one, other = _read(tmp_path / "a.gz", transform, None), _read(tmp_path / "b.gz", transform, None)
    np.testing.assert_array_equal(one.order, other.order)
    np.testing.assert_array_equal(one.numbers, other.numbers)


def _backwards(serialized: bytes) -> bytes:
    """The same tf.Example with its features written last to first."""
    features = tf.train.Example.FromString(serialized).features.feature
    body = b"".join(
        tf.train.Features(feature={name: features[name]}).SerializeToString()
        for name in sorted(features, reverse=True)
    )
    length = bytes([len(body) & 127 | 128, len(body) >> 7])
    return b"\x0a" + length + body


def test_no_train_rows_fail_the_node(tmp_path: Path) -> None:
    with pytest.raises(NodeFailed, match="The train split has no rows"):
        _read(tmp_path / "none" / "*", _transform(tmp_path / "t"))


def test_rows_without_a_label_fail_the_node(tmp_path: Path) -> None:
    rows = tiny_use_case.rows(5)
    tiny_use_case.write_examples([*rows, {**rows[0], "good": None}], tmp_path / "a.gz")
    with pytest.raises(NodeFailed, match="1 rows have none"):
        _read(tmp_path / "a.gz", _transform(tmp_path / "t"))


def test_features_that_the_transform_does_not_give_are_named() -> None:
    model = tiny_use_case.build_model({"width": 2}, {})
    with pytest.raises(NodeFailed, match="heat_missing, size_scaled"):
        model_inputs({"colour_id": tf.constant([1]), "heat_scaled": tf.constant([1.0])}, model)


def test_a_number_that_is_not_finite_fails_the_node() -> None:
    with pytest.raises(NodeFailed, match=r"NaN or infinity in x, z\."):
        check_finite(np.array([[0.0, 1.0, np.inf], [np.nan, 1.0, 0.0]]), ["x", "y", "z"])
