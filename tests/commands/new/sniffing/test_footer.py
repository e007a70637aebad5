"""Only lines that are no rows are skipped at the end of a file."""

from pathlib import Path
from typing import Any

import pytest

from commands.new.sniffing.footer import End, end_of
from perennial.reading.columns import Column
from perennial.reading.read_csv import read_text
from perennial.reading.reading import ExportFormat
from tests.commands.new.sniffing.sniffed_text import sniff_text


@pytest.mark.parametrize(
    ("last", "exports", "problem"),
    [
        ("Total War,7,1", {}, ""),
        ("Total,7,1", {"skipfooter": 1}, ""),
        ("Grand total,7,", {"skipfooter": 1}, ""),
        ("Total", {"skipfooter": 1}, ""),
        ("(3 rows)", {"skipfooter": 1}, ""),
        ("Source: the office", {"skipfooter": 1}, ""),
        ("zoe,7", {}, "is an incomplete row"),
        ("zoe,7,1,9", {}, "expected 3 cells, got 4; first: line 42"),
    ],
)
def test_only_a_line_that_is_no_row_is_skipped_at_the_end(
    tmp_path: Path, last: str, exports: dict[str, Any], problem: str
) -> None:
    lines = [f"game {row % 7},{row * row},{row % 2}" for row in range(40)]
    sniffed = sniff_text(tmp_path, "\n".join(["name,n,y", *lines, last]))
    assert (sniffed.exports, [problem in one for one in sniffed.problems]) == (
        exports,
        [True] * bool(problem),
    )


def end(text: str) -> End:
    columns = tuple(Column(name, "string", required=True) for name in ("name", "n", "y"))
    read = read_text("t.csv", text.encode(), ExportFormat(columns), 0)
    return end_of(text.encode(), read, ",")


def test_a_total_and_a_note_after_it_are_one_footer_of_two_lines() -> None:
    seen = end("name,n,y\na,1,1\nb,2,0\nTotal,3,1\nSource: the office\n")
    assert seen.lines == (4, 5)
    assert seen.notes == (
        "The last 2 lines (from line 4) are a note and a total, not rows: they are skipped.",
    )


def test_a_row_that_is_the_sum_of_those_above_is_a_total() -> None:
    assert end("name,n,y\na,1,1\nb,2,0\n,3,1\n").lines == (4,)
    assert end("name,n,y\na,1,1\nb,2,0\n,4,1\n").lines == ()


def test_an_incomplete_row_is_a_problem() -> None:
    (problem,) = end("name,n,y\na,1,1\nb,2\n").problems
    assert problem.startswith("The last line (line 3) is an incomplete row; the file may be truncated")
