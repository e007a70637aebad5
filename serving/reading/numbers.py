"""Reads one number of text, exactly: an int64, or the nearest float32."""

import decimal
import functools
import math
import re
import struct
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from serving.reading.csv_cells import DIGITS, integer_pattern, number_pattern
from serving.reading.values import MOST_EXACT

# A longer text is no number that anyone writes; Python takes ever longer to read more digits.
MOST_CHARACTERS = 1000
_NOT_ZERO = re.compile("[^eE]*[1-9]")
# What would follow the largest float32.
_BEYOND = 2.0**128
_SMALLEST_NORMAL = 2.0**-126
# Of the bits of a double's fraction, those that a normal float32 has not; half-way, the first of them is set.
_BITS_CUT = 2**29 - 1
_HALF_OF_THEM = 2**28
_FLOAT32, _FLOAT64, _BITS = struct.Struct("<f"), struct.Struct("<d"), struct.Struct("<Q")


class NumberFormat(NamedTuple):
    """How numbers are written.

    Attributes:
        integer: An integer.
        number: A number.
    """

    integer: re.Pattern[str]
    number: re.Pattern[str]
    point: str
    thousands: str | None

    def plain(self, text: str) -> str:
        """A text that fits, as Python writes it."""
        if self.thousands is not None:
            text = text.replace(self.thousands, "")
        return text if self.point == "." else text.replace(self.point, ".")


@functools.cache
def numbers_of(point: str, thousands: str | None) -> NumberFormat:
    """How numbers are written with these marks."""
    digits = DIGITS
    if thousands is not None:
        digits = f"(?:{DIGITS}|[1-9][0-9]{{0,2}}(?:{re.escape(thousands)}[0-9]{{3}})+)"
    return NumberFormat(
        re.compile(rf"\A{integer_pattern(digits)}\Z"),
        re.compile(rf"\A{number_pattern(digits, re.escape(point))}\Z"),
        point,
        thousands,
    )


def is_zero(number: str | float | decimal.Decimal) -> bool:
    """Whether a number, or its text as Python writes it, is 0, whatever its exponent."""
    if isinstance(number, str):
        return _NOT_ZERO.match(number) is None
    return number == 0


def whole(number: str | float | decimal.Decimal) -> int | None:
    """A number that is not written as an integer, as one: exactly, up to 2^53; None where it is none.

    Args:
        number: Text as Python writes numbers, or a finite number.
    """
    try:
        exact = decimal.Decimal(number)
        if not abs(exact) <= MOST_EXACT or exact != int(exact):
            return None
        return int(exact)
    except (decimal.DecimalException, ValueError, OverflowError):
        return None


def float32_of(number: str | int | float | decimal.Decimal) -> float:
    """The float32 that is nearest to a number, rounded once; of two as near, the one that is even.

    Args:
        number: Text as Python writes numbers, or a number.

    Returns:
        An infinity where it is too large.
    """
    try:
        double = float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf  # type: ignore[operator]
    nearest = _rounded(double)
    # The double itself is rounded. Only half-way between two float32s does that matter.
    if not isinstance(number, float) and may_be_half_way(double):
        for toward in (-math.inf, math.inf):
            other = float(np.nextafter(np.float32(nearest), np.float32(toward)))
            if double == (_finite(nearest) + _finite(other)) / 2:
                exact, rounded = decimal.Decimal(number), decimal.Decimal(double)
                if exact != rounded:
                    return max(nearest, other) if exact > rounded else min(nearest, other)
    return nearest


def _rounded(double: float) -> float:
    try:
        return float(_FLOAT32.unpack(_FLOAT32.pack(double))[0])
    except OverflowError:
        return math.copysign(math.inf, double)


def may_be_half_way(double: float) -> bool:
    """Whether a double may lie half-way between two float32s, so that rounding to it first may matter."""
    if not _SMALLEST_NORMAL <= abs(double) < _BEYOND:
        return math.isfinite(double)
    (bits,) = _BITS.unpack(_FLOAT64.pack(double))
    return bool(bits & _BITS_CUT == _HALF_OF_THEM)


def half_way(doubles: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """`may_be_half_way` of many. Shape (rows,)."""
    size = np.abs(doubles)
    cut = (doubles.view(np.int64) & _BITS_CUT) == _HALF_OF_THEM
    normal = (size >= _SMALLEST_NORMAL) & (size < _BEYOND)
    return np.where(normal, cut, np.isfinite(doubles))


def _finite(number: float) -> float:
    return math.copysign(_BEYOND, number) if math.isinf(number) else number
