"""Rows of an export are sent as a person would send them."""

import json

from benchmarks.speed.serving.rows import bodies, row_of
from benchmarks.speed.serving.subjects import instances
from serving.model.columns import InputColumn

COLUMNS = (InputColumn("flight", "int"), InputColumn("temp", "float"), InputColumn("tailnum", "string"))


def test_a_cell_has_its_column_s_kind_and_an_empty_one_is_null() -> None:
    cells = {"flight": "1545", "temp": "75.02", "tailnum": "", "late": "1"}
    assert row_of(cells, COLUMNS) == {"flight": 1545, "temp": 75.02, "tailnum": None}


def test_bodies_hold_so_many_rows_each_one_a_line() -> None:
    made = bodies([{"flight": number} for number in range(5)], 2, instances)
    assert [len(json.loads(body)["instances"]) for body in made] == [2, 2, 1]
    assert not any(b"\n" in body for body in made)
