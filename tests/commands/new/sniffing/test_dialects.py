r"""`new` finds how a table is quoted and escaped, and leaves alone what only looks like it."""

from pathlib import Path
from typing import Any

import pytest

from commands.new.sniffing.sniff import sniff

NOTES = ("plain", "size 26", "a, b", "two\nlines", "said x", "ends")


def table(cells: list[str], mark: str = ",", header: str = "id{0}note{0}rented") -> str:
    rows = [mark.join([str(row), cells[row % len(cells)], str(row % 2)]) for row in range(60)]
    return "\n".join([header.format(mark), *rows]) + "\n"


# What Spark 4.2, pandas 2.3, DuckDB 1.5 write; MySQL's by its manual ("SELECT ... INTO OUTFILE").
SPARK = ["plain", r'"size 26\" wheel"', r"C:\temp", r'"a\\b, \"c\""', r"\\server\share", '""', ""]
PANDAS = ["plain", r"size 26\" wheel", r"C:\\temp", r'"a, \"b\""', r"ends\\"]
MYSQL = ["plain", "tab\\\there", "two\\\nlines", r"C:\\temp", r"\N", '5" "pipe"']
QUOTED_MYSQL = ['"plain"', r'"say \"hi\""', r"\N", r'"C:\\temp"']
SINGLE = ["'plain'", "'a, b'", "'it''s'", "'say \"hi\"'"]


@pytest.mark.parametrize(
    ("text", "exports", "note"),
    [
        (table(SPARK), {"escapechar": "\\", "escape_unquoted": False}, r"within quotes (\"), as Spark"),
        (table(PANDAS), {"escapechar": "\\"}, "escapes quotes, delimiters and line ends"),
        (table(MYSQL, "\t"), {"delimiter": "\t", "escapechar": "\\", "quotechar": None}, "nothing is quoted"),
        (table(QUOTED_MYSQL), {"escapechar": "\\"}, r"(\N is missing)"),
        (table(SINGLE), {"quotechar": "'"}, "Cells are quoted by '."),
    ],
)
def test_the_dialects_of_writers_are_detected(
    tmp_path: Path, text: str, exports: dict[str, Any], note: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode())
    sniffed = sniff(path)
    assert sniffed.problems == ()
    assert {key: value for key, value in sniffed.exports.items() if key != "na_values"} == exports
    assert any(note in one for one in sniffed.notes)
    assert (sniffed.rows, sniffed.columns) == (60, ("id", "note", "rented"))


@pytest.mark.parametrize(
    ("text", "exports"),
    [
        (table([r"C:\temp\new", r"D:\x", r"\\server\share"]), {}),
        (table(['"C:\\temp\\"', '"a, b"', '"say ""hi"""']), {}),
        (table([r"C:\temp\new", r"D:\nt"], "\t"), {"delimiter": "\t"}),
        (table(["it's", "'tis", "O'Hara", "rock 'n' roll"]), {}),
        (table([r"\N", "plain"]), {"na_values": ["\\N"]}),
    ],
)
def test_what_only_looks_like_one_is_read_as_it_is(
    tmp_path: Path, text: str, exports: dict[str, Any]
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode())
    sniffed = sniff(path)
    assert (sniffed.exports, sniffed.problems) == (exports, ())


def test_a_file_without_a_sign_is_as_the_others_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(table(["plain"]).encode())
    (tmp_path / "b.csv").write_bytes(table(SPARK).encode())
    assert sniff(tmp_path).exports == {"escapechar": "\\", "escape_unquoted": False}
    (tmp_path / "c.csv").write_bytes(table(SINGLE).encode())
    assert "quoted in different ways" in sniff(tmp_path).problems[0]


def test_folders_are_columns_of_new_too(tmp_path: Path) -> None:
    for station, year in (("North", 2023), ("Old%20Town", 2024)):
        folder = tmp_path / f"station={station}" / f"year={year}"
        folder.mkdir(parents=True)
        (folder / "part-0.csv").write_bytes(table(["plain", "other"]).encode())
    sniffed = sniff(tmp_path)
    assert sniffed.columns == ("id", "note", "rented", "station", "year")
    assert (sniffed.kinds["station"], sniffed.kinds["year"]) == ("string", "int")
    assert "The folders' names give `station`, `year`, as key=value." in sniffed.notes
    (tmp_path / "station=North" / "part-1.csv").write_bytes(table(["plain"]).encode())
    assert "in folders that name different columns" in sniff(tmp_path).problems[0]
