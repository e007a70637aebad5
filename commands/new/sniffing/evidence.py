"""What the cells of a column show: how numbers and dates are written, and which words mean missing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from perennial.reading.cells import number_patterns
from perennial.reading.dates import AROUND
from perennial.reading.missing_words import AMONG_NUMBERS, EVERYWHERE
from serving.reading.values import Kind

# In a column of numbers or dates the empty text is missing, too.
MISSING = (*EVERYWHERE, *AMONG_NUMBERS, "")
# In order of likelihood; if two are equally good, the first is used.
MARKS: tuple[tuple[str, str | None], ...] = (
    (".", None),
    (".", ","),
    (",", None),
    (",", "."),
    *(
        (decimal, group)
        for group in (" ", "\u00a0", "\u202f", "\u2009", "'", "\u2019")
        for decimal in (".", ",")
    ),
)
_NUMBER_LIKE = r"\A[+-]?[0-9.,][0-9.,' \x{a0}\x{202f}\x{2009}\x{2019}eE+-]*\z"
_SIGN = r"(?:[$€£¥%]|USD|EUR|GBP|CHF|kr\.?)?"
SIGNED = rf"\A[-+(]?\s*{_SIGN}\s*[-+]?[0-9][0-9.,' ]*\s*{_SIGN}\)?-?\z"
# Integers as pandas and Parquet write them once a cell of their column is missing.
_POINT_ZERO = r"\A[+-]?[0-9]+\.0\z"
_CODE = r"\A0[0-9]+\z"
_INT64_DIGITS = 18
MOSTLY = 0.9


class Values(NamedTuple):
    """The distinct values of a column and the count of each, without missing cells."""

    texts: pa.Array
    counts: npt.NDArray[np.int64]

    def matching(self, pattern: str) -> npt.NDArray[np.bool_]:
        """Which of them match a pattern."""
        mask = pc.match_substring_regex(self.texts.cast(pa.string()), pattern=pattern)
        return np.asarray(mask.to_numpy(zero_copy_only=False), dtype=bool)

    def without(self, words: Iterable[str]) -> "Values":
        """The others."""
        drop = pc.is_in(self.texts, value_set=pa.array([word.encode() for word in words], pa.binary()))
        keep = ~np.asarray(drop.to_numpy(zero_copy_only=False), dtype=bool)
        return Values(self.texts.filter(pa.array(keep)), self.counts[keep])

    def count_of(self, word: str) -> int:
        """How many cells hold a word."""
        at = pc.index(self.texts, pa.scalar(word.encode(), pa.binary())).as_py()
        return 0 if at < 0 else int(self.counts[at])

    def trimmed(self) -> "Values":
        """Without spaces around them, which mean nothing in numbers and dates."""
        texts = pc.replace_substring_regex(self.texts, pattern=AROUND, replacement="")
        if texts.equals(self.texts):
            return self
        encoded = texts.dictionary_encode()
        uses = np.bincount(encoded.indices.to_numpy(), self.counts, len(encoded.dictionary))
        return Values(encoded.dictionary, uses.astype(np.int64))

    @property
    def cells(self) -> int:
        """How many cells there are."""
        return int(self.counts.sum())


def values_of(column: pa.ChunkedArray) -> Values:
    """The distinct values of a binary column."""
    counted = pc.value_counts(column.drop_null())
    return Values(counted.field("values"), np.asarray(counted.field("counts").to_numpy(), dtype=np.int64))


@dataclass(frozen=True)
class Numbers:
    """Counts of a column's cells as numbers.

    Attributes:
        cells: Cells that do not mean missing.
        like: How many of them look like numbers in any format.
        read: How many can be read, by (decimal, thousands).
        whole: How many of these are integers.
    """

    cells: int
    like: int
    read: dict[tuple[str, str | None], int]
    whole: dict[tuple[str, str | None], int]

    def is_number(self, marks: tuple[str, str | None]) -> bool:
        """Whether nearly all cells are numbers in this format."""
        return bool(self.cells) and self.read[marks] >= MOSTLY * self.cells


def numbers_of(values: Values) -> Numbers:
    """Reads a column in every format of numbers."""
    plain = values.without(MISSING)
    like = plain.matching(_NUMBER_LIKE)
    numbers = Values(plain.texts.filter(pa.array(like)), plain.counts[like])
    read: dict[tuple[str, str | None], int] = {}
    whole: dict[tuple[str, str | None], int] = {}
    for decimal, thousands in MARKS:
        same = (decimal, None)
        if same in read and not pc.any(pc.match_substring(numbers.texts, thousands)).as_py():
            read[decimal, thousands], whole[decimal, thousands] = read[same], whole[same]
            continue
        for counts, pattern in zip((whole, read), number_patterns(decimal, thousands), strict=True):
            mask = pc.match_substring_regex(numbers.texts, pattern=pattern).to_numpy(zero_copy_only=False)
            counts[decimal, thousands] = int(numbers.counts[np.asarray(mask, dtype=bool)].sum())
    return Numbers(plain.cells, int(plain.counts[like].sum()), read, whole)


def marks_of(columns: Sequence[Numbers]) -> tuple[str, str | None]:
    """The decimal and thousands marks with which most cells of all columns are numbers."""
    worth = {
        marks: sum(one.read[marks] for one in columns if one.like >= MOSTLY * one.cells) for marks in MARKS
    }
    return max(MARKS, key=lambda marks: worth[marks])


def kind_of(values: Values, numbers: Numbers, marks: tuple[str, str | None], missing: int = 0) -> Kind:
    """What most of a column's cells are.

    Args:
        values: The column's.
        numbers: Of these.
        marks: How numbers are written.
        missing: How many of its cells are missing. `17.0` is an integer where some are, which is why pandas
            writes it so, or where others are written `17`; else the column is one of fractions that happen
            to be whole.
    """
    if not numbers.is_number(marks) or is_code(values):
        return "string"
    if numbers.whole[marks] < numbers.read[marks]:
        zeros = int(values.counts[values.matching(_POINT_ZERO)].sum()) if marks[0] == "." else 0
        is_whole = numbers.whole[marks] + zeros == numbers.read[marks]
        return "int" if is_whole and (numbers.whole[marks] or missing) else "float"
    lengths = pc.max(pc.binary_length(values.without(MISSING).texts)).as_py() or 0
    return "int" if lengths <= _INT64_DIGITS else "string"


def is_code(values: Values) -> bool:
    """Whether digits are codes: one of several begins with 0, and none is written as a number is."""
    if not values.matching(_CODE).any():
        return False
    return bool((values.matching(r"\A[0-9]+\z") | ~values.matching(_NUMBER_LIKE)).all())


def unlike(values: Values, marks: tuple[str, str | None]) -> bytes:
    """A value that is not a number in this format."""
    plain = values.without(MISSING)
    mask = pc.match_substring_regex(plain.texts, pattern=number_patterns(*marks)[1])
    return bytes(plain.texts.filter(pc.invert(mask))[0].as_py())
