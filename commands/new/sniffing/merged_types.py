"""What a column of Parquet is over several files whose types for it differ."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from serving.reading.values import MOST_EXACT, Kind

_TEXTS: Final = (
    *(pa.types.is_string, pa.types.is_large_string),
    *(pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary),
)
# Of a type's family; a column of any other is text.
# The cell's rule takes any of these in a column of numbers, and of these in one of dates.
_NUMBERS: Final = frozenset({"int", "float", "truth", "text"})
_DATES: Final = frozenset({"date", "time", "text"})
_IN_WORDS: Final = {
    **{"int": "integers", "float": "other numbers", "truth": "truth values"},
    **{"date": "dates", "time": "times", "text": "text"},
}
_WHOLE_TEXT: Final = r"\A\s*(?:[+-]?[0-9]+(?:\.0*)?)?\s*\z|(?i)\A\s*(?:true|false)\s*\z"
_KINDS: Final[Mapping[str, Kind | None]] = {"int": "int", "float": "float", "truth": "int", "other": None}


@dataclass(frozen=True)
class MergedType:
    """A column over all files.

    Attributes:
        kind: What its cells are; None: nothing that a model can use.
        type: A type that stands for all of its types.
        is_mixed: Whether it is of integers or text in one file and of other numbers in another.
        note: The end of a sentence on types that differ; "" where they do not.
    """

    kind: Kind | None
    type: pa.DataType
    is_mixed: bool = False
    note: str = ""

    @classmethod
    def of(cls, types: Sequence[pa.DataType]) -> "MergedType":
        """The type over files.

        Args:
            types: Of each file.

        Raises:
            ValueError: They do not fit; its arguments are the places of two that differ.
        """
        plain = [one.value_type if pa.types.is_dictionary(one) else one for one in types]
        filled = [at for at, one in enumerate(plain) if not pa.types.is_null(one)]
        if not filled:
            return cls("string", pa.null())
        kinds = {at: _family(plain[at]) for at in filled}
        first = filled[0]
        families = set(kinds.values())
        empty = "has no value in some files." if len(filled) < len(types) else ""
        if len(families) == 1:
            return cls(_KINDS.get(kinds[first], "string"), plain[first], note=empty)
        if families <= _NUMBERS:
            chosen = next(family for family in ("float", "int", "truth") if family in families)
            at = next(at for at in filled if kinds[at] == chosen)
            # Text may have fractions.
            is_mixed = bool(families & {"float", "text"})
            return cls("float" if is_mixed else "int", plain[at], is_mixed, _several(families))
        if families <= _DATES:
            finest = "time" if "time" in families else "date"
            at = next(at for at in filled if kinds[at] == finest)
            return cls("string", plain[at], note=_several(families))
        raise ValueError(first, next(at for at in filled if kinds[at] != kinds[first]))


def _several(families: Collection[str]) -> str:
    one, *others = (_IN_WORDS[family] for family in _IN_WORDS if family in families)
    return f"is of {one} in some files and of {' and '.join(others)} in others."


def _family(arrow_type: pa.DataType) -> str:
    if pa.types.is_boolean(arrow_type):
        return "truth"
    if pa.types.is_integer(arrow_type) or (pa.types.is_decimal(arrow_type) and arrow_type.scale == 0):
        return "int"
    if pa.types.is_floating(arrow_type) or pa.types.is_decimal(arrow_type):
        return "float"
    if pa.types.is_date(arrow_type):
        return "date"
    if pa.types.is_timestamp(arrow_type):
        return "time"
    return "text" if any(is_one(arrow_type) for is_one in _TEXTS) else "other"


def is_of_text(arrow_type: pa.DataType) -> bool:
    """Whether a column of a type, or of a dictionary of it, is one of text."""
    plain = arrow_type.value_type if pa.types.is_dictionary(arrow_type) else arrow_type
    return _family(plain) == "text"


def count_missing(values: pa.Array) -> int:
    """How many values of a column of numbers are null or NaN."""
    nans = pc.sum(pc.is_nan(values)).as_py() if pa.types.is_floating(values.type) else 0
    return int(values.null_count + (nans or 0))


def is_whole(values: pa.Array) -> bool:
    """Whether all numbers are integers, those in text too; beyond 2^53 only those of an integer type."""
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if pa.types.is_integer(values.type) or pa.types.is_null(values.type) or pa.types.is_boolean(values.type):
        return True
    if _family(values.type) == "text":
        return (
            pc.all(pc.match_substring_regex(values.cast(pa.binary()), pattern=_WHOLE_TEXT)).as_py()
            is not False
        )
    if pa.types.is_decimal(values.type):
        values = values.cast(pa.float64())
    numbers = values.cast(pa.float64()).drop_null()
    numbers = numbers.filter(pc.invert(pc.is_nan(numbers)))
    fits = pc.and_(pc.equal(pc.floor(numbers), numbers), pc.less_equal(pc.abs(numbers), float(MOST_EXACT)))
    return pc.all(fits).as_py() is not False


def is_text(values: pa.Array) -> bool:
    """Whether all values of a binary column are UTF-8."""
    try:
        values.cast(pa.binary()).cast(pa.string()).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True
