"""Day summaries are exact of a day, the same however they are read, merged and written."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from perennial.drift.day_file import read_all_days, read_days, write_days
from perennial.drift.day_summaries import DAY, MOST_SAMPLED, ORDER, UNDATED, DayTable, NumberDays, TextDays
from perennial.drift.summarise import MOST_DAYS, TOP, days_of
from perennial.errors import DaysDamaged

SCHEMA: Final = text_format.Parse(
    """
    feature { name: "at" type: BYTES }
    feature { name: "temp" type: FLOAT }
    feature { name: "stars" type: INT int_domain { is_categorical: true } }
    feature { name: "delay" type: INT }
    feature { name: "tail" type: BYTES }
    feature { name: "old" type: INT lifecycle_stage: DISABLED }
    """,
    schema_pb2.Schema(),
)


def rows_of(columns: Mapping[str, Any]) -> pa.Table:
    types = {"at": pa.binary(), "temp": pa.float32(), "tail": pa.binary()}
    return pa.table({name: pa.array(values, types.get(name, pa.int64())) for name, values in columns.items()})


def random_rows(rows: int, seed: int, days: int = 5) -> pa.Table:
    """Rows of several days from 2013-03-01 on, in no order; some values are missing."""
    dice = np.random.default_rng(seed)
    day, hour = dice.integers(1, days + 1, rows), dice.integers(0, 24, rows)
    missing = dice.random((2, rows)) < 0.1
    temps = [
        None if gone else value for value, gone in zip(dice.normal(50, 20, rows), missing[0], strict=True)
    ]
    tails = [
        None if gone else b"N%d" % value
        for value, gone in zip(dice.zipf(1.5, rows) % 1000, missing[1], strict=True)
    ]
    return rows_of(
        {
            "at": [b"2013-03-%02d %02d:30:00" % each for each in zip(day, hour, strict=True)],
            "temp": temps,
            "stars": dice.integers(1, 6, rows),
            "delay": dice.integers(-20, 90, rows),
            "tail": tails,
        }
    )


def assert_same(one: DayTable, other: DayTable, *, is_exact: bool = True) -> None:
    assert one.days.tolist() == other.days.tolist()
    assert one.rows.tolist() == other.rows.tolist()
    assert list(one.columns) == list(other.columns)
    for name, column in one.columns.items():
        for field in fields(column):
            mine, theirs = getattr(column, field.name), getattr(other.columns[name], field.name)
            if field.name == "values":
                assert mine == theirs
            elif is_exact or field.name in ("present", "mean", "shapes"):
                np.testing.assert_allclose(mine, theirs, rtol=1e-12)
    assert one.sample.to_pydict() == other.sample.to_pydict()


def numbers(table: DayTable, name: str) -> NumberDays:
    column = table.columns[name]
    assert isinstance(column, NumberDays)
    return column


def texts(table: DayTable, name: str) -> TextDays:
    column = table.columns[name]
    assert isinstance(column, TextDays)
    return column


def test_a_day_of_numbers_has_its_own_quantiles_mean_and_missing_values() -> None:
    rows = random_rows(2000, 1)
    table = days_of(rows, SCHEMA, "at")
    frame = rows.to_pandas()
    frame["day"] = frame["at"].str.decode("ascii").str[:10]
    temp = numbers(table, "temp")
    for place, (day, own) in enumerate(frame.groupby("day")):
        assert str(table.days[place]) == day
        assert table.rows[place] == len(own)
        assert temp.present[place] == own["temp"].count()
        assert temp.mean[place] == pytest.approx(own["temp"].astype("float64").mean())
        assert temp.distinct[place] == own["temp"].nunique()
        assert temp.quantiles[place, 0] == own["temp"].min()
        assert temp.quantiles[place, -1] == own["temp"].max()
        expected = np.quantile(own["temp"].dropna(), np.linspace(0, 1, 65), method="nearest")
        assert np.abs(temp.quantiles[place] - expected).max() < 1.5


def test_a_day_of_texts_has_its_most_frequent_values_and_what_is_beyond_them() -> None:
    rows = random_rows(9000, 2)
    table = days_of(rows, SCHEMA, "at")
    frame = rows.to_pandas()
    frame["day"] = frame["at"].str.decode("ascii").str[:10]
    tail = texts(table, "tail")
    assert tail.values == tuple(sorted(tail.values))
    for place, (_, own) in enumerate(frame.groupby("day")):
        counted = own["tail"].value_counts()
        assert (tail.counts[place] > 0).sum() == min(TOP, len(counted))
        assert tail.counts[place].sum() + tail.beyond[place] == tail.present[place] == own["tail"].count()
        assert tail.distinct[place] == len(counted)
        assert sorted(tail.counts[place][tail.counts[place] > 0])[::-1] == counted.head(TOP).tolist()
        assert tail.shapes[place].tolist() == [
            0, own["tail"].count(), own["tail"].count(), 0, 0, 0, own["tail"].str.len().sum()
        ]  # fmt: skip
    stars = texts(table, "stars")
    assert stars.values == (b"1", b"2", b"3", b"4", b"5")
    assert "old" not in table.columns


def test_shapes_tell_case_digits_spaces_and_what_is_no_text() -> None:
    values = [b"ab", b"AB", b"a1", b" x", b"x\t", b"", b"\xff", "É".encode(), "ß9".encode(), None]
    table = days_of(rows_of({"tail": values}), SCHEMA)
    # lower upper digit space empty invalid length
    assert texts(table, "tail").shapes.tolist() == [[6, 2, 2, 2, 1, 1, 14]]


def test_a_column_of_ids_has_no_frequent_values() -> None:
    ids = [b"id%d" % number for number in range(1000)]
    tail = texts(days_of(rows_of({"tail": ids}), SCHEMA), "tail")
    assert (tail.values, tail.beyond.tolist(), tail.distinct.tolist()) == ((), [1000], [1000])


def test_the_time_column_is_the_time_of_the_day() -> None:
    rows = rows_of({"at": [b"2013-03-02 01:00:00", b"2013-03-01", b"2013-03-02 02:30:10.5", None]})
    table = days_of(rows, SCHEMA, "at")
    assert table.days.astype(str).tolist() == ["2013-03-01", "2013-03-02"]
    assert table.rows.tolist() == [1, 2]
    at = numbers(table, "at")
    assert at.quantiles[:, [0, -1]].tolist() == [[0, 0], [3600, 9010]]


def test_without_a_time_column_all_rows_are_of_one_day() -> None:
    rows = random_rows(500, 3).drop(["at"])
    table = days_of(rows, SCHEMA)
    assert table.days.tolist() == [UNDATED.item()]
    dated = table.taken(np.array([0]), np.array(["2013-05-01"], "datetime64[D]"))
    assert str(dated.days[0]) == str(dated.sample[DAY][0].as_py()) == "2013-05-01"


def test_what_is_summarised_does_not_depend_on_the_order_or_the_batches_of_rows() -> None:
    rows = random_rows(3000, 4)
    shuffled = rows.take(pa.array(np.random.default_rng(1).permutation(3000)))
    assert_same(days_of(rows, SCHEMA, "at"), days_of(shuffled, SCHEMA, "at"))
    assert_same(days_of(rows, SCHEMA, "at"), days_of(rows.to_batches(max_chunksize=700), SCHEMA, "at"))


def test_columns_that_rows_lack_are_missing_and_unknown_ones_ignored() -> None:
    table = days_of(pa.table({"delay": [1, 2], "new": [1, 2]}), SCHEMA)
    assert list(table.columns) == ["at", "temp", "stars", "delay", "tail"]
    assert numbers(table, "temp").present.tolist() == [0]
    assert np.isnan(numbers(table, "temp").quantiles).all()
    assert texts(table, "tail").present.tolist() == [0]
    nothing = days_of(rows_of({"at": [], "delay": []}), SCHEMA, "at")
    assert len(nothing.days) == nothing.sample.num_rows == 0


def test_infinite_values_are_none_of_the_mean_and_nan_is_missing() -> None:
    rows = rows_of({"temp": [1.0, 3.0, float("inf"), float("nan"), None]})
    temp = numbers(days_of(rows, SCHEMA), "temp")
    assert (temp.present.tolist(), temp.mean.tolist(), temp.distinct.tolist()) == ([3], [2.0], [3])


def test_a_sample_is_of_rows_by_hash_and_equal_rows_are_drawn_as_others_are() -> None:
    rows = rows_of({"delay": [7] * 900 + list(range(1000, 1100))})
    sample = days_of(rows, SCHEMA).sample
    assert sample.num_rows == MOST_SAMPLED
    assert 240 < sample["delay"].to_pylist().count(7) < 300
    assert sample[ORDER].to_pylist() == sorted(sample[ORDER].to_pylist())


def test_only_the_newest_days_of_very_many_are_summarised() -> None:
    days = np.datetime64("1990-01-01") + np.arange(MOST_DAYS + 50)
    table = days_of(rows_of({"at": [str(day).encode() for day in days]}), SCHEMA, "at")
    assert table.days.tolist() == days[50:].tolist()


def test_spans_of_other_days_merge_to_what_they_are_together() -> None:
    rows = random_rows(6000, 5)
    whole = days_of(rows, SCHEMA, "at")
    parts = [whole.only(whole.days == day) for day in whole.days]
    assert_same(DayTable.merged(parts[::-1]), whole)
    assert_same(DayTable.merged([whole]), whole)
    assert len(DayTable.merged([]).days) == 0


def test_hours_merge_to_their_day_exactly_where_they_are_small() -> None:
    rows = random_rows(2400, 6, days=2)
    hours = np.array([int(at[11:13]) for at in rows["at"].to_pylist()])
    parts = [days_of(rows.filter(pa.array(hours == hour)), SCHEMA, "at") for hour in range(24)]
    whole, merged = days_of(rows, SCHEMA, "at"), DayTable.merged(parts)
    assert_same(merged, whole, is_exact=False)
    for name in ("tail", "stars"):
        mine, theirs = texts(merged, name), texts(whole, name)
        assert mine.distinct.tolist() == theirs.distinct.tolist()
        assert (mine.counts.sum(axis=1) + mine.beyond).tolist() == theirs.present.tolist()
    for name in ("temp", "delay"):
        mine_, theirs_ = numbers(merged, name), numbers(whole, name)
        assert mine_.distinct.tolist() == theirs_.distinct.tolist()
        spread = theirs_.quantiles[:, [-1]] - theirs_.quantiles[:, [0]]
        assert (np.abs(mine_.quantiles - theirs_.quantiles) / spread)[:, 2:-2].max() < 0.03
        assert mine_.quantiles[:, [0, -1]].tolist() == theirs_.quantiles[:, [0, -1]].tolist()


def test_different_values_of_large_parts_are_estimated() -> None:
    dice = np.random.default_rng(7)
    few = [rows_of({"delay": dice.integers(0, 40, 3000)}) for _ in range(4)]
    ids = [rows_of({"delay": range(number * 3000, (number + 1) * 3000)}) for number in range(4)]
    for parts, expected in ((few, 40), (ids, 12_000)):
        merged = DayTable.merged(days_of(part, SCHEMA) for part in parts)
        assert numbers(merged, "delay").distinct.tolist() == [pytest.approx(expected, rel=0.01)]


def test_a_column_that_one_span_lacks_is_missing_there() -> None:
    schema = schema_pb2.Schema(feature=[feature for feature in SCHEMA.feature if feature.name != "temp"])
    rows = random_rows(500, 8)
    whole = days_of(rows, SCHEMA, "at")
    first, others = whole.days[0], whole.only(whole.days > whole.days[0])
    merged = DayTable.merged([days_of(rows, schema, "at").only(whole.days == first), others])
    temp = numbers(merged, "temp")
    assert temp.present[0] == 0
    assert np.isnan(temp.mean[0])
    assert temp.present[1:].tolist() == numbers(whole, "temp").present[1:].tolist()
    assert merged.sample["temp"].null_count > 0


def test_summaries_are_read_as_they_were_written_one_by_one_or_many(tmp_path: Path) -> None:
    whole = days_of(random_rows(6000, 9), SCHEMA, "at")
    write_days(tmp_path / "whole.arrow", whole)
    assert_same(read_days(tmp_path / "whole.arrow"), whole)
    files = []
    for day in whole.days:
        files.append(tmp_path / f"{day}.arrow")
        write_days(files[-1], whole.only(whole.days == day))
    assert_same(read_all_days(files[::-1]), whole)
    twice = read_all_days([files[0], files[1], files[0]])
    assert twice.rows.tolist() == [2 * whole.rows[0], whole.rows[1]]
    write_days(tmp_path / "none.arrow", DayTable.merged([]))
    assert len(read_days(tmp_path / "none.arrow").days) == 0
    assert len(read_all_days([]).days) == 0


def test_a_damaged_file_of_summaries_is_an_error_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "days.arrow"
    summaries = days_of(random_rows(600, 10), SCHEMA, "at")
    write_days(path, summaries)
    whole = path.read_bytes()
    dice = np.random.default_rng(1)
    with pytest.raises(DaysDamaged):
        read_days(tmp_path / "absent.arrow")
    for damaged in (b"", whole[:-1], whole[: len(whole) // 2], b"PK" + whole):
        path.write_bytes(damaged)
        with pytest.raises(DaysDamaged):
            read_days(path)
    for _ in range(200):
        damaged_bytes = bytearray(whole)
        damaged_bytes[dice.integers(len(whole))] ^= 1 << dice.integers(8)
        path.write_bytes(bytes(damaged_bytes))
        with suppress(DaysDamaged):
            assert_same(read_days(path), summaries)  # or the change is of no consequence
