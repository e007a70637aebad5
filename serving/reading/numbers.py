"""Reads one number of text, exactly: an int64, or the nearest float32."""

import decimal
import functools
import math
import re
from typing import NamedTuple

import numpy as np

from serving.reading.csv_cells import DIGITS, integer_pattern, number_pattern
from serving.reading.values import MOST_EXACT

# A longer text is no number that anyone writes; Python takes ever longer to read more digits.
MOST_CHARACTERS = 1000
# What would follow the largest float32.
_BEYOND = 2.0**128


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
    if isinstance(number, float) or not math.isfinite(double):
        return nearest
    # The double itself is rounded. Only half-way between two float32s does that matter.
    for toward in (-np.inf, np.inf):
        with np.errstate(over="ignore"):
            other = np.nextafter(nearest, np.float32(toward))
        if double == (_finite(nearest) + _finite(other)) / 2:
            exact, rounded = decimal.Decimal(number), decimal.Decimal(double)
            if exact != rounded:
                return max(nearest, other) if exact > rounded else min(nearest, other)
    return nearest


def _finite(number: np.float32) -> float:
    return math.copysign(_BEYOND, number) if np.isinf(number) else float(number)
