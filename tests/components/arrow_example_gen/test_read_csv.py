"""Reading a CSV without loss: each value exact, or its row in quarantine with the right line and column."""

import csv
import datetime
import gzip
import io
import random
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from components.arrow_example_gen.columns import Column
from components.arrow_example_gen.read_csv import read_csv
from components.arrow_example_gen.reading import ExportFormat, Read
from pipeline.errors import FileRefused

COLUMNS = (
    Column("n", "int", required=False),
    Column("x", "float", required=False),
    Column("s", "string", required=False),
    Column("y", "int", required=True),
)
EXPORT = ExportFormat(COLUMNS, label="y")


def read(folder: Path, data: bytes | str, export: ExportFormat = EXPORT, name: str = "part.csv") -> Read:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_csv(path, export)


def refusal(folder: Path, data: bytes | str, export: ExportFormat = EXPORT, name: str = "part.csv") -> str:
    with pytest.raises(FileRefused) as caught:
        read(folder, data, export, name)
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    return caught.value.problem


def quarantined(found: Read) -> list[tuple[int, str]]:
    return [(row.line, row.column) for row in found.bad]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (b"0", 0),
        (b"-0", 0),
        (b"+5", 5),
        (b"-5", -5),
        (b"00721", 721),
        (b'"7"', 7),
        (b"", None),
        (b"-2147483647", -2147483647),
        (b"2147483648", 2147483648),
        (b"9223372036854775807", 2**63 - 1),
        (b"-9223372036854775808", -(2**63)),
        (b"+0009223372036854775807", 2**63 - 1),
        (b"0" * 5000 + b"9", 9),
    ],
)
def test_an_integer_is_read_exactly(tmp_path: Path, cell: bytes, value: int | None) -> None:
    found = read(tmp_path, b"n,x,s,y\n" + cell + b",1,a,0\n")
    assert found.table["n"].to_pylist() == [value]
    assert not found.bad


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        (b"1_000", "a number with separators between its digits where an integer was expected"),
        (b'"1,000"', "a number with separators between its digits where an integer was expected"),
        (b" 5", "a number with spaces around it where an integer was expected"),
        (b"5 ", "a number with spaces around it where an integer was expected"),
        (b"5\t", "a number with spaces around it where an integer was expected"),
        (b'"5\n"', "a number with spaces around it where an integer was expected"),
        (b"1e3", "a number with an exponent where an integer was expected"),
        (b"1.0", "a decimal number where an integer was expected"),
        (b"5.", "a decimal number where an integer was expected"),
        (b"0x10", "a hexadecimal number where an integer was expected"),
        ("٣".encode(), "text where an integer was expected"),
        ("\uff13".encode(), "text where an integer was expected"),
        (b"NaN", "NaN or an infinity where an integer was expected"),
        (b"NA", "a word for missing where an integer was expected"),
        (b"null", "a word for missing where an integer was expected"),
        (b"true", "a truth value where an integer was expected"),
        (b'""', "a quoted empty cell where an integer was expected"),
        (b"--5", "text where an integer was expected"),
        (b"+", "text where an integer was expected"),
        (b"1\x002", "text where an integer was expected"),
        (b"1\xe9", "text where an integer was expected"),
        (b"9223372036854775808", "an integer beyond the range of int64"),
        (b"-9223372036854775809", "an integer beyond the range of int64"),
        (b"1" + b"0" * 5000, "an integer beyond the range of int64"),
        (b"-2147483648", "the integer -2147483648, which to the model means missing"),
    ],
)
def test_what_is_no_integer_goes_to_quarantine(tmp_path: Path, cell: bytes, reason: str) -> None:
    found = read(tmp_path, b"n,x,s,y\n1,1,a,0\n" + cell + b",1,a,0\n2,,,1\n")
    assert found.table["n"].to_pylist() == [1, 2]
    assert [(row.line, row.column, row.reason) for row in found.bad] == [(3, "n", reason)]


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "0",
            "-0.0",
            "0.0",
            "0e999",
            "0.000",
            "5",
            "+5",
            "-5.25",
            ".5",
            "5.",
            "1e3",
            "1E-3",
            "-1.5e+10",
            "0.1",
        ),
        *("00.10", "16777217", "3.4028235e38", "1e-45", "1.17549435e-38", "8388608.5", "8388609.5"),
        *("1.00000017881393432617187499", "1.00000017881393432617187500", "1.00000017881393432617187501"),
        "0." + "0" * 400 + "1e400",
    ],
)
def test_a_number_is_read_as_the_nearest_float32(tmp_path: Path, cell: str) -> None:
    found = read(tmp_path, f"n,x,s,y\n1,{cell},a,0\n")
    assert not found.bad
    (value,) = found.table["x"].to_pylist()
    assert value == nearest_float32(cell)
    assert str(value).startswith("-") == cell.startswith("-")


def nearest_float32(text: str) -> float:
    """By exact arithmetic: the float32 with the smallest distance, the even one of two."""
    exact = Fraction(text)
    guess = np.float32(float(exact))
    with np.errstate(over="ignore"):
        near = [np.nextafter(guess, np.float32(-np.inf)), guess, np.nextafter(guess, np.float32(np.inf))]
    finite = [candidate for candidate in near if np.isfinite(candidate)]
    best = min(finite, key=lambda one: (abs(Fraction(float(one)) - exact), int(one.view(np.uint32)) % 2))
    return float(best)


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        (b"NaN", "NaN or an infinity where a number was expected"),
        (b"-inf", "NaN or an infinity where a number was expected"),
        (b"Infinity", "NaN or an infinity where a number was expected"),
        (b"1e39", "a number beyond the range of float32"),
        (b"-1e400", "a number beyond the range of float32"),
        (b"3.4028236e38", "a number beyond the range of float32"),
        (b"1e-60", "a number other than 0 that float32 would round to 0"),
        (b"-7e-46", "a number other than 0 that float32 would round to 0"),
        (b"0x1p3", "text where a number was expected"),
        (b" 1.5", "a number with spaces around it where a number was expected"),
        (b'"1,5"', "a number with separators between its digits where a number was expected"),
        (b"1_0.5", "a number with separators between its digits where a number was expected"),
        (b"1d3", "text where a number was expected"),
        (b".", "text where a number was expected"),
        (b"1e", "text where a number was expected"),
        (b"1.2.3", "text where a number was expected"),
        (b"N/A", "a word for missing where a number was expected"),
        (b'""', "a quoted empty cell where a number was expected"),
    ],
)
def test_what_is_no_float32_goes_to_quarantine(tmp_path: Path, cell: bytes, reason: str) -> None:
    found = read(tmp_path, b"n,x,s,y\n1,1.5,a,0\n2," + cell + b",a,0\n")
    assert found.table["x"].to_pylist() == [1.5]
    assert [(row.line, row.column, row.reason) for row in found.bad] == [(3, "x", reason)]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (b"00721", b"00721"),
        (b"  a ", b"  a "),
        (b"1_000", b"1_000"),
        (b"", None),
        (b'""', b""),
        (b"NA", b"NA"),
        (b"null", b"null"),
        (b"None", b"None"),
        (b"NaN", b"NaN"),
        (b"#N/A", b"#N/A"),
        (b"true", b"true"),
        (b"1.0", b"1.0"),
        (b"2013-01-01", b"2013-01-01"),
        (b'"a,b"', b"a,b"),
        (b'"a ""b"" c"', b'a "b" c'),
        (b'""""', b'"'),
        (b'"a\nb"', b"a\nb"),
        (b'"a\r\nb"', b"a\r\nb"),
        (b'"a\rb"', b"a\rb"),
        (b'"\n\n"', b"\n\n"),
        (b'5" disk', b'5" disk'),
        (b"'a'", b"'a'"),
        (b"a\\", b"a\\"),
        (b"\\N", b"\\N"),
        (b"#a", b"#a"),
        ("é☃🚀".encode(), "é☃🚀".encode()),
        ("\u2028\u0085".encode(), "\u2028\u0085".encode()),
        (b"\x1a\x0b\x0c\x1c", b"\x1a\x0b\x0c\x1c"),
        (b"x" * 3_000_000, b"x" * 3_000_000),
        (b'"' + b"x,\n" * 3_000_000 + b'"', b"x,\n" * 3_000_000),
    ],
    ids=lambda part: repr(part[:20]) if part else repr(part),
)
def test_a_string_keeps_its_bytes(tmp_path: Path, cell: bytes, value: bytes | None) -> None:
    found = read(tmp_path, b"n,x,s,y\n1,1," + cell + b",0\n2,2,b,1\n")
    assert found.table["s"].to_pylist() == [value, b"b"]
    assert not found.bad


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        (b"caf\xe9", "text that is not UTF-8"),
        (b"\xed\xa0\x80", "text that is not UTF-8"),
        (b"\xc0\xaf", "text that is not UTF-8"),
        (b"\xf4\x90\x80\x80", "text that is not UTF-8"),
        (b"a\x00b", "text with a NUL character"),
    ],
)
def test_a_string_that_no_text_is_goes_to_quarantine(tmp_path: Path, cell: bytes, reason: str) -> None:
    good = "é\ud7ff\ue000\U0010ffff".encode()
    found = read(tmp_path, b"n,x,s,y\n1,1," + good + b",0\n1,1," + cell + b",0\n")
    assert found.table["s"].to_pylist() == [good]
    assert [(row.line, row.column, row.reason) for row in found.bad] == [(3, "s", reason)]
    assert found.bad[0].cells == (b"1", b"1", cell, b"0")


def test_a_row_without_the_label_goes_to_quarantine(tmp_path: Path) -> None:
    found = read(tmp_path, "n,x,s,y\n1,1,a,\n1,1,a,0\n")
    assert [(row.line, row.column, row.reason) for row in found.bad] == [(2, "y", "no label")]
    assert found.table.num_rows == 1


def test_a_row_of_another_width_goes_to_quarantine_with_all_its_cells(tmp_path: Path) -> None:
    found = read(tmp_path, 'n,x,s,y\n1,1,a,0\n1,1,a\n1,,"",0,"b,c",\xe9\n1,1,a,0,\n2,2,b,1\n')
    assert found.table["n"].to_pylist() == [1, 2]
    assert quarantined(found) == [(3, ""), (4, ""), (5, "")]
    assert found.bad[0].reason == "a row with 3 cells where 4 were expected"
    assert found.bad[0].cells == (b"1", b"1", b"a", None)
    assert found.bad[1].cells == (b"1", None, b"", b"0")
    assert found.bad[1].extra == b"b,c,\xc3\xa9"
    assert found.bad[2].extra == b""


def test_a_row_of_another_width_may_hold_any_bytes(tmp_path: Path) -> None:
    found = read(tmp_path, b"n,x,s,y\n1,1,caf\xe9\x00,0,9\n2,2,b,1\n")
    assert found.bad[0].cells == (b"1", b"1", b"caf\xe9\x00", b"0")
    assert found.table["n"].to_pylist() == [2]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_lines_are_physical_whatever_comes_before(tmp_path: Path, end: str, mark: bytes) -> None:
    lines = [
        "n,x,s,y",
        "1,1,a,0",
        "",
        '2,2,"one',
        "",
        'two",0',
        "bad,3,c,0",
        "",
        "",
        "4,4",
        '5,bad,"x',
        'y",0',
        "6,6,f,1",
    ]
    found = read(tmp_path, mark + end.join(lines).encode())
    assert quarantined(found) == [(7, "n"), (10, ""), (11, "x")]
    assert found.table["n"].to_pylist() == [1, 2, 6]
    assert found.table["s"].to_pylist()[1] == f"one{end}{end}two".encode()


def test_lines_count_from_a_header_that_spans_lines_or_comes_late(tmp_path: Path) -> None:
    found = read(tmp_path, '\n\nn,x,"other\ncolumn",s,y\n1,1,-,a,0\nbad,1,-,a,0\n')
    assert quarantined(found) == [(6, "n")]
    assert found.ignored_columns == ("other\ncolumn",)
    assert found.table.num_rows == 1


def test_several_bad_cells_of_a_row_are_one_line_of_the_quarantine(tmp_path: Path) -> None:
    found = read(tmp_path, "y,s,x,n\n0,a,1e99,1.0\n1,b,1,1\n")
    (row,) = found.bad
    assert (row.line, row.column) == (2, "x")
    assert row.reason == (
        "a number beyond the range of float32; n: a decimal number where an integer was expected"
    )
    assert row.cells == (b"0", b"a", b"1e99", b"1.0")


def test_text_after_a_closing_quote_goes_to_quarantine(tmp_path: Path) -> None:
    found = read(tmp_path, 'n,x,s,y\n1,1,"a"b,0\n2,2,"open,1\n3,3,"c",1\n4,4,d,1\n')
    assert found.table["n"].to_pylist() == [4]
    assert [row.line for row in found.bad] == [2, 3]
    assert found.bad[0].reason == "a quoted cell with text after its closing quote"


@pytest.mark.parametrize("tail", ['1,1,"abc', '1,1,"abc\n2,2,b,1\n', '1,1,a,"', '1,5" disk,a,0\n1,1,"a,0\n'])
def test_a_quote_never_closed_refuses_the_file(tmp_path: Path, tail: str) -> None:
    assert "never closed" in refusal(tmp_path, "n,x,s,y\n1,1,a,0\n" + tail)


def test_columns_may_come_in_any_order_with_quoted_names_and_others_between(tmp_path: Path) -> None:
    found = read(tmp_path, '"y","with, comma",s,"n",x\n0,-,a,1,2\n')
    assert found.table.column_names == ["n", "x", "s", "y"]
    assert found.table.to_pylist() == [{"n": 1, "x": 2.0, "s": b"a", "y": 0}]
    assert found.ignored_columns == ("with, comma",)


def test_an_absent_optional_column_is_missing_everywhere(tmp_path: Path) -> None:
    found = read(tmp_path, "n,y\n1,0\n2,1\n")
    assert found.absent_columns == ("x", "s")
    assert found.table["x"].to_pylist() == [None, None]


def test_another_delimiter(tmp_path: Path) -> None:
    export = ExportFormat(COLUMNS, "y", delimiter=";")
    found = read(tmp_path, 'n;x;s;y\n1;1;a,b;0\n1;"2;3";c;0\n', export)
    assert found.table["s"].to_pylist() == [b"a,b"]
    assert quarantined(found) == [(3, "x")]


def test_gzip_is_known_by_its_magic_bytes_and_may_have_members(tmp_path: Path) -> None:
    data = gzip.compress(b"n,x,s,y\n1,1,a,0\n") + gzip.compress(b"2,2,b,1\n")
    assert read(tmp_path, data, name="part-00000-xyz.csv.gz").table["n"].to_pylist() == [1, 2]
    assert read(tmp_path, data, name="part.csv").table["n"].to_pylist() == [1, 2]
    assert read(tmp_path, "n,x,s,y\n1,1,a,0\n", name="plain.csv.gz").table["n"].to_pylist() == [1]


def test_a_header_alone_is_no_row_and_no_refusal(tmp_path: Path) -> None:
    found = read(tmp_path, "n,x,s,y")
    assert found.table.num_rows == 0
    assert not found.bad


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "zero bytes"),
        (b"\n\n", "there is no text"),
        (b"\xef\xbb\xbf", "there is no text"),
        (gzip.compress(b""), "there is no text"),
        (gzip.compress(b"n,x,s,y\n1,1,a,0\n")[:-6], "damaged or cut short"),
        (gzip.compress(b"n,x,s,y\n1,1,a,0\n") + b"rest", "damaged or cut short"),
        (gzip.compress(b"n,x,s,y\n1,1,a,0\n")[:20] + b"\0\0\0\0" * 9, "damaged or cut short"),
        ("n,x,s,y\n1,1,a,0\n".encode("utf-16"), "UTF-16 or UTF-32"),
        ("n,x,s,y\n1,1,a,0\n".encode("utf-32"), "UTF-16 or UTF-32"),
        (b"PK\x03\x04" + b"0" * 30, "a zip archive"),
        (b"n,x,s\n1,1,a\n", "'y' expected, and missing"),
        (b"n,x,s,Y\n1,1,a,0\n", "differs only in case or spaces"),
        (b"n,x, y,s\n1,1,0,a\n", "differs only in case or spaces"),
        (b"n,x,n,s,y\n1,1,1,a,0\n", "'n' is in the header 2 times"),
        (b"n;x;s;y\n1;1;a;0\n", "the line holds a semicolon"),
        (b"n\tx\ts\ty\n1\t1\ta\t0\n", "the line holds a tab"),
        (b"caf\xe9,n,y\n1,1,0\n", "header in UTF-8"),
        (b"1,1,a,0\n2,2,b,1\n", "'y' expected, and missing"),
    ],
)
def test_what_cannot_be_read_without_loss_is_refused(tmp_path: Path, data: bytes, problem: str) -> None:
    assert problem in refusal(tmp_path, data)


def test_a_column_that_every_row_needs_is_required_of_the_file(tmp_path: Path) -> None:
    columns = (Column("t", "string", required=False), *COLUMNS)
    assert "'t' expected" in refusal(tmp_path, "n,y\n1,0\n", ExportFormat(columns, "y", time_column="t"))
    unneeded = (Column("n", "int", required=False), Column("x", "float", required=False))
    assert "every column" in refusal(tmp_path, "a,b\n1,0\n", ExportFormat(unneeded))


def test_no_message_holds_a_data_value(tmp_path: Path) -> None:
    for data in (b"n,x,s,y\n1,1,SECRET,0,SECRET\n", b"n,x,s,y\nSECRET,SECRET,SECRET\xe9,SECRET\n"):
        assert "SECRET" not in "".join(row.reason for row in read(tmp_path, data).bad)
    for data in (b"SECRET\nSECRET\n", b"SECRET,2\n", b'n,x,s,y\n1,1,"SECRET'):
        assert "SECRET" not in refusal(tmp_path, data)


def test_no_more_is_decompressed_than_allowed(tmp_path: Path) -> None:
    data = b"n,x,s,y\n" + b"1,1,a,0\n" * 100
    for content in (data, gzip.compress(data)):
        assert "holds more" in refusal(tmp_path, content, ExportFormat(COLUMNS, "y", max_bytes=len(data) - 1))
        assert read(tmp_path, content, ExportFormat(COLUMNS, "y", max_bytes=len(data))).table.num_rows == 100
    bomb = gzip.compress(b"n,x,s,y\n" + b"0" * 50_000_000)
    assert "holds more" in refusal(tmp_path, bomb, ExportFormat(COLUMNS, "y", max_bytes=1_000_000))


@pytest.mark.parametrize("seed", range(40))
def test_it_agrees_with_the_dict_reader_on_random_files(tmp_path: Path, seed: int) -> None:
    text = random_csv(random.Random(seed))
    found = read(tmp_path, text)
    expected, bad_lines = by_dict_reader(text)
    assert [row.line for row in found.bad] == bad_lines
    assert found.table.to_pylist() == expected


def random_csv(dice: random.Random) -> str:
    cells = {
        "n": ["0", "-7", "00721", "12345678901", "", "1.0", " 5", "x"],
        "x": ["0.0", "-1.5", "2e3", "", "7", "1e99", "nope"],
        "s": ["a", "", "a,b", 'say "hi"', "two\nlines", "cr\r\nlf", " pad ", "é☃", "NA", "00721", "'"],
        "y": ["0", "1", "0", "1", "0", "1", ""],
        "junk": ["", "j", "k,\n"],
    }
    names = list(cells)
    dice.shuffle(names)
    out = io.StringIO()
    quote_all = dice.random() < 0.3
    writer = csv.writer(
        out,
        lineterminator=dice.choice(["\n", "\r\n"]),
        quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL,
    )
    writer.writerow(names)
    good_only = dice.random() < 0.4
    for _ in range(dice.randrange(1, 60)):
        row = [dice.choice(cells[name][:5] if good_only else cells[name]) for name in names]
        if quote_all:
            # Quoted empty cells are no numbers; the dict reader cannot tell them apart.
            row = [cell or "1" for cell in row]
        if not good_only and dice.random() < 0.05:
            row.pop()
        writer.writerow(row)
        if dice.random() < 0.1:
            out.write("\n")
    return out.getvalue()


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
        elif cells:
            bad.append(line)
        line = reader.line_num + 1
    return good, bad


def typed(row: dict[str, str]) -> dict[str, object] | None:
    try:
        return {
            "n": None if not row["n"] else int(refuse(row["n"], ". ")),
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


TIMED = ExportFormat((Column("t", "string", required=True), *COLUMNS), "y", time_column="t")


@pytest.mark.parametrize(
    "time",
    [
        "2013-01-01",
        "2013-01-01 05:15",
        "2013-01-01T05:15:59",
        "2012-02-29 23:59:59.123",
        "2013-12-31T00:00:00.123456",
    ],
)
def test_an_iso_time_is_kept_as_it_came(tmp_path: Path, time: str) -> None:
    found = read(tmp_path, f"t,n,x,s,y\n{time},1,1,a,0\n", TIMED)
    assert found.table["t"].to_pylist() == [time.encode()]


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        ("", "no date or time"),
        ('""', "text where an ISO date"),
        ("2013-1-1", "text where an ISO date"),
        ("01/02/2013", "text where an ISO date"),
        ("20130101", "text where an ISO date"),
        (" 2013-01-01", "text where an ISO date"),
        ("2013-01-01 24:00", "text where an ISO date"),
        ("2013-01-01 05", "text where an ISO date"),
        ("2013-01-01 05:15:60", "text where an ISO date"),
        ("2013-01-01T05:15Z", "text where an ISO date"),
        ("٢٠١٣-01-01", "text where an ISO date"),
        ("2013-02-29", "a date that is in no calendar"),
        ("2013-13-01 05:15", "a date that is in no calendar"),
        ("0000-01-01", "a date that is in no calendar"),
    ],
)
def test_a_row_without_a_real_time_goes_to_quarantine(tmp_path: Path, time: str, reason: str) -> None:
    found = read(tmp_path, f"t,n,x,s,y\n2013-01-01,1,1,a,0\n{time},1,1,a,0\n", TIMED)
    assert quarantined(found) == [(3, "t")]
    assert found.bad[0].reason.startswith(reason)
    assert found.table.num_rows == 1


def test_many_days_are_all_checked(tmp_path: Path) -> None:
    days = [datetime.date(2000, 1, 1) + datetime.timedelta(days=n) for n in range(5000)]
    rows = "".join(f"{day},1,1,a,0\n" for day in days)
    assert not read(tmp_path, "t,n,x,s,y\n" + rows, TIMED).bad
