"""Numbers that look like dates or stand for missing cells are reported, and others are not."""

import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from commands.new.sniffing.number_guesses import markers_of
from commands.new.sniffing.sniff import sniff
from tests.commands.new.sniffing.sniffed_text import sniff_text

DAYS = [datetime.date(2024, 1, 1) + datetime.timedelta(days=5 * day) for day in range(30)]


def notes(folder: Path, name: str, cells: list[str]) -> list[str]:
    lines = [f"a,{cell},{row % 2}" for row, cell in enumerate(cells)]
    return [
        note for note in sniff_text(folder, "\n".join([f"s,{name},y", *lines])).notes if f"`{name}`" in note
    ]


@pytest.mark.parametrize(
    ("name", "cells", "look"),
    [
        ("n", [str(1_700_000_000 + 86_400 * row) for row in range(30)], "seconds since 1970"),
        ("n", [str(1_700_000_000_000 + 86_400 * row) for row in range(30)], "milliseconds since 1970"),
        ("n", [str(1_700_000_000.25 + 3600 * row) for row in range(30)], "seconds since 1970"),
        ("n", [f"{day:%Y%m%d}" if day.day != 1 else "0" for day in DAYS], "dates (year, month, day)"),
        ("n", [f"{day:%Y%m%d}.0" if day.day != 1 else "" for day in DAYS], "dates (year, month, day)"),
        ("n", [f"{2020 + row // 12}{row % 12 + 1:02}" for row in range(30)], "months (year, month)"),
        ("hire_date", [str(45_292 + row) for row in range(30)], "dates as Excel counts days"),
    ],
)
def test_numbers_that_look_like_dates_are_reported(
    tmp_path: Path, name: str, cells: list[str], look: str
) -> None:
    (note,) = notes(tmp_path, name, cells)
    assert f"is read as numbers, though they look like {look}." in note


def test_typed_numbers_are_looked_at_too(tmp_path: Path) -> None:
    table = {"n": [1_700_000_000 + row for row in range(30)], "y": [row % 2 for row in range(30)]}
    pq.write_table(pa.table(table), tmp_path / "table.parquet")
    assert any("seconds since 1970" in note for note in sniff(tmp_path / "table.parquet").notes)


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("year", [str(1990 + row) for row in range(30)]),
        ("zip", [str(10_115 + 37 * row) for row in range(30)]),
        ("amount", [str(45_292 + row) for row in range(30)]),
        ("revenue", [str(10**8 * row) for row in range(1, 40)]),
        ("change", [str(row - 15) for row in range(30)]),
    ],
)
def test_other_numbers_are_not_reported(tmp_path: Path, name: str, cells: list[str]) -> None:
    assert notes(tmp_path, name, cells) == []


@pytest.mark.parametrize("marker", ["-999", "-999.0", "9999", "-1", "999999"])
def test_a_number_that_may_mean_missing_is_reported(tmp_path: Path, marker: str) -> None:
    cells = [marker if row % 4 == 0 else str(row % 20) for row in range(60)]
    (note,) = notes(tmp_path, "n", cells)
    assert f"has the number {int(float(marker))} in 15 cells" in note
    assert "add it to `na_values` of `n`" in note


@pytest.mark.parametrize(
    "values",
    [(-1, 0, 1), (95, 96, 97, 98, 99), (-1000, -999, 0, 500), (1, 2, 3, 9), tuple(range(-9, 9))],
)
def test_numbers_like_their_neighbours_are_no_markers(values: tuple[int, ...]) -> None:
    assert markers_of(np.array(values, float), np.full(len(values), 10)) == []
