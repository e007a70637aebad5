"""Delimiter and header of a CSV, and what is wrong with them."""

from pathlib import Path

import pytest

from commands.new.sniffing.layout import layout_of
from tests.commands.new.sniffing.sniffed_text import sniff_text
from tests.commands.new.ugly_csvs import KINDS


@pytest.mark.parametrize(
    ("header", "is_one"), [("name,2013", True), ("game 1,7", False), ("name,n", True), ("a,1.5", False)]
)
def test_a_number_in_the_first_line_is_a_name_only_if_it_can_be_a_year(
    tmp_path: Path, header: str, is_one: bool
) -> None:
    lines = [f"game {row % 7},{row * row}" for row in range(40)]
    assert (sniff_text(tmp_path, "\n".join([header, *lines])).problems == ()) is is_one


def test_names_that_count_are_a_header(tmp_path: Path) -> None:
    sniffed = sniff_text(tmp_path, KINDS["years_for_names"]())
    assert sniffed.columns == ("country", "2010", "2011", "2012", "2013")
    assert sniffed.problems == ()


@pytest.mark.parametrize(
    ("text", "delimiter", "names"),
    [
        ("a,b\n1,2\n", ",", ("a", "b")),
        ("a;b\n1,5;2\n", ";", ("a", "b")),
        ("a\tb\n1\t2\n", "\t", ("a", "b")),
        ("a|b\n1|2\n", "|", ("a", "b")),
        ("sep=|\na|b\n1|2\n", "|", ("a", "b")),
        ("a, b\nx, y\nz, w\n", ",", ("a", "b")),
    ],
)
def test_the_delimiter_is_the_one_that_cuts_rows_of_one_width(
    text: str, delimiter: str, names: tuple[str, ...]
) -> None:
    layout = layout_of(text.encode())
    assert (layout.delimiter, layout.names, layout.problems) == (delimiter, names, ())
    assert layout.hinted is text.startswith("sep=")
    assert layout.spaced is (", " in text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "The file is empty"),
        ("A title\na,b\n1,2\n3,4\n", "Line 1 is above the header (line 2): remove everything above it."),
        ("5,2\n3,4\n", "The file has no header: line 1 holds values like the lines below it."),
        ("a,a\n1,2\n", "The header has the name `a` 2 times (columns 1, 2): rename all but one."),
        ("a,b,c\n1,2\n3,4\n", "The header (line 1) has 3 names, but the rows have 2 cells: remove the name"),
        ("a,b\n1,2,3\n3,4,5\n", "The header (line 1) has 2 names, but the rows have 3 cells: add the"),
        ("a,b\n1,2,\n3,4,\n", "Each row ends with a comma, but the header does not: add one to line 1."),
    ],
)
def test_a_header_that_does_not_fit_the_rows_is_a_problem(text: str, problem: str) -> None:
    assert problem in " ".join(layout_of(text.encode()).problems)
