"""The kinds of damage that Auto-Validate-by-History (Tu et al., KDD 2023) tries: nine of its ten rules.

Source of the kinds and their parameters: github.com/microsoft/Auto-Validate-by-History, `gene_sample.py`.
There a share is of a column's cells; for typing errors it is of the letters of every cell, here of the cells,
of which one letter each is damaged.
"""

import string
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from benchmarks.quality.drift.kind_statistics import (
    by_case,
    by_half,
    by_missing,
    by_neighbours_mean,
    by_outside,
    by_padding,
    by_rows,
    by_unseen,
    by_zeros,
)
from benchmarks.quality.drift.plants import ROWS, DamageTarget, Kind, chosen
from benchmarks.quality.drift.tables import DatedTable

_UNITS: Final = (10.0, 100.0, 1000.0)
_LETTERS: Final = string.ascii_letters + string.digits


def each_text(table: DatedTable) -> list[DamageTarget]:
    """Each column of text."""
    return [DamageTarget((name,)) for name in table.text]


def each_number(table: DatedTable) -> list[DamageTarget]:
    """Each column of numbers."""
    return [DamageTarget((name,)) for name in table.numbers]


def each_feature(table: DatedTable) -> list[DamageTarget]:
    """Each column but the label."""
    return [*each_text(table), *each_number(table)]


def _with_a_neighbour(names: Sequence[str]) -> list[DamageTarget]:
    return [DamageTarget((name,), names[(place + 1) % len(names)]) for place, name in enumerate(names)]


def _units(table: DatedTable) -> list[DamageTarget]:
    pairs = [(name, factor) for factor in _UNITS for name in table.numbers]
    return [DamageTarget((name,), factor=factor) for name, factor in pairs]


def _rows(_: DatedTable) -> list[DamageTarget]:
    return [DamageTarget((ROWS,))]


def _halves(table: DatedTable) -> list[DamageTarget]:
    return [
        DamageTarget((name,), half) for half in ("first", "last") for name in (*table.numbers, *table.text)
    ]


def other_column(rows: Any, target: DamageTarget, share: float, chance: np.random.Generator) -> Any:
    """Cells get the value of another column of their type, of other rows."""
    at = chosen(len(rows), share, chance)
    rows.loc[at, target.columns[0]] = rows[target.value].to_numpy()[chance.permutation(len(rows))[: len(at)]]
    return rows


def other_unit(rows: Any, target: DamageTarget, share: float, chance: np.random.Generator) -> Any:
    """Numbers are multiplied."""
    at = chosen(len(rows), share, chance)
    rows.loc[at, target.columns[0]] *= target.factor
    return rows


def other_case(rows: Any, target: DamageTarget, share: float, chance: np.random.Generator) -> Any:
    """Capital letters turn small, and small ones capital."""
    return _texts(rows, target, share, chance, lambda text: text.swapcase())


def cells_missing(rows: Any, target: DamageTarget, share: float, chance: np.random.Generator) -> Any:
    """Cells are missing."""
    for name in target.columns:
        rows.loc[chosen(len(rows), share, chance), name] = np.nan if rows[name].dtype == float else None
    return rows


def cells_zero(rows: Any, target: DamageTarget, share: float, chance: np.random.Generator) -> Any:
    """Numbers are 0."""
    rows.loc[chosen(len(rows), share, chance), target.columns[0]] = 0.0
    return rows


def rows_lost(rows: Any, target: DamageTarget, share: float, chance: np.random.Generator) -> Any:
    """Rows are missing; of a share of 1, nine of ten."""
    lost = chosen(len(rows), min(share, 0.9), chance)
    return rows.drop(index=lost)


def rows_twice(rows: Any, target: DamageTarget, share: float, chance: np.random.Generator) -> Any:
    """Rows are there twice."""
    twice = np.sort(np.concatenate([np.arange(len(rows)), chosen(len(rows), share, chance)]))
    return rows.iloc[twice]


def biased(rows: Any, target: DamageTarget, share: float, chance: np.random.Generator) -> Any:
    """Cells get values of only one half of the column's: numbers by size, texts by how frequent they are."""
    name = target.columns[0]
    values = rows[name].dropna()
    if not len(values):
        return rows
    if values.dtype == float:
        ordered = np.sort(values.to_numpy())
    else:
        counts = values.map(values.value_counts())
        ordered = values.to_numpy()[np.lexsort([values.to_numpy().astype(str), -counts.to_numpy()])]
    middle = max(1, len(ordered) // 2)
    half = ordered[:middle] if target.value == "first" else ordered[-middle:]
    at = chosen(len(rows), share, chance)
    rows.loc[at, name] = chance.choice(half, len(at))
    return rows


def typo(rows: Any, target: DamageTarget, share: float, chance: np.random.Generator) -> Any:
    """A letter of the text is another one."""

    def typed(text: str) -> str:
        place = int(chance.integers(len(text))) if text else 0
        return text[:place] + _letter(chance) + text[place + 1 :]

    return _texts(rows, target, share, chance, typed)


def insertion(rows: Any, target: DamageTarget, share: float, chance: np.random.Generator) -> Any:
    """The text has a letter more."""

    def typed(text: str) -> str:
        place = int(chance.integers(len(text) + 1))
        return text[:place] + _letter(chance) + text[place:]

    return _texts(rows, target, share, chance, typed)


def deletion(rows: Any, target: DamageTarget, share: float, chance: np.random.Generator) -> Any:
    """The text has a letter less."""

    def typed(text: str) -> str:
        place = int(chance.integers(max(1, len(text))))
        return text[:place] + text[place + 1 :]

    return _texts(rows, target, share, chance, typed)


def digit_typo(rows: Any, target: DamageTarget, share: float, chance: np.random.Generator) -> Any:
    """A digit of the number is another one."""
    name = target.columns[0]
    at = chosen(len(rows), share, chance)
    values = rows[name].to_numpy().copy()
    for row in at:
        if not np.isnan(values[row]):
            text = list(f"{values[row]:.10g}")
            places = [place for place, sign in enumerate(text) if sign.isdigit()]
            text[places[int(chance.integers(len(places)))]] = str(chance.integers(10))
            values[row] = float("".join(text))
    rows[name] = values
    return rows


def padding(rows: Any, target: DamageTarget, share: float, chance: np.random.Generator) -> Any:
    """The text has a space before or after it."""
    before = bool(chance.integers(2))
    return _texts(rows, target, share, chance, lambda text: f" {text}" if before else f"{text} ")


def _letter(chance: np.random.Generator) -> str:
    return _LETTERS[int(chance.integers(len(_LETTERS)))]


def _texts(rows: Any, target: DamageTarget, share: float, chance: np.random.Generator, change: Any) -> Any:
    name = target.columns[0]
    at = chosen(len(rows), share, chance)
    values = rows[name].to_numpy().copy()
    for row in at:
        if isinstance(values[row], str):
            values[row] = change(values[row])
    rows[name] = values
    return rows


AVH_KINDS: Final = (
    Kind("schema-text", "values of another text column", "AVH", other_column,
         lambda table: _with_a_neighbour(table.text), by_unseen),
    Kind("schema-number", "values of another number column", "AVH", other_column,
         lambda table: _with_a_neighbour(table.numbers), by_neighbours_mean),
    Kind("unit", "another unit: 10, 100, 1,000 times", "AVH", other_unit, _units, by_outside),
    Kind("case", "capital letters small, small ones capital", "AVH", other_case, each_text, by_case),
    Kind("missing", "cells missing", "AVH", cells_missing, each_feature, by_missing),
    Kind("zero", "numbers 0", "AVH", cells_zero, each_number, by_zeros),
    Kind("fewer-rows", "rows lost (at most 90%)", "AVH", rows_lost, _rows, by_rows(-1),
         rows_change=True),
    Kind("more-rows", "rows twice", "AVH", rows_twice, _rows, by_rows(1),
         rows_change=True),
    Kind("bias", "values of one half of the column's", "AVH", biased, _halves, by_half),
    Kind("typo", "a letter changed", "AVH", typo, each_text, by_unseen),
    Kind("insertion", "a letter more", "AVH", insertion, each_text, by_unseen),
    Kind("deletion", "a letter less", "AVH", deletion, each_text, by_unseen),
    Kind("digit", "a digit changed", "AVH", digit_typo, each_number, by_unseen),
    Kind("padding", "a space before or after", "AVH", padding, each_text, by_padding),
)  # fmt: skip
