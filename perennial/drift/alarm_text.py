"""An alarm in plain words: what changed, since when, how far in its own unit, how sure, where."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from perennial.drift.alarm_records import Alarm, Shift
from perennial.drift.kinds import MEASURE_KINDS, TIE

BASELINE_TEXT: Final[Mapping[str, str]] = {
    "season": "the same weekdays and the weeks before",
    "previous": "the days before",
    "training": "the days that the live model was trained on",
    "pinned": "the pinned days",
}
_NAMED: Final = 4
_YEAR: Final = 365.25
_LONGEST: Final = 100 * _YEAR


def alarm_sentences(alarm: Alarm, since: str, until: str, private: Collection[str] = ()) -> str:
    """The sentences of an alarm; no data values but that of a segment.

    Args:
        alarm: The alarm.
        since: The first day, ISO; empty where rows have no day.
        until: The last day; empty while it goes on.
        private: Columns whose values are not named.
    """
    strongest = alarm.shifts[0]
    sentences = [f"{_when(since, until)}{_change(strongest)}, by {BASELINE_TEXT[strongest.baseline]}."]
    others = [f"`{column}`" if column else "the number of rows" for column in alarm.columns[1:]]
    if others:
        sentences.append(f"With it: {_listed(others)}.")
    if alarm.segment:
        column, _, value = alarm.segment.partition("=")
        is_private = column in private
        where = f"one value of column `{column}`" if is_private else f"`{column}` = {value}"
        sentences.append(f"It is concentrated in {where}.")
    sentences.append(f"Chance alone gives an alarm as strong as this {how_often(alarm.sure)}.")
    return " ".join(sentences)


def how_often(per_day: float) -> str:
    """How often something comes, of its number a day: `once in 3 years`."""
    days = 1 / per_day if per_day > 1 / _LONGEST else _LONGEST
    if days >= _LONGEST:
        return "less than once in 100 years"
    if days >= 2 * _YEAR:
        return f"once in {days / _YEAR:.0f} years"
    if days >= 60:
        return f"once in {days / (_YEAR / 12):.0f} months"
    return f"once in {max(days, 1):.0f} days"


def amount(value: float, unit: str) -> str:
    """A value of a measure with its unit: `14.2%`, `1,204 rows`; of a column's own unit the number alone."""
    if unit == "share":
        return f"{value:.1%}" if abs(value) >= 0.01 or not value else f"{value:.2%}"
    if unit == "correlation":
        return f"{value:.2f}"
    number = f"{value:,.0f}" if unit in ("rows", "values") else f"{value:,.4g}"
    return f"{number} {unit}" if unit == "characters" else number


def _when(since: str, until: str) -> str:
    if not since:
        return ""
    if not until:
        return f"Since {since}: "
    return f"On {since}: " if since == until else f"From {since} to {until}: "


def _change(shift: Shift) -> str:
    what = MEASURE_KINDS.get(shift.measure, shift.measure)
    of_column = f" of column `{shift.column}`" if shift.column else ""
    together = f" over {shift.days} days" if shift.days > 1 else ""
    if shift.measure == "mix":  # which value it is would be a data value
        of_column = f" in column `{shift.column}`"
        what = "the share of one value"
    value, expected = amount(shift.value, shift.unit), amount(shift.expected, shift.unit)
    if shift.measure == TIE:
        more = shift.value > shift.expected
        goes = "goes with the other columns more than" if more else "no longer goes with the other columns as"
        return f"column `{shift.column}` {goes} before: correlation {value}{together}, expected {expected}"
    return f"{what}{of_column} is {value}{together}, expected {expected}"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    more = len(names) - _NAMED
    return f"{shown} and {more} more" if more > 0 else shown
