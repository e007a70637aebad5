"""What is read of tf.Examples is what their protos say, in a graph and out of one, whatever rows are like."""

import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from perennial import examples
from serving.model.columns import InputColumn
from serving.reading.values import MISSING

COLUMNS = (InputColumn("count", "int"), InputColumn("heat", "float"), InputColumn("name of it", "string"))
LISTS = {"int": "int64_list", "float": "float_list", "string": "bytes_list"}
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "int": st.integers(-(2**63), 2**63 - 1),
    "float": st.floats(width=32, allow_nan=True),
    "string": st.binary(max_size=5),
}
# Of each column None (no such feature), or its values: none, one or several.
ROWS = st.lists(
    st.fixed_dictionaries(
        {column.name: st.none() | st.lists(VALUES[column.kind], max_size=3) for column in COLUMNS}
    ),
    min_size=1,
    max_size=6,
)


def serialized(rows: list[dict[str, Any]]) -> list[bytes]:
    protos = []
    for row in rows:
        proto = tf.train.Example()
        proto.features.feature["another"].int64_list.value.append(1)
        for column in COLUMNS:
            if row[column.name] is not None:
                feature = proto.features.feature[column.name]
                getattr(feature, LISTS[column.kind]).SetInParent()
                getattr(feature, LISTS[column.kind]).value.extend(row[column.name])
        protos.append(proto.SerializeToString())
    return protos


def values_of(proto: bytes, column: InputColumn) -> list[Any]:
    """What a proto itself says of a column."""
    feature = tf.train.Example.FromString(proto).features.feature
    return list(getattr(feature[column.name], LISTS[column.kind]).value) if column.name in feature else []


def plain(values: Any) -> list[Any]:
    """With NaN as a word, as it is not equal to itself."""
    return ["nan" if isinstance(value, float) and math.isnan(value) else value for value in values]


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_dense_columns_have_the_first_value_or_what_stands_for_missing(rows: list[dict[str, Any]]) -> None:
    protos = serialized(rows)
    dense = examples.dense_columns(tf.constant(protos), COLUMNS)
    arrays = examples.array_columns(tf.constant(protos), COLUMNS)
    for column in COLUMNS:
        wanted = [(values_of(proto, column) or [MISSING[column.kind]])[0] for proto in protos]
        assert dense[column.name].dtype == examples.DTYPES[column.kind]
        assert plain(dense[column.name].numpy().tolist()) == plain(wanted)
        assert plain(arrays[column.name].tolist()) == plain(wanted)
        assert arrays[column.name].dtype == dense[column.name].numpy().dtype


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_arrow_columns_have_the_values_and_null_where_there_are_none(rows: list[dict[str, Any]]) -> None:
    protos = serialized(rows)
    lists = examples.list_columns(tf.constant(protos), COLUMNS).to_pydict()
    values = examples.value_columns(tf.constant(protos), COLUMNS).to_pydict()
    for column in COLUMNS:
        for proto, listed, first in zip(protos, lists[column.name], values[column.name], strict=True):
            wanted = values_of(proto, column)
            assert plain(listed or []) == plain(wanted)
            assert listed is None or wanted
            assert plain([first]) == plain(wanted[:1] or [None])


@settings(max_examples=30, deadline=None)
@given(ROWS)
def test_sparse_columns_are_those_that_var_len_features_parse_to(rows: list[dict[str, Any]]) -> None:
    protos = tf.constant(serialized(rows))
    dtypes = {column.name: examples.DTYPES[column.kind] for column in COLUMNS}
    wanted = tf.io.parse_example(protos, {name: tf.io.VarLenFeature(dtype) for name, dtype in dtypes.items()})
    for name, ragged in examples.parsed(protos, dtypes).items():
        sparse = ragged.to_sparse()
        assert sparse.indices.numpy().tolist() == wanted[name].indices.numpy().tolist()
        assert plain(sparse.values.numpy().tolist()) == plain(wanted[name].values.numpy().tolist())
        assert sparse.dense_shape.numpy().tolist() == wanted[name].dense_shape.numpy().tolist()


def test_a_graph_reads_what_is_read_out_of_one() -> None:
    protos = tf.constant(serialized([{"count": [5, 6], "heat": None, "name of it": []}]))
    traced = tf.function(lambda batch: examples.dense_columns(batch, COLUMNS), autograph=False)
    graph = traced.get_concrete_function(tf.TensorSpec([None], tf.string))(protos)
    assert graph["count"].numpy().tolist() == [5]
    assert math.isnan(graph["heat"].numpy()[0])
    assert graph["name of it"].numpy().tolist() == [b""]


def test_of_no_rows_the_columns_have_their_types() -> None:
    table = examples.value_columns(tf.constant([], tf.string), COLUMNS)
    assert table.schema.types == [pa.int64(), pa.float32(), pa.binary()]
    assert table.num_rows == 0
    assert examples.dense_columns(tf.constant([], tf.string), COLUMNS)["count"].shape == (0,)


def test_batches_are_of_the_files_in_their_order_and_of_no_file_there_is_none(tmp_path: Path) -> None:
    for name, records in (("b", [b"1", b"2"]), ("a", [b"3"])):
        with tf.io.TFRecordWriter(str(tmp_path / name), "GZIP") as out:
            for record in records:
                out.write(record)
    batches = examples.batches([tmp_path / "b", tmp_path / "a"], 2)
    assert [batch.numpy().tolist() for batch in batches] == [[b"1", b"2"], [b"3"]]
    assert list(examples.batches([], 2)) == []
