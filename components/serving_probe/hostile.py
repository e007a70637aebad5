"""Makes the rows that a candidate is probed with: real ones, and copies with what a client may send."""

import random
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from serving.columns import MISSING_INT, Column

Value = int | float | str | None
Row = dict[str, Value]

# None of these may bring down a batch, give a score that is not finite, or score otherwise in another form.
HOSTILE: Final[Mapping[str, tuple[Value, ...]]] = {
    "int": (None, 0, -1, 1, 2**31, MISSING_INT, MISSING_INT - 1, 10**12, 2**63 - 1, -(2**63)),
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


def probe_rows(real: Sequence[Row], columns: Sequence[Column], seed: int) -> list[Row]:
    """Real rows, as many copies with random gaps and hostile values, each hostile value in each column.

    Args:
        real: At least one raw row.
        columns: What the model takes.
        seed: Fixes the random copies.

    Returns:
        2 × len(real) rows and a few hundred more; the first is missing altogether in the last part.
    """
    draw = random.Random(seed)
    return [*real, *(_with_gaps(row, columns, draw) for row in real), *_one_by_one(real, columns)]


def _with_gaps(row: Row, columns: Sequence[Column], draw: random.Random) -> Row:
    """A copy with about a quarter of the cells missing, and an eighth of them hostile."""
    copy = dict(row)
    for column in columns:
        luck = draw.random()
        if luck < 1 / 4:
            copy[column.name] = None
        elif luck < 3 / 8:
            copy[column.name] = draw.choice(HOSTILE[column.kind])
    return copy


def _one_by_one(real: Sequence[Row], columns: Sequence[Column]) -> list[Row]:
    made: list[Row] = [{}]
    for column in columns:
        for value in HOSTILE[column.kind]:
            made.append({**real[len(made) % len(real)], column.name: value})
    for turn in range(max(len(values) for values in HOSTILE.values())):
        made.append({c.name: HOSTILE[c.kind][turn % len(HOSTILE[c.kind])] for c in columns})
    return made
