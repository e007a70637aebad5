"""Tables become tf.Examples; a row's split depends on the row and the span's last day alone."""

import subprocess
import sys
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf

from components.arrow_example_gen.convert import (
    ANCHOR,
    HEAD,
    SPLITS,
    TAIL,
    SpanDays,
    content_hashes,
    examples_of,
    row_hashes,
    span_days,
    splits_of,
)
from components.arrow_example_gen.summary import SpanFacts
from perennial.periods import Period, period_of

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
    splits = splits_of(row_hashes(table, ""), None, SpanDays(), 0.02)
    shares = [np.mean(splits == split) for split in (HEAD, TAIL, ANCHOR)]
    assert shares == pytest.approx([0.78, 0.20, 0.02], abs=0.003)


def _splits(
    times: list[bytes], period: Period | None, hashes: list[int] | None = None, tail_days: int = 7
) -> list[str]:
    days = Counter(time[:10].decode() for time in times)
    facts = SpanFacts(period, dict(sorted(days.items())), {})
    assert facts.usual
    cut = span_days(facts.usual, facts.bounding_period, tail_days)
    places = np.array(hashes or [2**63] * len(times), np.uint64)
    splits = splits_of(places, pa.chunked_array([pa.array(times)]), cut, 0.02)
    return [SPLITS[split] for split in splits]


def test_the_anchor_is_taken_before_the_tail() -> None:
    times = [b"2013-02-28", b"2013-02-28", b"2013-02-01", b"2013-02-01"]
    assert _splits(times, None, [0, 2**63, 0, 2**63]) == ["anchor", "tail", "anchor", "head"]


def test_the_tail_is_the_last_days_of_the_span() -> None:
    times = [b"2013-02-22", b"2013-02-22 23:59:59", b"2013-02-23T00:00", b"2013-03-01"]
    assert _splits(times, None) == ["head", "head", "tail", "tail"]
    assert _splits(times, None, tail_days=8) == ["tail"] * 4
    assert _splits([b"0001-01-03"], None) == ["tail"]


def test_a_row_after_the_period_is_set_apart_and_does_not_make_the_tail() -> None:
    times = [b"2013-02-01", b"2013-02-28", b"2099-01-01", b"2099-01-01"]
    splits = _splits(times, period_of("2013-02"), [2**63, 2**63, 2**63, 0])
    assert splits == ["head", "tail", "stray", "stray"]


def test_a_row_before_the_period_is_never_judged_by() -> None:
    times = [b"1999-01-01", b"2013-01-31 23:59", b"2013-02-01"]
    assert _splits(times, period_of("2013-02")) == ["early", "early", "tail"]


@pytest.mark.parametrize("times", [[b"2013-04-01", b"2013-04-30"], [b"2013-07-01", b"2013-07-30"]])
def test_a_span_whose_name_says_nothing_of_its_rows_is_cut_by_their_days(times: list[bytes]) -> None:
    assert _splits(times, period_of("2013-05")) == ["head", "tail"]


def _month(rows_a_day: int) -> list[bytes]:
    return [f"2013-03-{day:02d}".encode() for day in range(1, 32) for _ in range(rows_a_day)]


@pytest.mark.parametrize("period", [None, period_of("2013-03")])
@pytest.mark.parametrize("days", [["1970-01-01"], ["2099-12-31"], ["1970-01-01", "2013-04-20", "2099-12-31"]])
def test_stray_rows_do_not_change_the_split_of_any_other_row(days: list[str], period: Period | None) -> None:
    month = _month(10)
    for times in (1, 3, 15):
        stray = [day.encode() for day in days for _ in range(times)]
        splits = _splits([*month, *stray], period)
        assert splits[: len(month)] == _splits(month, period)
        assert not {"head", "tail"} & set(splits[len(month) :])


def test_rows_of_a_day_with_few_are_early_or_late_and_far_ones_strays() -> None:
    few = [b"2013-02-20", b"2013-04-03", b"2013-01-01", b"2013-05-30"]
    assert _splits([*_month(20), *few], None)[-4:] == ["early", "late", "stray", "stray"]


def test_the_hash_of_a_rows_content_has_the_label_and_is_that_of_any_order() -> None:
    hashes = row_hashes(TABLE, "y")
    content = content_hashes(hashes, TABLE["y"])
    turned = content_hashes(hashes[::-1], TABLE["y"].take([3, 2, 1, 0]))
    assert turned.tolist() == content[::-1].tolist()
    other = content_hashes(hashes, pa.chunked_array([pa.array([1, 1, 1, 0])]))
    assert (other == content).tolist() == [False, True, True, True]
