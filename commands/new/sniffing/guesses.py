"""Reports what looks like numbers, dates, durations or truth values in most cells and is read as text."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from commands.new.sniffing import calendar, evidence
from commands.new.sniffing.evidence import MISSING, Values
from commands.new.sniffing.file_profile import FileProfile, Places, TextColumn
from commands.new.sniffing.truth import words_of_truth
from serving.reading.kinds_of_values import SPACES

# Of the cells that are not missing.
LEAST_SHARE: Final = 0.5
# Fewer cells show nothing.
_FEWEST_CELLS: Final = 5
_UNIT: Final = r"(?:d|h|m|s|ms|us|µs|days?|hours?|hrs?|min|mins|minutes?|sec|secs|seconds?|weeks?|w)"
_DURATION: Final = (
    r"(?i)\A-?(?:[0-9]+ days?,? )?[0-9]{1,4}:[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]+)?)?\z"
    rf"|\A-?(?:[0-9]+(?:[.,][0-9]+)?\s?{_UNIT}\b[,\s]*)+\z"
    r"|\A-?P(?:[0-9.]+[YMWD])*(?:T(?:[0-9.]+[HMS])+)\z|\A-?P(?:[0-9.]+[YMWD])+\z"
)
_HEXADECIMAL: Final = r"\A0[xX][0-9a-fA-F]+\z"
_WITH_UNIT: Final = r"\A[<>≈~]?\s?[+-]?[0-9][0-9.,]*\s?(?:[a-zA-Zµ°%²³/]{1,6})\z"
_BOUND: Final = r"\A[<>]=?\s?[0-9.,]+\z|\A[0-9.,]+\+\z"
_RANGE: Final = r"\A(?P<least>[0-9]+)(?:[.,][0-9]+)?\s?(?:-|\x{2013}|to)\s?(?P<most>[0-9]+)(?:[.,][0-9]+)?\z"
_DIGITS_LONG: Final = r"\A[+-]?[0-9]{19,}\z"
# Two numbers with a point each are not one number, whatever its marks.
_COORDINATES: Final = (
    r"\A[(\[]?[+-]?[0-9]+\.[0-9]+\s?[,;/ ]\s?[+-]?[0-9]+\.[0-9]+[)\]]?\z"
    r"|(?i)\A(?:POINT|LINESTRING|POLYGON) ?\("
)
_JSON: Final = r"(?s)\A\{.*\}\z|\A\[.*\]\z"
_LIST: Final = r"\A[^|;]+(?:\|[^|;]+)+\z|\A[^|;]+(?:;[^|;]+)+\z"
_OTHER_DIGITS: Final = r"\A[+-]?[\p{Nd}.,]*[^\x00-\x7f][\p{Nd}\x{66b}\x{66c}.,]*\z"
_TYPOGRAPHIC_MINUS: Final = r"\A[\x{2212}\x{2013}][0-9][0-9.,]*\z"


class Look(NamedTuple):
    """What cells may look like.

    Attributes:
        name: In a sentence, in the plural.
        fits: Which of the distinct values look so.
        remedy: What to do where they are right.
    """

    name: str
    fits: Callable[[Values], npt.NDArray[np.bool_]]
    remedy: str


def _pattern(pattern: str) -> Callable[[Values], npt.NDArray[np.bool_]]:
    return lambda values: values.matching(pattern)


def _number(values: Values) -> npt.NDArray[np.bool_]:
    plain = (
        r"\A[+-]?(?:[0-9]+(?:[.,' _\x{a0}\x{202f}\x{2009}\x{2019}][0-9]+)*[.,]?|[.,][0-9]+)"
        r"(?:[eEdD][+-]?[0-9]+)?\z"
    )
    number = values.matching(plain) | values.matching(_TYPOGRAPHIC_MINUS)
    return number & ~values.matching(calendar.NEITHER_DATE_NOR_AMOUNT)


def _range(values: Values) -> npt.NDArray[np.bool_]:
    """A postal code such as 90210-1234 is none: its second number is the smaller one."""
    ends = pc.extract_regex(values.texts.cast(pa.string()), pattern=_RANGE)
    least, most = (pc.utf8_length(ends.field(end)) for end in ("least", "most"))
    rises = pc.and_(ends.is_valid(), pc.fill_null(pc.less_equal(least, most), False))
    return values.matching(_BOUND) | np.asarray(rises.to_numpy(zero_copy_only=False), dtype=bool)


def _signed(values: Values) -> npt.NDArray[np.bool_]:
    return (
        values.matching(evidence.SIGNED)
        & ~_number(values)
        & ~values.matching(calendar.NEITHER_DATE_NOR_AMOUNT)
    )


_WRITE: Final = "Write them as plain numbers to use them as numbers."
# Of two that fit the same cells, the first is meant.
_LOOKS: Final = (
    Look(
        "integers of more than 18 digits",
        _pattern(_DIGITS_LONG),
        "Ids may stay text; write amounts in a larger unit.",
    ),
    Look(
        "pairs of numbers or places on a map", _pattern(_COORDINATES), "Write each number in its own column."
    ),
    Look("numbers", _number, "Write all of them as one kind of number, and leave the other cells empty."),
    Look("numbers with a sign such as $, € or %", _signed, "Remove the signs to use it as a number."),
    Look(
        "durations or times of day",
        _pattern(_DURATION),
        "Write them as a number of one unit, such as seconds.",
    ),
    Look("dates or times", calendar.looks_like_dates, "Write them in one format, such as YYYY-MM-DD."),
    Look("truth values", words_of_truth, "Write them as true and false, and leave the other cells empty."),
    Look("ranges or bounds of numbers", _range, "Write a number of each to use them as numbers."),
    Look("numbers with a unit", _pattern(_WITH_UNIT), "Write them without the unit to use them as numbers."),
    Look("hexadecimal numbers", _pattern(_HEXADECIMAL), _WRITE),
    Look("JSON", _pattern(_JSON), "Write each of its fields in a column of its own."),
    Look(
        "lists",
        _pattern(_LIST),
        "Each combination is one category; write each element in a column of its own.",
    ),
    Look("numbers in other digits than 0 to 9", _pattern(_OTHER_DIGITS), _WRITE),
)


def report_guesses(columns: Sequence[TextColumn], profile: FileProfile, where: Places | None = None) -> None:
    """Adds a note for each column of text in which most cells look like something else.

    Args:
        columns: As text.
        profile: Knows their kinds and dates.
        where: Finds the line of a value; None: the row is counted.
    """
    for column in columns:
        if profile.kinds.get(column.name) != "string" or column.name in profile.dates:
            continue
        plain = column.trimmed.without(MISSING)
        if plain.cells < _FEWEST_CELLS or evidence.is_code(column.trimmed):
            continue
        look, mask = max(
            ((one, one.fits(plain)) for one in _LOOKS), key=lambda pair: int(plain.counts[pair[1]].sum())
        )
        share = int(plain.counts[mask].sum()) / plain.cells
        if share <= LEAST_SHARE or (look.name == "truth values" and mask.all()):
            continue
        profile.notes.append(
            _sentence(column, look, share, _place(column, plain, ~mask if share < 1 else mask, where))
        )


def _sentence(column: TextColumn, look: Look, share: float, place: str) -> str:
    if share == 1:
        return (
            f"Column `{column.name}` is read as text, though all of its cells look like {look.name} (the"
            f" first is {place}). {look.remedy}"
        )
    percent = f"{min(share, 0.999):.1%}" if share > 0.99 else f"{share:.0%}"
    return (
        f"Column `{column.name}` has {look.name} in {percent} of its cells and other text in the rest (the"
        f" first is {place}): it is read as text. {look.remedy}"
    )


def _place(column: TextColumn, plain: Values, mask: npt.NDArray[np.bool_], where: Places | None) -> str:
    """Where the first cell is whose trimmed text is among some."""
    text = plain.texts[int(np.flatnonzero(mask)[0])].as_py()
    raw = next(
        each for each in column.values.texts.to_pylist() if each.decode().strip(SPACES).encode() == text
    )
    return where.of(column, raw) if where else f"row {column.row_of(raw) + 1}"
