"""A person's file is sniffed: how it is written, with the evidence, and what has to be fixed."""

import gzip
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from commands.new.sniffing.sniff import Sniffed, sniff
from perennial.errors import UsageError
from tests.commands.new.sniffing.sniffed_text import sniff_text
from tests.commands.new.ugly_csvs import HEADER, KINDS, Style, rows, table

SniffKind = Callable[[str], Sniffed]
USUAL = {"date": "string", "shop": "string", "price": "float", "count": "int", "sold": "int"}


@pytest.fixture(scope="module")
def sniff_kind(tmp_path_factory: pytest.TempPathFactory) -> SniffKind:
    """Gives what is seen of an ugly file of a kind; each is looked at once."""
    return cache(lambda kind: sniff_text(tmp_path_factory.mktemp(kind), KINDS[kind]()))


@pytest.mark.parametrize(
    ("kind", "exports"),
    [
        (
            "shameful",
            {
                "delimiter": ";",
                "encoding": "latin-1",
                "decimal": ",",
                "thousands": ".",
                "na_values": ["N/A"],
                "date_format": {"date": "%d/%m/%Y"},
                "skipfooter": 1,
            },
        ),
        (
            "german",
            {
                "delimiter": ";",
                "encoding": "latin-1",
                "decimal": ",",
                "thousands": ".",
                "na_values": ["k. A."],
                "date_format": {"date": "%d.%m.%Y"},
            },
        ),
        ("american", {"thousands": ",", "na_values": ["NA"], "date_format": {"date": "%m/%d/%Y"}}),
        (
            "french",
            {"delimiter": ";", "decimal": ",", "thousands": "\u202f", "date_format": {"date": "%d/%m/%Y"}},
        ),
        (
            "swiss",
            {
                "delimiter": "\t",
                "encoding": "latin-1",
                "thousands": "'",
                "date_format": {"date": "%d.%m.%Y"},
            },
        ),
        ("piped", {"delimiter": "|", "date_format": {"date": "%d-%b-%Y"}}),
        ("excel_hint", {"delimiter": ";", "encoding": "latin-1", "decimal": ","}),
        ("marked", {}),
        ("utf16", {"delimiter": "\t", "encoding": "utf-16"}),
        ("quoted_lines", {}),
        ("trailing_everywhere", {"delimiter": ";"}),
        ("row_numbers", {}),
        ("two_markers", {"na_values": ["NULL", "-"]}),
        ("ambiguous", {"date_format": {"date": "%m/%d/%Y"}}),
        ("in_order", {"date_format": {"date": "%d/%m/%Y"}}),
        ("timestamps", {"date_format": {"date": "%d.%m.%Y %H:%M"}}),
        ("compact_dates", {"date_format": {"date": "%Y%m%d"}}),
        ("two_formats", {"date_format": {"date": ["%d/%m/%Y", "ISO8601"]}}),
        ("noted", {"skipfooter": 1}),
        ("torn_rows", {}),
        ("cyrillic", {"delimiter": ";", "encoding": "cp1251"}),
        ("spaced", {"skipinitialspace": True}),
        ("spaced_text", {"skipinitialspace": True}),
    ],
)
def test_a_file_as_people_have_it_is_read_whole(
    sniff_kind: SniffKind, kind: str, exports: dict[str, Any]
) -> None:
    sniffed = sniff_kind(kind)
    assert sniffed.problems == ()
    assert sniffed.exports == {"date_format": {"date": "ISO8601"}} | exports
    assert sniffed.kinds == USUAL
    assert sniffed.columns == HEADER
    assert set(sniffed.dates) == {"date"}
    assert sniffed.rows == {"quoted_lines": 28, "timestamps": 28, "in_order": 144, "torn_rows": 4998}.get(
        kind, 60
    )
    assert sniffed.missing["price"] == (9 if "na_values" in exports else 0)


@pytest.mark.parametrize(
    ("kind", "sentences"),
    [
        (
            "shameful",
            (
                "The file is Latin-1, not UTF-8 (line 3 has ü).",
                "Cells are separated by semicolons.",
                "The last line (line 64) is a total, not a row: it is skipped.",
                "2 empty lines are ignored (the first is line 12).",
                "Numbers are written 1.234,56.",
                "Column `date` is written day/month/year: line 16 has a 13 in the first place.",
                "`N/A` (9 cells) counts as missing.",
            ),
        ),
        (
            "ambiguous",
            (
                (
                    "Column `date` is written month/day/year (a guess: no day is above 12, so day and month"
                    " cannot be distinguished); change `date_format` if it is wrong."
                ),
            ),
        ),
        (
            "in_order",
            (
                (
                    "Column `date` is written day/month/year: the rows are then sorted by time; with day and"
                    " month swapped they are not."
                ),
            ),
        ),
        (
            "currency",
            tuple(
                f"Column `{name}` is read as text, though all of its cells look like numbers with a sign such"
                " as $, € or % (the first is line 2). Remove the signs to use it as a number."
                for name in ("price", "count")
            ),
        ),
        ("codes", ("Column `shop` holds codes (digits with leading zeros): it is read as text.",)),
        ("noted", ("The last line (line 63) is a note, not a row: it is skipped.",)),
        ("summed", ("The last line (line 62) is a total, not a row: it is skipped.",)),
        ("row_numbers", ("Column 1 has no name (the row numbers that pandas writes): it is left out.",)),
        (
            "torn_rows",
            (("Unreadable, sent to quarantine: 1 row (expected 5 cells, got 6; first: line 102)."),),
        ),
        ("french", ("Numbers are written 1\u202f234,56, with a narrow space as thousands separator.",)),
        ("spaced", ("A space follows each delimiter: it is not part of the cell.",)),
        ("utf16", ("The file is UTF-16, not UTF-8: it is read as such.",)),
    ],
)
def test_how_the_file_is_written_is_reported(
    sniff_kind: SniffKind, kind: str, sentences: tuple[str, ...]
) -> None:
    sniffed = sniff_kind(kind)
    assert sniffed.problems == ()
    assert [one for one in sniffed.notes if one in sentences] == list(sentences)


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        ("preamble", "Lines 1 to 3 are above the header (line 4): remove everything above it."),
        ("padded_preamble", "Lines 1 to 2 are above the header (line 3): remove everything above it."),
        (
            "headless",
            (
                "The file has no header: line 1 holds values like the lines below it. Add a line with the"
                " column names above it."
            ),
        ),
        ("twice_named", "The header has the name `price` 2 times (columns 2, 3): rename all but one."),
        ("trailing", "Each row ends with a semicolon, but the header does not: add one to line 1."),
        (
            "row_names",
            (
                "The header (line 1) has 5 names, but the rows have 6 cells: add the missing name (R writes"
                " none for its row names)."
            ),
        ),
        (
            "mixed_dates",
            (
                "Column `date` has dates in several formats: most are day/month/year, but line 17 is not, and"
                " a text could be a date in both. Use one format."
            ),
        ),
        (
            "mixed_decimals",
            (
                "Column `price` has another number format than the other columns (line 2): use one format"
                " for all."
            ),
        ),
        (
            "decimals_in_two_ways",
            (
                "Column `price` has numbers in more than one format (line 3 differs from most): use one"
                " format."
            ),
        ),
        (
            "cut_short",
            (
                "The last line (line 62) is an incomplete row; the file may be truncated: export it again, or"
                " remove the line."
            ),
        ),
    ],
)
def test_what_has_to_be_fixed_is_named_with_its_line(sniff_kind: SniffKind, kind: str, problem: str) -> None:
    assert sniff_kind(kind).problems == (problem,)


def test_every_kind_of_ugly_file_is_looked_at(sniff_kind: SniffKind) -> None:
    for kind in KINDS:
        sniffed = sniff_kind(kind)
        assert sniffed.problems or sniffed.rows


def test_a_small_table_and_one_of_text_alone(tmp_path: Path) -> None:
    assert sniff_text(tmp_path, "a,b\n1,x\n2,y\n3,x\n").rows == 3
    sniffed = sniff_text(tmp_path, "name,answer\nann,yes\nbob,no\ncid,yes\n")
    assert (sniffed.kinds, sniffed.problems) == ({"name": "string", "answer": "string"}, ())


def test_a_folder_of_files_with_one_header_is_one_table(tmp_path: Path) -> None:
    style = Style(";", ",", date="%d.%m.%Y")
    lines = rows(style)
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(table(style, lines[30:]).encode()))
    (tmp_path / "a.csv").write_text(table(style, lines[:30]))
    (tmp_path / "_SUCCESS").write_text("")
    sniffed = sniff(tmp_path)
    assert [file.name for file in sniffed.files] == ["a.csv", "b.csv.gz"]
    assert (sniffed.rows, sniffed.problems) == (60, ())
    (tmp_path / "c.csv").write_text(table(style, lines, header=("date", "shop", "price", "number", "sold")))
    assert "c.csv and a.csv have different columns (`" in sniff(tmp_path).problems[0]


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("t.xlsx", "save its sheet as CSV"), ("t.tsv", "rename it to t.csv"), ("t.json", "Export it as CSV")],
)
def test_a_file_of_another_kind_is_refused_with_what_to_do(tmp_path: Path, name: str, remedy: str) -> None:
    with pytest.raises(UsageError) as caught:
        sniff_text(tmp_path, b"a\tb\n1\t2\n", name)
    assert remedy in caught.value.remedy


def test_nothing_at_all_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(UsageError):
            sniff(path)
