"""Each reason for which cells are refused has a remedy that names the one setting or edit that helps."""

from pathlib import Path

import pytest

from perennial.reading.columns import Column
from perennial.reading.csv_format import CsvFormat
from perennial.reading.read_csv import read_csv
from perennial.reading.reading import ExportFormat
from perennial.reading.remedies import SPAN, edit_of, remedy_of
from perennial.task import Task
from serving.reading.rules import ReadingRules
from serving.reading.values import Kind

RULES = ReadingRules(date_format={"d": ("%d/%m/%Y",)})
COLUMNS = (Column("n", "int", False), Column("x", "float", False), Column("d", "string", False))


def remedy(folder: Path, column: str, *texts: str) -> str:
    lines = [",".join(f'"{text}"' if name == column else "" for name in "nxd") + ",a" for text in texts]
    path = folder / "export.csv"
    path.write_text("\n".join(["n,x,d,s", *lines]))
    export = ExportFormat((*COLUMNS, Column("s", "string", False)), written=CsvFormat(rules=RULES))
    read = read_csv(path, export)
    assert len(read.bad) == len(texts)
    return remedy_of(read, export, read.bad[0].column, read.bad[0].reason)


@pytest.mark.parametrize(
    ("column", "texts", "expected"),
    [
        ("x", ["n/a"], "If `n/a` means missing, add it to `exports.na_values`"),
        ("d", ["-"], "If `-` means missing, add it to `exports.na_values`"),
        ("d", ["0000-00-00"], "If `0000-00-00` means missing"),
        ("n", ["17.5", "3.25"], "If fractions are right, set the type of `n` to FLOAT in the schema."),
        ("x", ["1,5", "2,75"], "If the comma is the decimal mark, set `exports.decimal` to ','."),
        ("x", ["1.234,5", "0,5"], "set `exports.decimal` to ',' and `exports.thousands` to '.'."),
        ("x", ["1 234,5", "0,5"], "set `exports.decimal` to ',' and `exports.thousands` to ' '."),
        ("n", ["1.234.567", "1'234"], "`exports.thousands` to '.'."),
        ("n", ["1'234'567"], "`exports.thousands` to"),
        ("x", ["1,500", "2,750"], "If commas separate thousands, set `exports.thousands` to ','."),
        ("x", ["Yes", "no"], "add Yes to `exports.true_values` and add no to `exports.false_values`."),
        ("x", ["$5", "$7"], "Write the numbers of `x` without a sign or unit"),
        ("x", ["blue", "red"], "set its type to BYTES in the schema"),
        ("n", ["9" * 25], "If `n` is an id, set its type to BYTES"),
        ("n", ["-2147483648"], "If it means missing, leave these cells of `n` empty"),
        ("x", ["1e999"], "Fix the numbers of `x` in the export"),
        (
            "d",
            ["05/17/2024", "06/28/2024"],
            f"set `exports.date_format.d` to ['%d/%m/%Y', {{format: '%m/%d/%Y', from: {SPAN}}}]",
        ),
        (
            "d",
            ["17.5.2024 10:00", "3.6.2024 11:00"],
            "set `exports.date_format.d` to ['%d/%m/%Y', '%d.%m.%Y %H:%M']",
        ),
        ("d", ["1711958400", "1711962000"], "it looks like (milli)seconds since 1970"),
        ("d", ["2024-04-01 10:00:00 CEST", "2024-04-02 11:00 IST"], "Write the offset of the times of `d`"),
        (
            "d",
            [f"2024/{month}/{day}" for day in range(1, 29) for month in range(1, 7)],
            "set `exports.date_format.d` to ['%d/%m/%Y', '%Y/%m/%d']",
        ),
        ("x", ["1\u202f500,5", "2\u202f750"], 'set `exports.thousands` to "\\u202f".'),
        ("d", ["soon", "later"], "Write the dates of `d` as YYYY-MM-DD"),
    ],
)
def test_a_refused_cell_has_the_setting_that_takes_it(
    tmp_path: Path, column: str, texts: list[str], expected: str
) -> None:
    assert expected in remedy(tmp_path, column, *texts)


@pytest.mark.parametrize("kind", ["int", "float"])
def test_no_remedy_repeats_a_text_that_is_no_marker(tmp_path: Path, kind: Kind) -> None:
    column = "n" if kind == "int" else "x"
    assert "secret" not in remedy(tmp_path, column, "secret", "secret 2")


def test_a_new_class_is_to_be_added_to_the_task(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text("y,n\na,1\nc,2\n")
    export = ExportFormat(
        (Column("y", "string", True), COLUMNS[0]), "y", task=Task("binary", "y", ("a", "b"))
    )
    (row,) = read_csv(path, export).bad
    assert "run `evolve NAME --from EXPORT`" in remedy_of(
        read_csv(path, export), export, row.column, row.reason
    )


@pytest.mark.parametrize(
    ("column", "reason", "expected"),
    [
        ("", "4 cells, expected 3", "quote cells that hold the delimiter"),
        ("n", "expected an integer, got text", "Write these cells of `n` as numbers"),
        ("n", "expected a finite number, got an infinity", "Leave these cells of `n` empty"),
        ("n", "an integer outside the range of int64", "If `n` is an id, export it as text"),
        ("d", "expected a date written ISO8601, got text", "Write the dates of `d` as YYYY-MM-DD"),
        ("d", "a date that does not exist", "or leave the cells without one empty"),
    ],
)
def test_before_there_is_a_use_case_the_remedy_is_an_edit_of_the_file(
    column: str, reason: str, expected: str
) -> None:
    assert expected in edit_of(column, reason)
    assert "exports." not in edit_of(column, reason)
    assert "schema" not in edit_of(column, reason)
