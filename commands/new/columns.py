"""Looks at a table's columns one by one: what kind each is, and which of them the model should not see."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from commands.new import leaks
from commands.new.leaks import LeakEvidence
from perennial.task import Kind as TaskKind
from serving.reading.values import Kind

# Of fewer cells nothing is learned.
FEWEST_PRESENT: Final = 10
MOST_MISSING: Final = 0.99
# A string of so many different values in so many rows names the row.
ID_SHARE: Final = 0.95
MOST_STEPS: Final = 0.9
FREE_TEXT_LENGTH: Final = 40
FREE_TEXT_WORDS: Final = 5
FREE_TEXT_SHARE: Final = 0.2
_LARGEST_EXACT: Final = 2**53
_NAMES_A_ROW: Final = re.compile(
    r"(^|.*[\W_])(id|ids|uuid|guid|key|pk|index|idx|row|rowid|rownum|row number|record|nr|no|num|number"
    r"|serial)\d?$|^unnamed.*|^$|.*[a-z]I[dD]$"
)
# A number of these is a name: 3 is not more than 2.
_CODE: Final = re.compile(r"(^|.*[\W_])(id|code|zip|zipcode|zip code|plz|postcode|postal code)$|.*[a-z]Id$")

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Facts:
    """What was counted of a column.

    Attributes:
        name: Of the column.
        kind: Its type.
        rows: Of the table.
        present: Cells that are not missing.
        distinct: Different values among them.
        numbers: Of an int or float: its values, float64, NaN where missing; else None.
        codes: Of a string: the number of each cell's value, -1 where missing; else None.
        mean_length: Of a string, in characters.
        mean_words: Of a string.
        is_date: Whether all its cells are dates or times.
    """

    name: str
    kind: Kind
    rows: int
    present: int
    distinct: int
    numbers: Array | None
    codes: Array | None
    mean_length: float
    mean_words: float
    is_date: bool

    @property
    def missing_share(self) -> float:
        """Of all rows."""
        return 1 - self.present / self.rows if self.rows else 1.0


def facts_of(name: str, kind: Kind, column: pa.ChunkedArray, is_date: bool) -> Facts:
    """Counts one typed column (int64, float32 or binary; null where missing)."""
    present = len(column) - column.null_count
    if kind != "string":
        numbers = column.cast(pa.float64(), safe=False).to_numpy().astype(np.float64)
        distinct = pc.count_distinct(column, mode="only_valid").as_py()
        return Facts(name, kind, len(column), present, distinct, numbers, None, 0.0, 0.0, False)
    encoded = column.combine_chunks().dictionary_encode()
    texts = encoded.dictionary
    codes = pc.fill_null(encoded.indices, -1).to_numpy().astype(np.int64)
    uses = np.bincount(codes[codes >= 0], minlength=len(texts))
    as_text = texts.cast(pa.string())
    lengths = pc.utf8_length(as_text).to_numpy()
    words = 1 + pc.count_substring_regex(as_text, pattern=r"\S\s+\S").to_numpy() if len(texts) else lengths
    return Facts(
        name,
        kind,
        len(column),
        present,
        len(texts),
        None,
        codes,
        float((lengths * uses).sum() / max(present, 1)),
        float((words * uses).sum() / max(present, 1)),
        is_date,
    )


def why_set_aside(facts: Facts) -> str:
    """A sentence's end that says why the model should not see the column; "" where it should."""
    if facts.present == 0:
        return "it is empty in every row"
    if facts.present < FEWEST_PRESENT or facts.missing_share > MOST_MISSING:
        return f"it has a value in only {facts.present:,} of {facts.rows:,} rows"
    if facts.distinct == 1 and facts.missing_share < 0.001:
        return "it has the same value in every row"
    if facts.is_date:
        return ""
    if facts.kind == "string":
        return _why_text(facts)
    return _why_number(facts)


def _why_text(facts: Facts) -> str:
    share = facts.distinct / facts.present
    if share >= FREE_TEXT_SHARE and (
        facts.mean_length >= FREE_TEXT_LENGTH or facts.mean_words >= FREE_TEXT_WORDS
    ):
        return (
            f"it is free text ({facts.distinct:,} different texts, {facts.mean_length:.0f} characters on"
            " average), which the generated model does not use"
        )
    if share >= ID_SHARE and facts.present >= 2 * FEWEST_PRESENT:
        return f"it is an id: {facts.distinct:,} different values in {facts.present:,} rows"
    return ""


def _why_number(facts: Facts) -> str:
    if facts.distinct != facts.rows or facts.numbers is None or facts.rows < 2 * FEWEST_PRESENT:
        return ""
    if not np.equal(np.mod(facts.numbers, 1), 0).all():
        return ""
    steps = np.diff(facts.numbers)
    # A row that cannot be read leaves a gap.
    counts_up = bool((steps > 0).all()) and float((steps == np.median(steps)).mean()) > MOST_STEPS
    dense = np.ptp(facts.numbers) == facts.rows - 1
    named = bool(_NAMES_A_ROW.fullmatch(facts.name.strip()) or _NAMES_A_ROW.fullmatch(facts.name.lower()))
    if counts_up:
        return "it numbers the rows: each value is the previous one plus the same step"
    named = named or (facts.kind == "int" and facts.name.lower().endswith("id"))
    if named or (dense and facts.kind == "int"):
        return "it is an id: an integer that is different in every row"
    if facts.kind == "int" and float(np.abs(facts.numbers).min()) > _LARGEST_EXACT:
        return "it is an id: a huge integer that is different in every row"
    return ""


def is_code(facts: Facts) -> bool:
    """Whether integers are names of something (a postcode, an id of a shop), and no amount."""
    names = (facts.name.strip(), facts.name.strip().lower())
    return facts.kind == "int" and any(_CODE.fullmatch(name) for name in names)


def duplicates(table: pa.Table, names: list[str]) -> Mapping[str, str]:
    """Column -> the earlier column of `names` that is equal to it in every row."""
    first: dict[tuple[Any, ...], list[str]] = {}
    equal_to: dict[str, str] = {}
    for name in names:
        column = table[name]
        key = (column.type, column.null_count, *_fingerprint(column))
        for earlier in first.setdefault(key, []):
            if table[earlier].equals(column):
                equal_to[name] = earlier
                break
        else:
            first[key].append(name)
    return equal_to


def _fingerprint(column: pa.ChunkedArray) -> tuple[Any, ...]:
    """What equal columns have in common and others hardly ever: a few cells and a sum."""
    total = pc.sum(pc.binary_length(column) if pa.types.is_binary(column.type) else column).as_py()
    return (str(column.slice(0, 20).to_pylist()), total)


def leak_of(
    facts: Facts, column: pa.ChunkedArray, label: Array, labelled: Array, task: TaskKind
) -> LeakEvidence:
    """Measures how much of the label one column reveals, on the rows that have one.

    Args:
        facts: Of the column.
        column: The column itself.
        label: Codes of classes or numbers, of the rows where `labelled`.
        labelled: Which rows have a label.
        task: The kind of it.
    """
    if facts.numbers is not None:
        values: Array = facts.numbers
    elif facts.is_date:
        values = seconds_of(column)
    elif facts.codes is not None:
        values = facts.codes
    return leaks.measure_leak(values[labelled], label, task)


def seconds_of(column: pa.ChunkedArray) -> Array:
    """ISO dates or times as seconds, NaN where missing or none."""
    import pandas as pd

    texts = column.cast(pa.string()).to_pandas()
    times = pd.to_datetime(texts, errors="coerce", utc=True)
    seconds = times.astype("int64").to_numpy(np.float64) / 1e9
    return np.where(times.isna(), np.nan, seconds)
