"""What a column is to a model: facts, ids, constants, free text, copies, and what reveals the label."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest

from commands.new.columns import Facts, duplicates, facts_of, is_code, leak_of, why_set_aside
from serving.reading.values import Kind


def facts(values: Sequence[object], kind: Kind, name: str = "x", is_date: bool = False) -> Facts:
    return facts_of(name, kind, column(values, kind), is_date)


def column(values: Sequence[object], kind: Kind) -> pa.ChunkedArray:
    types = {"int": pa.int64(), "float": pa.float32(), "string": pa.binary()}
    cells = [value.encode() if isinstance(value, str) else value for value in values]
    return pa.chunked_array([pa.array(cells, types[kind])])


def test_facts_of_text_count_cells_values_letters_and_words() -> None:
    seen = facts(["one two", "one two", "a", None], "string")
    assert (seen.rows, seen.present, seen.distinct) == (4, 3, 2)
    assert seen.missing_share == 0.25
    assert seen.mean_length == pytest.approx(5)
    assert seen.mean_words == pytest.approx(5 / 3)
    assert seen.codes is not None
    assert seen.codes.tolist() == [0, 0, 1, -1]


def test_facts_of_numbers_hold_them_with_nan_where_missing() -> None:
    seen = facts([1, None, 1], "int")
    assert seen.distinct == 1
    assert seen.numbers is not None
    np.testing.assert_array_equal(seen.numbers, [1.0, np.nan, 1.0])


@pytest.mark.parametrize(
    ("values", "kind", "reason"),
    [
        ([None] * 50, "string", "it is empty in every row"),
        ([1, 2, 3] + [None] * 47, "int", "it has a value in only 3 of 50 rows"),
        ([7] * 50, "int", "it has the same value in every row"),
        ([f"id {row}" for row in range(50)], "string", "it is an id: 50 different values in 50 rows"),
        (list(range(0, 100, 2)), "int", "it numbers the rows"),
        ([(row * 7) % 50 for row in range(50)], "int", "it is an id: an integer"),
        ([row % 7 for row in range(50)], "int", ""),
        ([row * 1.5 for row in range(50)], "float", ""),
        (["red", "blue"] * 25, "string", ""),
    ],
)
def test_what_names_a_row_or_says_nothing_is_set_aside(
    values: Sequence[object], kind: Kind, reason: str
) -> None:
    why = why_set_aside(facts(values, kind))
    assert why.startswith(reason)
    assert bool(why) == bool(reason)


def test_a_date_in_every_row_is_no_id() -> None:
    days = [f"2013-01-{day:02d}" for day in range(1, 29)]
    assert why_set_aside(facts(days, "string", is_date=True)) == ""


@pytest.mark.parametrize(
    ("name", "is_one"), [("shop_id", True), ("zip", True), ("plz", True), ("shopId", True), ("price", False)]
)
def test_whole_numbers_are_codes_by_their_name(name: str, is_one: bool) -> None:
    assert is_code(facts([1, 2, 3], "int", name)) is is_one
    assert not is_code(facts([1.0, 2.0, 3.0], "float", name))


def test_a_copy_is_named_after_the_first_of_its_kind() -> None:
    table = pa.table({"a": [1, 2, None], "b": [1, 2, 3], "c": [1, 2, None], "d": [1, 2, None]})
    assert duplicates(table, ["a", "b", "c", "d"]) == {"c": "a", "d": "a"}


def test_a_date_that_comes_before_others_where_the_label_is_one_reveals_it() -> None:
    label = np.arange(2000) % 2
    days = [f"20{10 + code}-{1 + row % 12:02d}-{1 + row % 28:02d}" for row, code in enumerate(label)]
    seen = facts(days, "string", is_date=True)
    assert leak_of(seen, column(days, "string"), label, np.ones(2000, bool), "binary").is_leak
