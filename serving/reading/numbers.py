"""Reads one number of text, exactly: an int64, or the nearest float32."""

import decimal
import functools
import re
from typing import NamedTuple

import numpy as np

from serving.reading.csv_cells import DIGITS, integer_pattern, number_pattern
from serving.reading.values import MOST_EXACT

# A longer text is no number that anyone writes; Python takes ever longer to read more digits.
MOST_CHARACTERS = 1000
# In a float64, the bits that a float32 does not have, and their value half-way between two float32s.
_LOST_BITS = (1 << 29) - 1
_HALF_WAY = 1 << 28


class Numbers(NamedTuple):
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
def numbers_of(point: str, thousands: str | None) -> Numbers:
    """How numbers are written with these marks."""
    digits = DIGITS
    if thousands is not None:
        digits = f"(?:{DIGITS}|[1-9][0-9]{{0,2}}(?:{re.escape(thousands)}[0-9]{{3}})+)"
    return Numbers(
        re.compile(rf"\A{integer_pattern(digits)}\Z"),
        re.compile(rf"\A{number_pattern(digits, re.escape(point))}\Z"),
        point,
        thousands,
    )


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


def float32_of(number: str | int | float | decimal.Decimal) -> np.float32:
    """The float32 that is nearest to a number, rounded once; of two as near, the one that is even.

    Args:
        number: Text as Python writes numbers, or a number.

    Returns:
        An infinity where it is too large.
    """
    try:
        double = float(number)
    except OverflowError:
        return np.float32(np.inf if number > 0 else -np.inf)  # type: ignore[operator]
    with np.errstate(over="ignore"):
        nearest = np.float32(double)
    # Only half-way between two float32s does it matter that the text was not quite the double.
    bits = int(np.float64(double).view(np.uint64))
    if not isinstance(number, float) and bits & _LOST_BITS == _HALF_WAY and np.isfinite(double):
        exact, rounded = decimal.Decimal(number), decimal.Decimal(double)
        if exact != rounded:
            toward = np.float32(np.inf if exact > rounded else -np.inf)
            other = np.nextafter(np.float32(nearest), toward)
            beyond = (decimal.Decimal(float(nearest)) > rounded) != (exact > rounded)
            return np.float32(other) if beyond and np.isfinite(nearest) else nearest
    return nearest
