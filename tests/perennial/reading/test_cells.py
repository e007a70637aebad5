"""Each kind of text in a CSV: read exactly, or its row in quarantine with line, column and reason."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.perennial.reading.small_csvs import read


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
        (b"0" * 999 + b"9", 9),
        (b" 5", 5),
        (b"5\t", 5),
        (b"1.0", 1),
        (b"5.", 5),
        (b".0", 0),
        (b"1e3", 1000),
        (b"-17.000", -17),
        (b"9007199254740992.0", 2**53),
        (b"true", 1),
        (b"TRUE", 1),
        (b"False", 0),
        (b'""', None),
        (b" ", None),
    ],
)
def test_an_integer_is_read_exactly(tmp_path: Path, cell: bytes, value: int | None) -> None:
    rows_read = read(tmp_path, b"n,x,s,y\n" + cell + b",1,a,0\n")
    assert rows_read.table["n"].to_pylist() == [value]
    assert not rows_read.bad


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        (
            b"1_000",
            "expected an integer, got a number with separators; see exports.decimal and exports.thousands",
        ),
        (
            b'"1,000"',
            "expected an integer, got a number with separators; see exports.decimal and exports.thousands",
        ),
        (b'"5\n"', "expected an integer, got text"),
        (b"1.5", "expected an integer, got a decimal number"),
        (b"9007199254740993.0", "a number beyond 2^53 that is not written as an integer"),
        (b"0x10", "expected an integer, got a hexadecimal number"),
        ("٣".encode(), "expected an integer, got text"),
        ("\uff13".encode(), "expected an integer, got text"),
        (b"NaN", "expected an integer, got NaN or an infinity; see exports.na_values"),
        (b"NA", "expected an integer, got a placeholder for missing; see exports.na_values"),
        (b"null", "expected an integer, got a placeholder for missing; see exports.na_values"),
        (b"--5", "expected an integer, got text"),
        (b"+", "expected an integer, got text"),
        (b"1\x002", "expected an integer, got text"),
        (b"1\xe9", "text that is not UTF-8"),
        (b"9223372036854775808", "an integer outside the range of int64"),
        (b"-9223372036854775809", "an integer outside the range of int64"),
        (b"1" + b"0" * 999, "an integer outside the range of int64"),
        (b"0" * 1000 + b"1", "expected an integer, got text"),
        (b"-2147483648", "the integer -2147483648, which stands for missing"),
    ],
)
def test_what_is_no_integer_goes_to_quarantine(tmp_path: Path, cell: bytes, reason: str) -> None:
    rows_read = read(tmp_path, b"n,x,s,y\n1,1,a,0\n" + cell + b",1,a,0\n2,,,1\n")
    assert rows_read.table["n"].to_pylist() == [1, 2]
    assert [(row.line, row.column, row.reason) for row in rows_read.bad] == [(3, "n", reason)]


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
    rows_read = read(tmp_path, f"n,x,s,y\n1,{cell},a,0\n".encode())
    assert not rows_read.bad
    (value,) = rows_read.table["x"].to_pylist()
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
        (b"NaN", "expected a number, got NaN or an infinity; see exports.na_values"),
        (b"-inf", "expected a number, got NaN or an infinity; see exports.na_values"),
        (b"Infinity", "expected a number, got NaN or an infinity; see exports.na_values"),
        (b"1e39", "a number outside the range of float32"),
        (b"-1e400", "a number outside the range of float32"),
        (b"3.4028236e38", "a number outside the range of float32"),
        (b"1e-60", "a number so small that float32 rounds it to 0"),
        (b"-7e-46", "a number so small that float32 rounds it to 0"),
        (b"0x1p3", "expected a number, got text"),
        (
            b'"1,5"',
            "expected a number, got a number with separators; see exports.decimal and exports.thousands",
        ),
        (
            b"1_0.5",
            "expected a number, got a number with separators; see exports.decimal and exports.thousands",
        ),
        (b"1d3", "expected a number, got text"),
        (b".", "expected a number, got a placeholder for missing; see exports.na_values"),
        (b"1e", "expected a number, got text"),
        (b"1.2.3", "expected a number, got text"),
        (b"N/A", "expected a number, got a placeholder for missing; see exports.na_values"),
    ],
)
def test_what_is_no_float32_goes_to_quarantine(tmp_path: Path, cell: bytes, reason: str) -> None:
    rows_read = read(tmp_path, b"n,x,s,y\n1,1.5,a,0\n2," + cell + b",a,0\n")
    assert rows_read.table["x"].to_pylist() == [1.5]
    assert [(row.line, row.column, row.reason) for row in rows_read.bad] == [(3, "x", reason)]


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
    rows_read = read(tmp_path, b"n,x,s,y\n1,1," + cell + b",0\n2,2,b,1\n")
    assert rows_read.table["s"].to_pylist() == [value, b"b"]
    assert not rows_read.bad


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
    rows_read = read(tmp_path, b"n,x,s,y\n1,1," + good + b",0\n1,1," + cell + b",0\n")
    assert rows_read.table["s"].to_pylist() == [good]
    assert [(row.line, row.column, row.reason) for row in rows_read.bad] == [(3, "s", reason)]
    assert rows_read.bad[0].cells == (b"1", b"1", cell, b"0")
