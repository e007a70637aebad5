"""What the columns of a CSV hold: numbers, markers for missing, dates, text; and what has to be fixed."""

import re
from collections.abc import Sequence

from commands.new.sniffing import calendar, evidence
from commands.new.sniffing.calendar import Dates
from commands.new.sniffing.file_profile import FileProfile, Places, TextColumn, count
from commands.new.sniffing.guesses import report_guesses
from commands.new.sniffing.markers import find_missing
from commands.new.sniffing.offsets import find_zone
from commands.new.sniffing.truth import find_truth

_MARK_NAMES = {" ": "a space", "\u00a0": "a space", "\u202f": "a narrow space", "\u2009": "a thin space"}


def find_columns(columns: Sequence[TextColumn], profile: FileProfile, where: Places, label: str = "") -> None:
    """Adds to the profile what the columns hold.

    Args:
        columns: As text.
        profile: Of the files.
        where: Finds the line of a value.
        label: The column whose spellings are not merged; "" where none is known.
    """
    _numbers(columns, profile, where)
    find_truth(columns, profile, label)
    dates = _dates(columns, profile, where)
    find_missing(columns, profile, {name: each.placeholders for name, each in dates.items()})
    find_zone([column for column in columns if column.name in dates], profile)
    _quoted_empty(columns, profile)
    report_guesses(columns, profile, where)


def _quoted_empty(columns: Sequence[TextColumn], profile: FileProfile) -> None:
    """Says which quoted cells without text are missing: those of numbers and dates."""
    listed = [
        f"`{column.name}` ({count(cells, 'cell')})"
        for column in columns
        if (profile.kinds[column.name] != "string" or column.name in profile.dates)
        and (cells := column.values.count_of(""))
    ]
    if listed:
        profile.notes.append(
            f"Quoted cells without text are missing in columns of numbers and dates: {', '.join(listed)}."
        )


def _numbers(columns: Sequence[TextColumn], profile: FileProfile, where: Places) -> None:
    marks = evidence.marks_of([column.numbers for column in columns])
    decimal, thousands = marks
    if decimal != ".":
        profile.exports["decimal"] = decimal
    if thousands is not None:
        profile.exports["thousands"] = thousands
    if marks != (".", None):
        example = "1" + (thousands or "") + "234" + decimal + "56"
        group = f", with {_MARK_NAMES[thousands]} as thousands separator" if thousands in _MARK_NAMES else ""
        profile.notes.append(f"Numbers are written {example}{group}.")
        if decimal == "." and thousands and _could_be_decimals(columns, thousands):
            profile.notes.append(
                f"Every `{thousands}` in a number is read as a thousands separator, but each could be a"
                f" decimal mark. If it is one, set `decimal: '{thousands}'` and remove `thousands`."
            )
    for column in columns:
        numbers = column.numbers
        profile.kinds[column.name] = evidence.kind_of(column.trimmed, numbers, marks, column.missing)
        if profile.kinds[column.name] != "string" or not numbers.cells:
            continue
        other = next((one for one in evidence.MARKS if numbers.is_number(one)), None)
        if numbers.is_number(marks) and evidence.is_code(column.values):
            profile.notes.append(
                f"Column `{column.name}` holds codes (digits with leading zeros): it is read as text."
            )
        elif other and not numbers.is_number(marks):
            odd = evidence.unlike(column.values, marks)
            profile.problems.append(
                f"Column `{column.name}` has another number format than the other columns"
                f" ({where.of(column, odd)}): use one format for all."
            )
        elif other is None and numbers.like >= evidence.MOSTLY * numbers.cells and _in_two_ways(column):
            odd = evidence.unlike(column.values, marks)
            profile.problems.append(
                f"Column `{column.name}` has numbers in more than one format ({where.of(column, odd)} differs"
                " from most): use one format."
            )


def _in_two_ways(column: TextColumn) -> bool:
    """Whether nearly all cells are numbers, some with a decimal point and some with a decimal comma."""
    both = column.numbers.read[".", None] + column.numbers.read[",", None]
    return both >= evidence.MOSTLY * column.numbers.cells


def _could_be_decimals(columns: Sequence[TextColumn], thousands: str) -> bool:
    """Whether no number tells thousands from decimals."""
    if thousands not in ",.":
        return False
    mark = re.escape(thousands)
    decided = rf"{mark}[0-9]{{3}}{mark}|{mark}.*\.|\..*{mark}"
    return not any(
        column.values.matching(decided).any()
        for column in columns
        if column.numbers.is_number((".", thousands))
    )


def _dates(columns: Sequence[TextColumn], profile: FileProfile, where: Places) -> dict[str, Dates]:
    """Adds the columns of dates to the profile; returns what is known of them."""
    dated = {
        column.name: (column, dates)
        for column in columns
        if (profile.kinds[column.name] != "float")
        and (dates := calendar.dates_of(column.cells, column.trimmed))
    }
    decided = {
        calendar.day_first(dates.written)
        for _, dates in dated.values()
        if dates.evidence is not None and not dates.rival
    }
    certain: dict[str, Dates] = {}
    for name, (column, dates) in dated.items():
        if profile.kinds[name] == "int" and not calendar.is_certain(dates):
            continue
        certain[name] = dates
        chosen, why = _order(dates, decided, profile)
        profile.kinds[name] = "string"
        profile.dates[name] = chosen
        if dates.open_to:
            odd = where.of(column, dates.odd[0].as_py())
            profile.problems.append(
                f"Column `{name}` has dates in several formats: most are {calendar.in_words(chosen)}, but"
                f" {odd} is not, and a text could be a date in both. Use one format."
            )
            continue
        ways = [chosen if way == dates.written else way for way in dates.formats]
        profile.exports.setdefault("date_format", {})[name] = ways[0] if len(ways) == 1 else ways
        if not why and dates.evidence is not None:
            why = _evidence(dates.evidence, chosen, where.of(column, dates.evidence))
        if len(ways) > 1:
            listed = " and ".join(map(calendar.in_words, ways))
            profile.notes.append(f"Column `{name}` is written {listed}{why}.")
        elif not dates.is_iso:
            profile.notes.append(f"Column `{name}` is written {calendar.in_words(chosen)}{why}.")
    return certain


def _evidence(value: bytes, written: str, place: str) -> str:
    numbers = re.findall(rb"[0-9]+", value)
    parts = [part for part in re.findall("%(.)", written) if part in "Yymd"]
    at = parts.index("d")
    if at < len(numbers) and len(numbers) >= len(parts):
        return f": {place} has a {int(numbers[at])} in the {('first', 'second', 'third')[at]} place"
    return ""


def _order(dates: Dates, decided: set[bool], profile: FileProfile) -> tuple[str, str]:
    """Day or month first, where a column leaves it open; and the reason, the end of a sentence."""
    if not dates.rival:
        return dates.written, ""
    if dates.sorted_by:
        return (
            dates.sorted_by,
            ": the rows are then sorted by time; with day and month swapped they are not",
        )
    ways = {calendar.day_first(one): one for one in (dates.written, dates.rival)}
    if len(decided) == 1:
        return ways[next(iter(decided))], ", like the other dates of the file; its own cells do not decide it"
    day_first = (
        "." in dates.written or profile.exports.get("delimiter") == ";" or "decimal" in profile.exports
    )
    return ways[day_first], (
        " (a guess: no day is above 12, so day and month cannot be distinguished); change `date_format` if it"
        " is wrong"
    )
