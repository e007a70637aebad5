"""How pages write what drifted: measures, values in their unit, sizes, baselines and dates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from perennial.drift.alarm_text import BASELINE_TEXT, how_often
from perennial.drift.kinds import MEASURE_KINDS
from pipeline.report import words
from pipeline.report.day_series import day_of

ROWS_TITLE: Final = "Number of rows"
SHARE: Final = "share"
CORRELATION: Final = "correlation"
_MINUS: Final = "\N{MINUS SIGN}"
# Up and down are one figure if they differ by less than this part.
_ABOUT: Final = 0.15
_WHOLE: Final = ("rows", "values")


def column_title(name: str) -> str:
    """A column's name; the number of rows belongs to none."""
    return name or ROWS_TITLE


def measure_title(kind: str, value: str = "") -> str:
    """What is measured, as a title: "Share of missing values"; a value's share names the value."""
    if kind == "value" and value:
        return f"Share of {value}"
    text = MEASURE_KINDS.get(kind, kind).removeprefix("the ")
    return text[:1].upper() + text[1:]


def baseline_title(name: str) -> str:
    """With what is compared."""
    return BASELINE_TEXT.get(name, name)


def amount(value: float | None, unit: str, extent: float = 0.0) -> str:
    """A value in its unit; shares in percent. Less than a hundredth of the extent of all is shown as 0."""
    if value is None:
        return words.NONE
    if extent and abs(value) < extent / 100:
        value = 0.0
    if unit == SHARE:
        return words.share(value)
    return words.number(
        round(value) if unit in _WHOLE else float(f"{value:.3g}") if abs(value) < 1000 else value
    )


def size(value: float | None, unit: str) -> str:
    """How large a difference is, without its sign: "1.2 points" of a share, else in the measure's unit."""
    if value is None:
        return words.NONE
    if unit == SHARE:
        points = f"{100 * value:.2g}" if value < 0.1 else f"{100 * value:.0f}"
        return "1 point" if points == "1" else f"{points} points"
    shown = "" if unit == CORRELATION else unit  # the measure's title says it
    return " ".join([words.number(float(f"{value:.3g}")), shown]).strip()


def both_ways(sizes: Sequence[float | None], unit: str) -> str:
    """How far up and down: "±1.2 points" where both are about the same; a way without room is left out."""
    up, down = sizes
    if up is not None and down is not None and abs(up + down) < _ABOUT * up:
        return f"\N{PLUS-MINUS SIGN}{size((up - down) / 2, unit)}"
    ways = [f"{sign}{size(abs(each), unit)}" for sign, each in (("+", up), (_MINUS, down)) if each]
    return " or ".join(ways) or words.NONE


def change(value: float | None, expected: float | None, unit: str) -> str:
    """What changed: "14 % instead of 2 % (12 points more)"."""
    if value is None or expected is None:
        return "changed"
    both = f"{amount(value, unit)} instead of {amount(expected, unit)}"
    if value == expected:
        return both
    return f"{both} ({size(abs(value - expected), unit)} {'more' if value > expected else 'less'})"


@dataclass(frozen=True)
class DayNames:
    """How days are written.

    Attributes:
        dated: Whether they are dates; else rows have none, and a day is a span, in their order.
    """

    dated: bool

    def one(self, number: int) -> str:
        """A day: "8 Feb 2013", or "span 13"."""
        return f"{day_of(number):%-d %b %Y}" if self.dated else f"span {number + 1}"

    def several(self, first: int, last: int) -> str:
        """One day or several: "8 Feb 2013", "8 to 11 Feb 2013", "span 2 to 5"."""
        if first == last:
            return self.one(first)
        if not self.dated:
            return f"span {first + 1} to {last + 1}"
        return f"{_start(day_of(first), day_of(last))} to {self.one(last)}"


def _start(start: date, end: date) -> str:
    if start.year != end.year:
        return f"{start:%-d %b %Y}"
    return f"{start:%-d %b}" if start.month != end.month else f"{start:%-d}"


def chance(per_day: float) -> str:
    """How seldom an alarm as strong comes by chance, of the number of such alarms a day."""
    return f"by chance {how_often(per_day)}"
