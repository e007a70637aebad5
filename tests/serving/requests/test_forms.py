"""How one raw row is written as a CSV line and as a tf.Example."""

import csv

import pytest
import tensorflow as tf

from serving.model.columns import InputColumn
from serving.requests.forms import as_csv_line, as_example

COLUMNS = (InputColumn("n", "int"), InputColumn("x", "float"), InputColumn("s", "string"))


def test_missing_cells_are_empty_and_absent() -> None:
    assert as_csv_line({"s": None}, COLUMNS) == ",,"
    assert not tf.train.Example.FromString(as_example({"s": None}, COLUMNS)).features.feature


@pytest.mark.parametrize("text", ["plain", "a,b", 'say "x"', "two\nlines", " padded ", "é☃", '"', ""])
def test_a_csv_reader_reads_the_text_back(text: str) -> None:
    assert next(csv.reader([as_csv_line({"n": -3, "x": 0.1, "s": text}, COLUMNS)])) == ["-3", "0.1", text]


def test_zero_and_the_empty_string_are_values_of_an_example() -> None:
    features = tf.train.Example.FromString(as_example({"n": 0, "x": 0.0, "s": ""}, COLUMNS)).features.feature
    assert list(features["n"].int64_list.value) == [0]
    assert list(features["x"].float_list.value) == [0.0]
    assert list(features["s"].bytes_list.value) == [b""]
