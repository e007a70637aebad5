"""Numbers of text: exact integers, and the nearest float32, rounded once."""

import fractions
import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from serving.reading.numbers import float32_of, half_way, may_be_half_way, numbers_of, whole

NUMBERS = st.from_regex(r"\A-?[0-9]{1,12}(\.[0-9]{1,25})?(e-?[0-9]|e-[0-3][0-9]|e1[0-9])?\Z")


def nearest(text: str) -> float:
    """The nearest float32, by fractions: of two as near, the one whose last bit is 0."""
    exact = fractions.Fraction(text)
    first = np.float32(float(exact))
    around = [np.nextafter(first, np.float32(-np.inf)), first, np.nextafter(first, np.float32(np.inf))]
    finite = [each for each in around if math.isfinite(each)]
    return float(
        min(finite, key=lambda each: (abs(fractions.Fraction(float(each)) - exact), each.view(np.uint32) & 1))
    )


@settings(max_examples=300, deadline=None)
@given(NUMBERS)
@example("16777217.0000000000000001")
@example("16777217")
@example("16777216.9999999999999999")
@example("1.00000005960464477539062500001")
@example("1e-45")
@example("7.006492321624085354618647916449580656401309709382578858785341e-46")
def test_a_text_becomes_the_nearest_float32(text: str) -> None:
    assert float(float32_of(text)) == nearest(text)


@settings(max_examples=300, deadline=None)
@given(NUMBERS)
@example("3.4028235677973366e38")
@example("3.402823567797336616375394e38")
@example("3.402823567797336616375395e38")
def test_it_is_the_float32_that_arrow_reads(text: str) -> None:
    arrow = pa.array([text]).cast(pa.float32())[0].as_py()
    assert float(float32_of(text)) == arrow


@pytest.mark.parametrize(
    ("number", "integer"),
    [
        ("17.0", 17),
        ("1e3", 1000),
        ("-0.0", 0),
        ("0.5", None),
        ("9007199254740992.0", 2**53),
        ("9007199254740993.0", None),
        ("4503599627370496.0000000000001", None),
        (17.0, 17),
        (float(2**53), 2**53),
        (float(2**54), None),
        (0.1, None),
        ("1e999999999999", None),
        ("1e-999999999999", None),
        ("0e-99999999999999999999", None),
    ],
)
def test_what_is_whole(number: str | float, integer: int | None) -> None:
    assert whole(number) == integer


@pytest.mark.parametrize(
    ("point", "thousands", "text", "plain"),
    [
        (",", ".", "1.234,5", "1234.5"),
        (",", ".", "1234,5", "1234.5"),
        (",", " ", "1 234 567", "1234567"),
        (".", "'", "1'234.5e3", "1234.5e3"),
        (",", ".", "1.23", None),
        (",", ".", "0.123", None),
        (".", None, "1,5", None),
        (".", None, "٣", None),
        (".", None, "1_000", None),
        (".", None, "17\n", None),
    ],
)
def test_how_numbers_are_written(point: str, thousands: str | None, text: str, plain: str | None) -> None:
    numbers = numbers_of(point, thousands)
    assert (numbers.plain(text) if numbers.number.match(text) else None) == plain


@settings(max_examples=300, deadline=None)
@given(st.lists(st.floats() | st.floats(width=32) | NUMBERS.map(float), min_size=1))
@example([16777217.0, 7.006492321624085e-46, 0.0, 2.0**128, 2.0**128 - 2.0**103, math.inf, math.nan])
def test_many_numbers_may_be_half_way_as_each_of_them(doubles: list[float]) -> None:
    many = half_way(np.array(doubles, np.float64)).tolist()
    assert many == [may_be_half_way(double) for double in doubles]
