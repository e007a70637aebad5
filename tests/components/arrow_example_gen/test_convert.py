"""Tables become tf.Examples; a row's split depends on the row and the span's last day alone."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf

from components.arrow_example_gen.convert import (
    ANCHOR,
    HEAD,
    TAIL,
    examples_of,
    in_tail,
    row_hashes,
    splits_of,
)

TABLE = pa.table(
    {
        "n": pa.array([0, None, -(2**63), 7], pa.int64()),
        "x": pa.array([0.0, 1.5, None, -0.0], pa.float32()),
        "s": pa.array([b"", None, b"a\xc3\xa9", b"b"], pa.binary()),
        "y": pa.array([0, 1, 1, 0], pa.int64()),
    }
)


def test_a_row_becomes_an_example_and_a_missing_value_no_list() -> None:
    examples = [tf.train.Example.FromString(record) for record in examples_of(TABLE)]
    values = [
        {
            name: list(getattr(feature, feature.WhichOneof("kind")).value)
            for name, feature in example.features.feature.items()
            if feature.WhichOneof("kind")
        }
        for example in examples
    ]
    assert values == [
        {"n": [0], "x": [0.0], "s": [b""], "y": [0]},
        {"x": [1.5], "y": [1]},
        {"n": [-(2**63)], "s": [b"a\xc3\xa9"], "y": [1]},
        {"n": [7], "x": [-0.0], "s": [b"b"], "y": [0]},
    ]


def test_a_sliced_table_and_an_empty_one_are_encoded() -> None:
    assert [len(list(examples_of(TABLE.slice(*part)))) for part in ((1, 2), (0, 0), (3, 1))] == [2, 0, 1]
    (last,) = examples_of(TABLE.slice(3, 1))
    assert tf.train.Example.FromString(last).features.feature["n"].int64_list.value == [7]


def test_an_examples_parse_is_what_tensorflow_reads() -> None:
    parsed = tf.io.parse_example(
        list(examples_of(TABLE)),
        {
            "n": tf.io.VarLenFeature(tf.int64),
            "x": tf.io.VarLenFeature(tf.float32),
            "s": tf.io.VarLenFeature(tf.string),
        },
    )
    assert parsed["n"].indices.numpy()[:, 0].tolist() == [0, 2, 3]
    assert parsed["s"].values.numpy().tolist() == [b"", b"a\xc3\xa9", b"b"]


def test_the_hash_is_of_the_row_and_not_of_its_company() -> None:
    together = row_hashes(TABLE, "y")
    alone = [row_hashes(TABLE.slice(row, 1), "y")[0] for row in range(TABLE.num_rows)]
    assert together.tolist() == alone
    assert row_hashes(TABLE.take([3, 1, 0, 2]), "y").tolist() == together[[3, 1, 0, 2]].tolist()
    chunked = pa.concat_tables([TABLE.slice(2), TABLE.slice(0, 2)])
    assert row_hashes(chunked, "y").tolist() == together[[2, 3, 0, 1]].tolist()
    assert len(set(together.tolist())) == 4


def test_the_hash_leaves_the_label_out_and_separates_missing_from_empty() -> None:
    flipped = TABLE.set_column(3, "y", pa.array([1, 0, 0, 1]))
    assert row_hashes(flipped, "y").tolist() == row_hashes(TABLE, "y").tolist()
    assert row_hashes(flipped, "").tolist() != row_hashes(TABLE, "").tolist()
    strings = pa.table({"s": pa.array([b"", None], pa.binary()), "n": pa.array([0, 0], pa.int64())})
    assert len(set(row_hashes(strings, "").tolist())) == 2


def test_the_hash_is_the_same_in_another_process() -> None:
    code = (
        "import pyarrow as pa; from components.arrow_example_gen.convert import row_hashes;"
        "print(row_hashes(pa.table({'s': pa.array([b'a', None], pa.binary()), 'n': [1, 2]}), '').tolist())"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout
    table = pa.table({"s": pa.array([b"a", None], pa.binary()), "n": [1, 2]})
    assert printed.strip() == str(row_hashes(table, "").tolist())


def test_the_anchor_and_a_tail_by_hash_have_their_shares() -> None:
    table = pa.table({"n": pa.array(range(100_000))})
    splits = splits_of(row_hashes(table, ""), None, 0.02)
    shares = [np.mean(splits == split) for split in (HEAD, TAIL, ANCHOR)]
    assert shares == pytest.approx([0.78, 0.20, 0.02], abs=0.003)


def test_the_anchor_is_taken_before_the_tail() -> None:
    hashes = np.array([0, 2**63, 0, 2**63], dtype=np.uint64)
    splits = splits_of(hashes, np.array([True, True, False, False]), 0.02)
    assert splits.tolist() == [ANCHOR, TAIL, ANCHOR, HEAD]
    assert splits_of(hashes, np.array([True, True, False, False]), 0.0).tolist() == [TAIL, TAIL, HEAD, HEAD]


def test_the_tail_is_the_last_days_of_the_span() -> None:
    times = pa.chunked_array(
        [pa.array([b"2013-02-22", b"2013-02-22 23:59:59", b"2013-02-23T00:00", b"2013-03-01"])]
    )
    assert in_tail(times, "2013-03-01", 7).tolist() == [False, False, True, True]
    assert in_tail(times, "2013-03-05", 1).tolist() == [False] * 4
    assert in_tail(times, "2013-03-01", 8).tolist() == [True] * 4
    assert in_tail(times, "0001-01-03", 7).tolist() == [True] * 4
