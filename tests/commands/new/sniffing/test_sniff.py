"""What `new` finds out about a person's file: by evidence, said in their words, or named to be mended."""

import datetime
import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from commands.new.sniffing.sniff import Sniffed, sniff
from perennial.errors import UsageError
from tests.commands.new.ugly_csvs import HEADER, KINDS, Style, rows, table

USUAL = {"date": "string", "shop": "string", "price": "float", "count": "int", "sold": "int"}


def sniffed(folder: Path, data: bytes | str, name: str = "table.csv") -> Sniffed:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return sniff(path)


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
        ("noted", {"skipfooter": 1}),
        ("torn_rows", {}),
        ("cyrillic", {"delimiter": ";", "encoding": "cp1251"}),
        ("spaced", {"skipinitialspace": True}),
        ("spaced_text", {"skipinitialspace": True}),
    ],
)
def test_a_file_as_people_have_it_is_read_whole(tmp_path: Path, kind: str, exports: dict[str, Any]) -> None:
    found = sniffed(tmp_path, KINDS[kind]())
    assert found.problems == ()
    assert found.exports == exports
    assert found.kinds == USUAL
    assert found.columns == HEADER
    assert set(found.dates) == {"date"}
    assert found.rows == {"quoted_lines": 28, "timestamps": 28, "in_order": 144, "torn_rows": 4998}.get(
        kind, 60
    )
    assert found.missing["price"] == (9 if "na_values" in exports else 0)


@pytest.mark.parametrize(
    ("kind", "sentences"),
    [
        (
            "shameful",
            (
                "The file is Latin-1, not UTF-8 (line 3 has ü).",
                "Cells are separated by semicolons.",
                "The last line (line 64) is a total, not a row: it is skipped.",
                "2 lines without any cell (the first: line 12) read over.",
                "Numbers are written 1.234,56.",
                "`N/A` (9 cells) counts as missing.",
                "Column `date` is written day/month/year: line 16 has a 13 in the first place.",
            ),
        ),
        (
            "ambiguous",
            (
                (
                    "Column `date` is written month/day/year: a choice, for no cell has a day above 12"
                    " that would"
                    " tell it from the month; mend `date_format` if it is the other way round."
                ),
            ),
        ),
        (
            "in_order",
            (
                (
                    "Column `date` is written day/month/year: read so, the rows are in order, and the"
                    " other way"
                    " round they are not."
                ),
            ),
        ),
        (
            "currency",
            tuple(
                f"Column `{name}` has a sign such as $, € or % beside its numbers: it is read as text."
                f" Remove the"
                " signs if it shall be a number."
                for name in ("price", "count")
            ),
        ),
        ("codes", ("Column `shop` holds codes (digits with a 0 before them): kept as text.",)),
        ("noted", ("The last line (line 63) is a note, not a row: it is skipped.",)),
        ("summed", ("The last line (line 62) is a total, not a row: it is skipped.",)),
        ("row_numbers", ("Column 1 has no name (the row numbers that pandas writes): it is left out.",)),
        (
            "torn_rows",
            (
                (
                    "1 row cannot be read (expected 5 cells, got 6; first on line 102):"
                    " they will"
                    " go to quarantine."
                ),
            ),
        ),
        ("french", ("Numbers are written 1\u202f234,56, with a narrow space between the thousands.",)),
        ("spaced", ("A space follows each delimiter: it is no part of the cell.",)),
        ("utf16", ("The file is UTF-16, not UTF-8: read as it is.",)),
    ],
)
def test_what_was_made_of_it_is_said(tmp_path: Path, kind: str, sentences: tuple[str, ...]) -> None:
    found = sniffed(tmp_path, KINDS[kind]())
    assert found.problems == ()
    assert [one for one in found.said if one in sentences] == list(sentences)


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        ("preamble", "Lines 1 to 3 stand above the header (line 4): remove what is above it."),
        ("padded_preamble", "Lines 1 to 2 stand above the header (line 3): remove what is above it."),
        (
            "headless",
            (
                "The file has no header: line 1 holds values as the lines below it do. Put a line with a"
                " name for"
                " each column above it."
            ),
        ),
        ("twice_named", "The name `price` is in the header 2 times (columns 2, 3): rename all but one."),
        ("trailing", "Each row ends with a semicolon that the header lacks: add one to line 1."),
        (
            "row_names",
            (
                "The header (line 1) has 5 names and the rows have 6 cells: add the name that is missing"
                " (R writes"
                " none for its row names)."
            ),
        ),
        (
            "mixed_dates",
            (
                "Column `date` has dates written in several ways: most are day/month/year, and line 17"
                " is not."
                " Write all of them in one way."
            ),
        ),
        (
            "mixed_decimals",
            (
                "Column `price` writes its numbers in another way than the other columns (line 2): write"
                " all of"
                " them in one way."
            ),
        ),
        (
            "decimals_in_two_ways",
            (
                "Column `price` has numbers written in more than one way (line 3 is not as most of"
                " them): write all"
                " of them in one way."
            ),
        ),
        (
            "cut_short",
            "The last line (line 62) is a row that is not whole: the file may be cut short. Remove it.",
        ),
    ],
)
def test_what_has_to_be_mended_is_named_with_its_line(tmp_path: Path, kind: str, problem: str) -> None:
    assert sniffed(tmp_path, KINDS[kind]()).problems == (problem,)


def test_every_kind_of_ugly_file_is_looked_at(tmp_path: Path) -> None:
    for make in KINDS.values():
        found = sniffed(tmp_path, make())
        assert found.problems or found.rows


@pytest.mark.parametrize(
    ("last", "exports", "problem"),
    [
        ("Total War,7,1", {}, ""),
        ("Total,7,1", {"skipfooter": 1}, ""),
        ("Grand total,7,", {"skipfooter": 1}, ""),
        ("Total", {"skipfooter": 1}, ""),
        ("(3 rows)", {"skipfooter": 1}, ""),
        ("Source: the office", {"skipfooter": 1}, ""),
        ("zoe,7", {}, "is a row that is not whole"),
        ("zoe,7,1,9", {}, "expected 3 cells, got 4; first on line 42"),
    ],
)
def test_only_a_line_that_is_no_row_is_skipped_at_the_end(
    tmp_path: Path, last: str, exports: dict[str, Any], problem: str
) -> None:
    lines = [f"game {row % 7},{row * row},{row % 2}" for row in range(40)]
    found = sniffed(tmp_path, "\n".join(["name,n,y", *lines, last]))
    assert (found.exports, [problem in one for one in found.problems]) == (exports, [True] * bool(problem))


@pytest.mark.parametrize(
    ("header", "is_one"), [("name,2013", True), ("game 1,7", False), ("name,n", True), ("a,1.5", False)]
)
def test_a_number_in_the_first_line_is_a_name_only_if_it_can_be_a_year(
    tmp_path: Path, header: str, is_one: bool
) -> None:
    lines = [f"game {row % 7},{row * row}" for row in range(40)]
    assert (sniffed(tmp_path, "\n".join([header, *lines])).problems == ()) is is_one


def test_names_that_count_are_a_header(tmp_path: Path) -> None:
    found = sniffed(tmp_path, KINDS["years_for_names"]())
    assert found.columns == ("country", "2010", "2011", "2012", "2013")
    assert found.problems == ()


def test_a_word_that_may_be_a_value_is_missing_only_among_numbers(tmp_path: Path) -> None:
    lines = [
        f"{'None' if row % 5 else 'Stone'},{'None' if row % 6 == 0 else row},{row % 2}" for row in range(60)
    ]
    found = sniffed(tmp_path, "\n".join(["alley,n,y", *lines]))
    assert found.exports == {"na_values": ["None"]}
    words = [line.split(",")[0] for line in lines]
    assert "`None` (58 cells) counts as missing." in found.said
    assert (
        sniffed(
            tmp_path, "\n".join(["alley,y", *(f"{word},{n % 2}" for n, word in enumerate(words))])
        ).exports
        == {}
    )


def test_many_odd_cells_are_a_problem_and_few_go_to_quarantine(tmp_path: Path) -> None:
    lines = rows(Style(), 2000)
    lines[10] = lines[10].replace(",1", ",x1").replace(",0", ",x0")
    few = sniffed(tmp_path, table(Style(), lines))
    assert few.problems == ()
    assert any("line 12): they will go to quarantine" in one for one in few.said)
    many = sniffed(tmp_path, table(Style(), lines[:40]))
    assert any("line 12): mend the cells, or take them out" in one for one in many.problems)


def test_dates_of_one_digit_become_iso_text(tmp_path: Path) -> None:
    found = sniffed(tmp_path, "d,y\n" + "".join(f"2013-1-{day},{day % 2}\n" for day in range(1, 29)))
    assert found.exports == {"date_format": {"d": "%Y-%m-%d"}}


def test_a_few_lines_of_another_encoding_are_bad_rows_of_a_file_in_utf8(tmp_path: Path) -> None:
    data = table(Style(), rows(Style(), 3000)).encode()
    found = sniffed(tmp_path, data.replace("Süd".encode(), b"S\xfcd", 1))
    assert (found.exports, found.problems, found.rows) == ({}, (), 2999)
    assert found.said[-1].startswith("1 row cannot be read (column `shop`: text that is not UTF-8")


def test_a_blank_where_a_number_should_be_is_missing(tmp_path: Path) -> None:
    lines = [f"a,{' ' if row == 7 else row},{row % 2}" for row in range(60)]
    found = sniffed(tmp_path, "\n".join(["s,n,y", *lines]))
    assert (found.kinds["n"], found.missing["n"]) == ("int", 1)
    assert found.exports == {"na_values": [" "]}


def test_a_small_table_and_one_of_text_alone(tmp_path: Path) -> None:
    assert sniffed(tmp_path, "a,b\n1,x\n2,y\n3,x\n").rows == 3
    found = sniffed(tmp_path, "name,answer\nann,yes\nbob,no\ncid,yes\n")
    assert (found.kinds, found.problems) == ({"name": "string", "answer": "string"}, ())


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "the file is empty"),
        (b"\n\n", "has no text"),
        (b"a,b\n", "a header and no row"),
        (b"PK\x03\x04rest", "an Excel workbook"),
        (b"alone\n1\n2\n", "Only one column"),
        (b'a,b\n1,"open\n2,x\n', "never closed"),
    ],
)
def test_what_is_no_table_is_said(tmp_path: Path, data: bytes, problem: str) -> None:
    assert problem in " ".join(sniffed(tmp_path, data).problems)


def test_a_folder_of_files_with_one_header_is_one_table(tmp_path: Path) -> None:
    style = Style(";", ",", date="%d.%m.%Y")
    lines = rows(style)
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(table(style, lines[30:]).encode()))
    (tmp_path / "a.csv").write_text(table(style, lines[:30]))
    (tmp_path / "_SUCCESS").write_text("")
    found = sniff(tmp_path)
    assert [file.name for file in found.files] == ["a.csv", "b.csv.gz"]
    assert (found.rows, found.problems) == (60, ())
    (tmp_path / "c.csv").write_text(table(style, lines, header=("date", "shop", "price", "number", "sold")))
    assert "c.csv and a.csv have other headers" in sniff(tmp_path).problems[0]


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("t.xlsx", "save its sheet as CSV"), ("t.tsv", "rename it to t.csv"), ("t.json", "Export it as CSV")],
)
def test_a_file_of_another_kind_is_refused_with_what_to_do(tmp_path: Path, name: str, remedy: str) -> None:
    with pytest.raises(UsageError) as caught:
        sniffed(tmp_path, b"a\tb\n1\t2\n", name)
    assert remedy in caught.value.remedy


def test_nothing_at_all_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(UsageError):
            sniff(path)


def test_parquet_says_its_types_itself(tmp_path: Path) -> None:
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
    found = sniff(tmp_path / "t.parquet")
    assert (found.kind, found.rows, found.problems) == ("parquet", count, ())
    assert found.kinds == {
        "when": "string",
        "text": "string",
        "typed": "string",
        "x": "float",
        "ok": "string",
    }
    assert found.exports == {"na_values": ["N/A", "NaN"], "date_format": {"typed": "%d/%m/%Y"}}
    assert found.missing == {"when": 0, "text": 10, "typed": 0, "x": 3, "ok": 0}
    assert found.dates == {"when": "%Y-%m-%d", "typed": "%d/%m/%Y"}
    assert "Column `tags` is of type list<item: string>, which no model takes: it is left out." in found.said
