"""Rows of a CSV become rows as a client sends them."""

import pytest

from benchmarks.harness.raw_rows import raw_rows
from benchmarks.harness.resume import StepFailed
from serving.model.columns import InputColumn

COLUMNS = (InputColumn("flight", "int"), InputColumn("temp", "float"), InputColumn("tailnum", "string"))


def test_a_cell_has_its_column_s_kind_and_an_empty_one_is_null() -> None:
    body = b"late,tailnum,flight,temp\n1,,1545,75.02\n"
    assert raw_rows(body, COLUMNS) == [{"flight": 1545, "temp": 75.02, "tailnum": None}]


def test_a_row_that_cannot_be_read_is_named() -> None:
    with pytest.raises(StepFailed, match="Row 1, column 'flight'"):
        raw_rows(b"flight,temp,tailnum\n1,1,a\nx,1,a\n", COLUMNS)
