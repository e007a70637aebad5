"""Dates that stand for none: the year 9999 for "open end", 0000-00-00, the first day of a clock."""

import re
from typing import Final

import numpy as np

from commands.new.sniffing.evidence import Values

# The numbers, in order of size, of a date that nobody means.
_NEVER: Final = frozenset(
    {(0, 0, 0), (1, 1, 1), (12, 31, 9999), (1, 1, 9999), (12, 31, 2999), (1, 1, 2999), (1, 1, 3000)}
)
# First days of clocks: Windows, SQL Server, Excel, Unix. They may be days as others are.
_RARELY: Final = frozenset(
    {(1, 1, 1601), (1, 1, 1753), (12, 30, 1899), (12, 31, 1899), (1, 1, 1900), (1, 1, 1970)}
)
_MAY_BE_ONE: Final = r"9999|2999|3000|0000|0001|1601|1753|1899|1900|1970"
_NO_TIME: Final = ({0}, {23, 59}, {23, 59, 0})
# So large a share of all cells, and so many times the usual date's cells, is no chance.
_LEAST_SHARE: Final = 0.01
_TIMES_USUAL: Final = 5


def placeholders_of(values: Values) -> list[str]:
    """The texts among a column's dates that stand for none; none of a column whose other texts are not dates.

    A date of a clock's start is one only where it is far more frequent than other dates.
    """
    candidates = np.flatnonzero(values.matching(_MAY_BE_ONE))
    usual = float(np.median(values.counts)) if len(values.counts) else 0.0
    chosen = []
    for at in candidates.tolist():
        text, cells = values.texts[at].as_py().decode(), int(values.counts[at])
        day = _day_of(text)
        frequent = cells >= max(_TIMES_USUAL * usual, _LEAST_SHARE * values.cells)
        if day in _NEVER or (day in _RARELY and frequent and len(values.counts) > 1):
            chosen.append(text)
    return chosen


def _day_of(text: str) -> tuple[int, ...] | None:
    """Day, month and year of a text without a time of day, or at midnight, or of a day that none means."""
    numbers = [int(digits) for digits in re.findall("[0-9]+", text)]
    if re.fullmatch("[0-9]{8}", text):
        numbers = [int(text[:4]), int(text[4:6]), int(text[6:])]
    if len(numbers) < 3 or re.search("[A-Za-z]", text.replace("T", "").replace("Z", "")):
        return None
    if len(numbers) > 3 and tuple(sorted(numbers[:3])) in _NEVER:
        return tuple(sorted(numbers[:3]))
    if len(numbers) > 3 and not any(set(numbers[3:]) <= times for times in _NO_TIME):
        return None
    return tuple(sorted(numbers[:3]))
