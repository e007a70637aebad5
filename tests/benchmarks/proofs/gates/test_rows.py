"""Rows of a file, taken apart and damaged, are written as the file has them."""

from pathlib import Path

import numpy as np
import pytest
from tensorflow_metadata.proto.v0 import schema_pb2

from benchmarks.proofs.gates.damage import Columns, DamagedSpan, columns_of, damaged
from benchmarks.proofs.gates.rows import FileRows, rows_in
from benchmarks.proofs.tables import ugly
from perennial.reading.csv_format import CsvFormat
from perennial.task import Task
from tests.written import written

UGLY = written(";", "cp1252", thousands=",", skipfooter=1)
DATES = {"Bestelldatum": "%m/%d/%Y"}


@pytest.fixture
def rows(tmp_path: Path) -> FileRows:
    ugly.write(tmp_path / "orders.csv", rows=200)
    return rows_in([tmp_path / "orders.csv"], UGLY, DATES)


def test_blank_lines_go_and_the_footer_stays_at_the_end(rows: FileRows, tmp_path: Path) -> None:
    assert len(rows) == 200
    again = rows_in([rows.take(np.arange(3)).write(tmp_path / "part.csv")], UGLY, DATES)
    assert len(again) == 3
    assert again.footer == rows.footer == again.footer.strip() + b"\r\n"


def test_the_cells_of_a_file_are_written_as_they_were(rows: FileRows) -> None:
    cells = rows.cells()
    assert list(cells["Größe"].unique()) != ["N/A"]
    assert rows.with_cells(cells).cells().equals(cells)


def test_a_line_end_in_quotes_does_not_end_a_row(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('a,b\n1,"two\nlines"\n\n2,x\n')
    assert len(rows_in([tmp_path / "a.csv"], CsvFormat(), {})) == 2


def test_rows_are_ordered_by_the_time_that_the_file_writes(rows: FileRows) -> None:
    order, days = rows.take(np.arange(200)[::-1]).order_of_time("Bestelldatum")
    assert days[0] == "2013-01-01"
    assert list(days) == sorted(days)
    assert sorted(order) == list(range(200))


def test_each_damage_changes_what_it_says_and_nothing_else(rows: FileRows) -> None:
    columns = Columns(
        Task("binary", "zurückgeschickt", ("nein", "ja")),
        "zurückgeschickt",
        "Bestelldatum",
        ["Betrag (€)", "Stück"],
        ["Farbe"],
        ",",
    )
    span, former = rows.take(np.arange(100)), rows.take(np.arange(100, 200))
    by_kind: dict[str, DamagedSpan] = {}
    for each in damaged(span, former, columns):
        by_kind.setdefault(each.kind, each)
    before = span.cells()

    def after(kind: str) -> "dict[str, int]":
        (file,) = by_kind[kind].files.values()
        cells = file.cells()
        return {name: int((cells[name] != before[name]).sum()) for name in cells.columns}

    assert not any(after("nothing: written again").values())
    assert {name: count for name, count in after("labels swapped").items() if count} == {
        "zurückgeschickt": 100
    }
    assert {name for name, count in after("unit: times 1,000").items() if count} == {"Betrag (€)"}
    assert {name for name, count in after("two columns swapped").items() if count} == {"Betrag (€)", "Stück"}
    assert after("a tenth of the dates ten years earlier")["Bestelldatum"] == 10
    assert "Betrag (€)" not in after("column gone")
    assert len(by_kind["the file twice in the folder"].files) == 2


def test_only_columns_that_a_model_sees_are_damaged() -> None:
    schema = schema_pb2.Schema()
    schema.feature.add(name="y", type=schema_pb2.INT)
    schema.feature.add(name="size", type=schema_pb2.FLOAT)
    schema.feature.add(name="id", type=schema_pb2.BYTES, lifecycle_stage=schema_pb2.DISABLED)
    columns = columns_of(schema, Task("binary", "y"), None, "")
    assert (columns.label, columns.numbers, columns.texts, columns.time) == ("y", ["size"], [], "")
