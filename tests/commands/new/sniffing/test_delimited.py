"""A whole CSV is profiled: few odd rows go to quarantine, many are a problem."""

from pathlib import Path

import pytest

from commands.new.sniffing.delimited import sniff_delimited
from tests.commands.new.sniffing.sniffed_text import sniff_text
from tests.commands.new.ugly_csvs import Style, rows, table


def test_many_odd_cells_are_a_problem_and_few_go_to_quarantine(tmp_path: Path) -> None:
    lines = rows(Style(), 2000)
    lines[10] = lines[10].replace(",1", ",x1").replace(",0", ",x0")
    few = sniff_text(tmp_path, table(Style(), lines))
    assert few.problems == ()
    assert any("sent to quarantine: 1 row" in one and "line 12)" in one for one in few.notes)
    many = sniff_text(tmp_path, table(Style(), lines[:40]))
    assert any("line 12). Write these cells of" in one for one in many.problems)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "0 bytes"),
        (b"\n\n", "is empty"),
        (b"a,b\n", "No row below the header"),
        (b"PK\x03\x04rest", "damaged or truncated"),
        (b"alone\n1\n2\n", "only one column"),
        (b'a,b\n1,"open\n2,x\n', "never closed"),
    ],
)
def test_what_is_no_table_is_reported(tmp_path: Path, data: bytes, problem: str) -> None:
    assert problem in " ".join(sniff_text(tmp_path, data).problems)


@pytest.mark.parametrize(
    ("second", "problem"),
    [
        (b"s;y\n1;2\n", "b.csv and a.csv have different delimiters: use the same for all."),
        (b"n,y\n1,2\n", "b.csv and a.csv have different columns (`n` is in one only): use the same for all."),
        ("s,y\nß,2\n".encode("latin-1"), "The files have different encodings"),
        (b"s,y\na,2\nTotal,2\n", "Some of the files end with lines that are not rows"),
    ],
)
def test_files_of_one_table_are_written_alike(tmp_path: Path, second: bytes, problem: str) -> None:
    files = [tmp_path / "a.csv", tmp_path / "b.csv"]
    files[0].write_text("s,y\nä,1\nö,0\nü,1\n")
    files[1].write_bytes(second)
    assert problem in " ".join(sniff_delimited(files).problems)


def test_files_of_one_table_may_have_their_columns_in_another_order(tmp_path: Path) -> None:
    files = [tmp_path / "a.csv", tmp_path / "b.csv"]
    files[0].write_text("s,n,y\n" + "ab,1,0\n" * 20)
    files[1].write_text("y,s,n\n" + "0,ab,x\n" + "1,cd,2\n" * 60)
    profile = sniff_delimited(files)
    assert (profile.problems, profile.columns) == ([], ("s", "n", "y"))
    assert profile.kinds == {"s": "string", "n": "int", "y": "int"}
    assert "(column `n`: expected an integer, got text; first: b.csv, line 2)." in profile.notes[-1]


def test_empty_lines_and_columns_without_a_name_are_reported(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(",s,n\n0,a,1\n\n1,b,2\n,,\n2,c,3\n")
    assert sniff_delimited([tmp_path / "a.csv"]).notes == [
        "Column 1 has no name (the row numbers that pandas writes): it is left out.",
        "2 empty lines are ignored (the first is line 3).",
    ]
