"""A Parquet file is profiled by its types, and by what these do not say."""

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from commands.new.sniffing.parquet import sniff_parquet
from commands.new.sniffing.sniff import sniff


def test_parquet_has_its_types_and_its_text_is_looked_at(tmp_path: Path) -> None:
    count = 40
    day = datetime.date(2013, 1, 1)
    columns = {
        "when": [day + datetime.timedelta(days=row) for row in range(count)],
        "text": ["N/A" if row % 4 == 0 else "a" for row in range(count)],
        "typed": [f"{row % 28 + 1}/2/2013" for row in range(count)],
        "x": pa.array([np.nan if row < 3 else row / 2 for row in range(count)], from_pandas=False),
        "ok": [row % 2 == 0 for row in range(count)],
        "tags": [["a"]] * count,
        "__index_level_0__": list(range(count)),
    }
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    sniffed = sniff(tmp_path / "t.parquet")
    assert (sniffed.kind, sniffed.rows, sniffed.problems) == ("parquet", count, ())
    assert sniffed.kinds == {
        "when": "string",
        "text": "string",
        "typed": "string",
        "x": "float",
        "ok": "int",
    }
    assert sniffed.exports == {
        "na_values": ["N/A"],
        "date_format": {"when": "ISO8601", "typed": "%d/%m/%Y"},
    }
    assert sniffed.missing == {"when": 0, "text": 10, "typed": 0, "x": 3, "ok": 0}
    assert sniffed.dates == {"when": "%Y-%m-%d", "typed": "%d/%m/%Y"}
    assert "Column `tags` is left out: models cannot use its type, list<item: string>." in sniffed.notes


@pytest.mark.parametrize(
    ("tables", "problem"),
    [
        ([{"a": [1]}, {"b": [1]}], "1.parquet and 0.parquet have different columns (`a` is in one only)"),
        ([{"a": pa.array([], pa.int64())}], "The file has no rows."),
        ([{"a": [[1]]}], "No column has a type that can be read."),
        ([{"day": ["1/2/2013", "2013-02-03"] * 20}], "Column `day` has dates in several formats"),
        ([{"n": pa.array([2**64 - 1] * 40, pa.uint64())}], "Unreadable: 40 rows (first: 0.parquet, row 1"),
    ],
)
def test_what_cannot_be_a_table_is_a_problem(
    tmp_path: Path, tables: list[dict[str, Any]], problem: str
) -> None:
    files = [tmp_path / f"{number}.parquet" for number in range(len(tables))]
    for file, columns in zip(files, tables, strict=True):
        pq.write_table(pa.table(columns), file)
    assert problem in " ".join(sniff_parquet(files).problems)


def test_a_file_that_is_no_parquet_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"no")
    (problem,) = sniff_parquet([tmp_path / "a.parquet"]).problems
    assert problem.startswith("a.parquet: expected Parquet, got a file that does not begin as Parquet does.")


def test_numbers_that_no_model_takes_cost_their_column_and_not_the_table(tmp_path: Path) -> None:
    large = {"n": ["1.1.2024", "13.1.2024"] * 20, "hash": pa.array([2**64 - 1] * 40, pa.uint64())}
    pq.write_table(pa.table(large), tmp_path / "a.parquet")
    sniffed = sniff_parquet([tmp_path / "a.parquet"])
    assert (sniffed.columns, sniffed.rows, sniffed.problems) == (("n",), 40, [])
    assert sniffed.exports == {"date_format": {"n": "%d.%m.%Y"}}
    assert sniffed.notes[0] == (
        "Column `hash` is left out: 40 numbers in it are too large for a model (beyond int64 or float32)."
    )


def test_one_number_that_no_model_takes_costs_its_row_and_not_the_column(tmp_path: Path) -> None:
    table = {"n": [1.0] * 99 + [1e300], "i": list(range(100))}
    pq.write_table(pa.table(table), tmp_path / "a.parquet")
    sniffed = sniff_parquet([tmp_path / "a.parquet"])
    assert (sniffed.columns, sniffed.rows, sniffed.problems) == (("n", "i"), 99, [])


def test_types_that_differ_between_files_are_one_where_their_values_are(tmp_path: Path) -> None:
    parts = [
        {"n": [1, 2], "x": pa.nulls(2), "t": [1.5, 2.0], "flag": [True, None]},
        {"n": [3.0, None], "x": ["a", None], "t": [3, 4], "flag": [False, True]},
    ]
    files = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    for file, part in zip(files, parts, strict=True):
        pq.write_table(pa.table(part), file)
    sniffed = sniff_parquet(files)
    assert sniffed.problems == []
    assert sniffed.kinds == {"n": "int", "x": "string", "t": "float", "flag": "int"}
    assert "Column `n` is of integers in some files and of other numbers in others." in sniffed.notes
    pq.write_table(pa.table(parts[0] | {"n": ["one", "two"]}), files[1])
    (problem,) = sniff_parquet(files).problems
    assert problem == "Column `n` is int64 in a.parquet, but string in b.parquet: use one type for all."
