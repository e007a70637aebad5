"""Random CSVs, well written and torn, against Python's csv module."""

import csv
import io
import random
from pathlib import Path

import numpy as np
import pytest

from perennial.errors import FileRefused
from perennial.reading.columns import Column
from perennial.reading.reading import ExportFormat
from tests.perennial.reading.small_csvs import random_csv, read


@pytest.mark.parametrize("seed", range(40))
def test_it_agrees_with_the_dict_reader_on_random_files(tmp_path: Path, seed: int) -> None:
    text = random_csv(random.Random(seed))
    rows_read = read(tmp_path, text)
    expected, bad_lines = by_dict_reader(text)
    assert [row.line for row in rows_read.bad] == bad_lines
    assert rows_read.table.to_pylist() == expected


def by_dict_reader(text: str) -> tuple[list[dict[str, object]], list[int]]:
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines)
    names = next(reader)
    good, bad = [], []
    line = reader.line_num + 1
    for cells in reader:
        row = dict(zip(names, cells, strict=False))
        value = typed(row) if len(cells) == len(names) else None
        if value is not None:
            good.append(value)
        elif any(cells) and not lacks_only_its_label(row, len(cells) == len(names)):
            bad.append(line)
        line = reader.line_num + 1
    return good, bad


def lacks_only_its_label(row: dict[str, str], is_even: bool) -> bool:
    return (
        is_even and not row["y"] and any(row[name] for name in "nxs") and typed(row | {"y": "0"}) is not None
    )


def typed(row: dict[str, str]) -> dict[str, object] | None:
    try:
        return {
            "n": None if not row["n"] else 1 if row["n"] == "true" else int(row["n"].removesuffix(".0")),
            "x": None if not row["x"] else float(np.float32(refuse(row["x"], "9"))),
            "s": row["s"].encode() or None,
            "y": int(row["y"]),
        }
    except ValueError:
        return None


def refuse(text: str, marks: str) -> str:
    if any(mark in text for mark in marks):
        raise ValueError
    return text


@pytest.mark.parametrize("seed", range(30))
def test_torn_text_is_split_as_the_csv_module_splits_it_or_refused(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    columns = (Column("s", "string", required=True), Column("t", "string", required=True))
    export = ExportFormat(columns, keeps_empty_rows=True)
    for _ in range(30):
        letters = dice.choice(['a",\n', 'a"",,\n\n', 'ab",\n\r', 'a,\n\r\n "', 'aé,"\n'])
        text = "s,t\n" + "".join(dice.choice(letters) for _ in range(dice.randrange(40)))
        try:
            rows_read = read(tmp_path, text, export)
        except FileRefused:
            # Only for a quote that is never closed, and the csv module is then at the end inside a cell.
            with pytest.raises(csv.Error, match=r"unexpected end of data|expected after"):
                list(csv.reader(io.StringIO(text, newline=""), strict=True))
            continue
        rows = lines_of(text)
        bad_lines = {row.line for row in rows_read.bad}
        assert {line for line, cells in rows.items() if len(cells) != 2} <= bad_lines <= set(rows)
        kept = [cells for line, cells in rows.items() if line not in bad_lines]
        texts = [[(row[name] or b"").decode() for name in ("s", "t")] for row in rows_read.table.to_pylist()]
        assert texts == kept


def lines_of(text: str) -> dict[int, list[str]]:
    physical = io.StringIO(text, newline="").readlines()
    reader = csv.reader(physical)
    next(reader)
    line, rows = reader.line_num + 1, {}
    for cells in reader:
        # A line of spaces alone is no row.
        if physical[line - 1].strip():
            rows[line] = cells
        line = reader.line_num + 1
    return rows
