"""How pages write what drifted: measures, values in their unit, sizes, baselines and dates."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from perennial.drift.kinds import MEASURE_KINDS
from pipeline.report import words
from pipeline.report.day_series import day_of

ROWS_TITLE: Final = "Number of rows"
SHARE: Final = "share"
_MINUS: Final = "\N{MINUS SIGN}"
# Up and down are one figure if they differ by less than this part.
_ABOUT: Final = 0.15
_WHOLE: Final = ("rows", "values")
_BASELINES: Final = {
    "season": ("the usual for the day", "the same weekday, at the level of the last weeks"),
    "previous": ("the days before", "the days just before, several days taken together"),
    "training": ("the training rows", "the days that the live model was trained on"),
    "pinned": ("the pinned spans", "the days of the spans in `drift.pinned`"),
}


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
    """With what is compared, in a few words."""
    return _BASELINES.get(name, (name, ""))[0]


def baseline_text(name: str) -> str:
    """What that is."""
    return _BASELINES.get(name, ("", ""))[1]


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
    return " ".join([words.number(float(f"{value:.3g}")), unit]).strip()


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


def day(number: int) -> str:
    """A day as it is written: "8 February 2013"."""
    return f"{day_of(number):%-d %B %Y}"


def short_day(number: int) -> str:
    """The same in less room: "8 Feb 2013"."""
    return f"{day_of(number):%-d %b %Y}"


def days_text(first: int, last: int) -> str:
    """One day or several: "8 Feb 2013", "8 to 11 Feb 2013"."""
    start, end = day_of(first), day_of(last)
    if first == last:
        return short_day(first)
    return f"{_start(start, end)} to {short_day(last)}"


def _start(start: date, end: date) -> str:
    if start.year != end.year:
        return f"{start:%-d %b %Y}"
    return f"{start:%-d %b}" if start.month != end.month else f"{start:%-d}"


def chance(probability: Any) -> str:
    """How seldom a score as high is by chance, in words; empty where it is not known."""
    if not isinstance(probability, int | float) or not 0 < probability < 1:
        return ""
    days = 1 / probability
    if days < 730:
        return f"by chance once in {words.number(round(days))} days"
    years = days / 365.25
    return (
        f"by chance once in {words.number(round(years))} years" if years < 1000 else "by chance almost never"
    )
