"""A renamed column is recognised by its content; where that leaves doubt, it is asked."""

from typing import Any

import numpy as np
import pyarrow as pa

from commands.evolve.contents import Contents, distance, noise
from commands.evolve.renames import matches, names_alike, swapped

_ROWS = 400


def _table(seed: int) -> dict[str, pa.ChunkedArray]:
    """A span of a made-up table: three numbers, two kinds of codes, a date, a number of 0 and 1."""
    random = np.random.default_rng(seed)
    days = random.integers(1, 29, _ROWS)
    columns: dict[str, Any] = {
        "temp": random.normal(10, 4, _ROWS).astype(np.float32),
        "wind": (100 + random.gamma(2, 5, _ROWS)).astype(np.float32),
        "seats": random.integers(50, 300, _ROWS),
        "shop": random.choice([b"N", b"S", b"E"], _ROWS, p=[0.5, 0.3, 0.2]),
        "plan": random.choice([b"basic", b"gold"], _ROWS),
        "day": np.array([f"2024-01-{day:02d} 08:00:00".encode() for day in days], dtype=object),
        "paid": random.integers(0, 2, _ROWS),
    }
    return {name: pa.chunked_array([pa.array(values.tolist())]) for name, values in columns.items()}


def _contents(export: dict[str, pa.ChunkedArray], dates: tuple[str, ...] = ("day",)) -> Contents:
    former = [pa.table(_table(seed)) for seed in (1, 2)]
    texts = {name: column for name, column in export.items() if pa.types.is_binary(column.type)}
    return Contents(former, export, texts, ("day",), dates)


def _renamed(**names: str) -> dict[str, pa.ChunkedArray]:
    return {names.get(name, name): column for name, column in _table(3).items()}


def test_renamed_columns_are_recognised_by_their_contents_several_at_once() -> None:
    contents = _contents(_renamed(temp="air", shop="branch", day="when"), dates=("when",))
    likely = matches(contents, ["temp", "shop", "day"], ["when", "branch", "air"])
    assert [(match.old, match.new, match.doubt) for match in likely] == [
        ("temp", "air", ""),
        ("shop", "branch", ""),
        ("day", "when", ""),
    ]


def test_another_unit_another_kind_and_other_texts_are_not_the_same_column() -> None:
    export = _table(3)
    other = {
        "fahrenheit": pa.chunked_array([pa.array([1.8 * value.as_py() + 32 for value in export["temp"]])]),
        "plan": export["plan"],
        "day": export["day"],
    }
    contents = _contents(other)
    assert matches(contents, ["temp", "shop"], ["fahrenheit", "plan", "day"]) == []


def test_a_name_that_is_alike_is_asked_for_whatever_the_content() -> None:
    contents = _contents({"temp_c": pa.chunked_array([pa.array([float(n) for n in range(900, 999)])])})
    (temp,) = matches(contents, ["temp"], ["temp_c"])
    assert temp.doubt == "their names are alike"
    assert matches(contents, ["wind"], ["temp_c"]) == []
    assert names_alike("Size (cm)", "size_cm")
    assert names_alike("humid", "humidity")
    assert not names_alike("id", "identity of a shop")
    assert not names_alike("distance", "destination")


def test_a_name_that_differs_in_case_or_signs_only_leaves_no_doubt() -> None:
    export = _renamed(paid="Paid", seats="SEATS ", temp="wind2", wind="Temp")
    likely = matches(_contents(export), ["paid", "seats", "temp"], ["Paid", "SEATS ", "wind2", "Temp"])
    assert [(match.new, match.doubt) for match in likely] == [("Paid", ""), ("SEATS ", ""), ("wind2", "")]


def test_two_values_and_a_twin_leave_a_doubt() -> None:
    export = _renamed(paid="settled", seats="places")
    export["places again"] = export["places"]
    contents = _contents(export)
    (paid,) = matches(contents, ["paid"], ["settled"])
    assert "few different values" in paid.doubt
    (seats,) = matches(contents, ["seats"], ["places", "places again"])
    assert "`places again` is alike" in seats.doubt or "`places` is alike" in seats.doubt


def test_two_missing_columns_of_one_content_leave_a_doubt() -> None:
    export = _renamed(temp="x")
    former = [pa.table({**_table(seed), "twin": _table(seed)["temp"]}) for seed in (1, 2)]
    contents = Contents(former, export, {}, (), ())
    assert "missing, too" in matches(contents, ["temp", "twin"], ["x"])[0].doubt


def test_one_new_column_is_not_two_that_are_missing() -> None:
    def normal(seed: int, mean: float) -> pa.ChunkedArray:
        return pa.chunked_array([pa.array(np.random.default_rng(seed).normal(mean, 4, 4_000))])

    # `Temp` differs much between its own spans, and has the name; `wind` has the content.
    former = [
        pa.table({"Temp": normal(seed, 10.0 + seed), "wind": normal(9 + seed, 10.0)}) for seed in (1, 3)
    ]
    likely = matches(Contents(former, {"temp": normal(5, 10.0)}, {}, (), ()), ["Temp", "wind"], ["temp"])
    assert [(match.old, match.doubt) for match in likely] == [
        ("Temp", "it is like `wind`, which is missing, too"),
        ("wind", "it is like `Temp`, which is missing, too"),
    ]


def test_columns_that_changed_places_are_recognised_two_or_three_of_them() -> None:
    names = ["temp", "wind", "seats", "shop", "plan", "day", "paid"]
    assert swapped(_contents(_table(3)), names) == []
    pair = swapped(_contents(_renamed(shop="plan", plan="shop")), names)
    assert [set(circle) for circle in pair] == [{"shop", "plan"}]
    three = swapped(_contents(_renamed(temp="wind", wind="seats", seats="temp")), names)
    assert [set(circle) for circle in three] == [{"temp", "wind", "seats"}]


def test_a_chain_from_a_missing_column_to_a_new_one_is_recognised() -> None:
    export = _renamed(temp="new", seats="temp")
    present = ["wind", "shop", "plan", "day", "paid", "temp"]
    assert swapped(_contents(export), present, ["seats"], ["new"]) == [("new", "temp", "seats")]
    assert swapped(_contents(export), present, ["seats"], []) == []
    plain = _renamed(temp="air")
    assert swapped(_contents(plain), [name for name in present if name != "temp"], ["temp"], ["air"]) == []


def test_distances_are_0_of_equal_and_1_of_nothing_in_common() -> None:
    one = _table(1)
    assert distance(one["temp"], one["temp"]) == 0
    assert distance(one["temp"], one["shop"]) == 1
    assert distance(one["temp"], pa.chunked_array([pa.nulls(5, pa.float32())])) == 1
    half = pa.chunked_array([pa.array([1.0, None, 2.0, None])])
    assert distance(half, pa.chunked_array([pa.array([1.0, 2.0])])) == 0.5
    assert noise([one["temp"]]) < 0.2
