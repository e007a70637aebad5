"""What the rows of a probe cover."""

import math

import numpy as np

from components.serving_probe.hostile import HOSTILE, MOST_PAIRS, Row, probe_rows
from serving.model.columns import InputColumn

COLUMNS = (InputColumn("n", "int"), InputColumn("x", "float"), InputColumn("s", "string"))
REAL: list[Row] = [{"n": index, "x": index / 4, "s": "seen"} for index in range(50)]


def test_real_rows_come_first_and_unchanged() -> None:
    assert [made.row for made in probe_rows(REAL, COLUMNS, seed=1)[:50]] == REAL


def test_every_hostile_value_stands_in_every_column_of_its_kind() -> None:
    made = probe_rows(REAL, COLUMNS, seed=1)
    for column in COLUMNS:
        there = [one.row.get(column.name) for one in made]
        assert all(any(value is other or value == other for other in there) for value in HOSTILE[column.kind])


def test_one_row_has_nothing() -> None:
    empty = [made.what for made in probe_rows(REAL, COLUMNS, seed=1) if not made.row]
    assert empty == ["a row without any value"]


def test_one_seed_gives_one_set_of_rows() -> None:
    assert probe_rows(REAL, COLUMNS, seed=1) == probe_rows(REAL, COLUMNS, seed=1)
    assert probe_rows(REAL, COLUMNS, seed=1) != probe_rows(REAL, COLUMNS, seed=2)


def test_hostile_floats_are_float32_and_finite_so_that_every_form_can_hold_them() -> None:
    for value in HOSTILE["float"]:
        assert value is None or (math.isfinite(float(value)) and float(np.float32(value)) == value)


def test_what_a_row_is_shows_our_values_and_none_of_the_users() -> None:
    secret: list[Row] = [{"n": 1234567, "x": 1234567.5, "s": "SECRET"}]
    words = {made.what for made in probe_rows(secret, COLUMNS, seed=1)}
    assert {"a real row with n = null", "a real row with s = a string of 5000 characters"} <= words
    assert not any("SECRET" in what or "1234567" in what for what in words)


def test_a_wide_table_is_probed_with_no_more_rows_and_every_value_of_every_column() -> None:
    columns = [InputColumn(f"x{index}", "float") for index in range(400)]
    made = probe_rows([dict.fromkeys((column.name for column in columns), 1.5)], columns, seed=1)
    assert len(made) < MOST_PAIRS + 50
    for column in (columns[0], columns[-1]):
        assert set(HOSTILE["float"]) <= {one.row.get(column.name) for one in made}
