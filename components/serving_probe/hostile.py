"""Makes the rows that a candidate is probed with: real ones, and copies with what a client may send."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from serving.model.columns import InputColumn
from serving.reading.values import MISSING_INT

Value = int | float | str | None
Row = dict[str, Value]
LONGEST_SHOWN: Final = 60
# Of so many pairs of a column and a hostile value each has a row; a table of hundreds of columns has ten
# thousand, and is probed with a draw of them: rows that are hostile in every column hold each value anyway.
MOST_PAIRS: Final = 2000


@dataclass(frozen=True)
class ProbeRow:
    """A row to probe with, and what it is in words, which hold no value of a user's data."""

    row: Row
    what: str


# None of these may bring down a batch, give a score that is not finite, or score otherwise in another form.
HOSTILE: Final[Mapping[str, tuple[Value, ...]]] = {
    "int": (None, 0, -1, 1, 2**31, MISSING_INT + 1, MISSING_INT - 1, 10**12, 2**63 - 1, -(2**63)),
    "float": (
        None,
        0.0,
        -0.0,
        -1.0,
        *(float(np.float32(value)) for value in (0.1, 1.2e-38, 1e9, -1e9, 3e38, -3e38)),
    ),
    "string": (
        None,
        "",
        " ",
        "never seen before",
        "0",
        "NaN",
        "null",
        " padded ",
        'a "quoted", cell',
        '"',
        ",",
        "two\nlines",
        "\u043f\u0440\u0438\u0432\u0435\u0442 \u2603 \U0001f6eb",
        "2013-02-31 25:61:61",
        "0000-00-00 00:00:00",
        "9999-12-31 23:59:59",
        "x" * 5000,
    ),
}


def probe_rows(real: Sequence[Row], columns: Sequence[InputColumn], seed: int) -> list[ProbeRow]:
    """Real rows, as many copies with random gaps and hostile values, each hostile value in each column.

    Args:
        real: At least one raw row.
        columns: What the model takes.
        seed: Fixes the random copies.

    Returns:
        2 × len(real) rows and a few hundred more, at most `MOST_PAIRS` and some.
    """
    draw = random.Random(seed)
    return [
        *(ProbeRow(row, "a real row") for row in real),
        *(ProbeRow(_with_gaps(row, columns, draw), "a real row with gaps") for row in real),
        *_one_by_one(real, columns, draw),
    ]


def _with_gaps(row: Row, columns: Sequence[InputColumn], draw: random.Random) -> Row:
    """A copy with about a quarter of the cells missing, and an eighth of them hostile."""
    copy = dict(row)
    for column in columns:
        luck = draw.random()
        if luck < 1 / 4:
            copy[column.name] = None
        elif luck < 3 / 8:
            copy[column.name] = draw.choice(HOSTILE[column.kind])
    return copy


def _one_by_one(real: Sequence[Row], columns: Sequence[InputColumn], draw: random.Random) -> list[ProbeRow]:
    made = [ProbeRow({}, "a row without any value")]
    pairs = [(column.name, value) for column in columns for value in HOSTILE[column.kind]]
    for name, value in pairs if len(pairs) <= MOST_PAIRS else draw.sample(pairs, MOST_PAIRS):
        row = {**real[len(made) % len(real)], name: value}
        made.append(ProbeRow(row, f"a real row with {name} = {_shown(value)}"))
    for turn in range(max(len(values) for values in HOSTILE.values())):
        row = {c.name: HOSTILE[c.kind][turn % len(HOSTILE[c.kind])] for c in columns}
        made.append(ProbeRow(row, "a row hostile in every column"))
    return made


def _shown(value: Value) -> str:
    shown = "null" if value is None else ascii(value)
    return shown if len(shown) <= LONGEST_SHOWN else f"a string of {len(shown) - 2} characters"
