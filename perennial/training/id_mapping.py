"""Which ids of a live model's features the ids of a new vocabulary stand for, counted on raw rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]

# A row that was made up to see what a rare or missing value becomes counts for next to nothing.
MADE_UP: Final = 1e-9
# A pair is one number: ids of 32 bits, which are counted from the least, side by side.
_LEAST: Final = -(2**31)
_ABOVE: Final = 2**31
_SHIFT: Final = np.uint64(32)
# So many batches are counted apart before they are counted together.
_APART: Final = 64


@dataclass(frozen=True)
class IdMapping:
    """How often each new id was which old id on the same cells; all arrays have shape (pairs,).

    Attributes:
        new: Ids by the new transform.
        old: Ids by the live version's.
        rows: Rows with this pair, float64; `MADE_UP` for a row that was made up.
        moved: Whether an id that is not counted, being no number of 32 bits, was another one.
    """

    new: Ids
    old: Ids
    rows: npt.NDArray[np.float64]
    moved: bool = False

    @property
    def same(self) -> bool:
        """Whether every id that occurs is what it was."""
        return not self.moved and bool(np.array_equal(self.new, self.old))

    @property
    def clear(self) -> float:
        """Share of the rows that have, of the old ids of their new id, the most frequent one; 1: all."""
        if self.moved:
            return 0.0
        distinct, places = np.unique(self.new, return_inverse=True)
        most = np.zeros(len(distinct))
        np.maximum.at(most, places, self.rows)
        total = self.rows.sum()
        return float(most.sum() / total) if total else 1.0

    def within(self, old_ids: int, new_ids: int) -> bool:
        """Whether all of them are ids of two embeddings with so many rows."""
        bounds = ((self.old, old_ids), (self.new, new_ids))
        return all(ids.min(initial=0) >= 0 and ids.max(initial=-1) < rows for ids, rows in bounds)

    def weights(
        self, old: npt.NDArray[np.floating[Any]], fresh: npt.NDArray[np.floating[Any]]
    ) -> npt.NDArray[np.floating[Any]]:
        """The rows of an embedding for the new ids: the mean of the old ids' rows, by how often each was it.

        A value that the live model did not know so begins with what it had as a rare one. A new id that
        occurs in no row keeps the old id's row where no id has changed, as those of a hash do not; else the
        fresh one.

        Args:
            old: The live model's embedding, shape (old ids, width).
            fresh: The new model's at its start, shape (new ids, width).
        """
        if self.same and old.shape == fresh.shape:
            return old.copy()
        total = np.bincount(self.new, self.rows, minlength=len(fresh))
        share = self.rows / total[self.new]
        mixed = np.zeros(fresh.shape)
        np.add.at(mixed, self.new, old[self.old].astype(np.float64) * share[:, None])
        return np.where(total[:, None] > 0, mixed, fresh).astype(fresh.dtype)


class PairCounter:
    """Counts pairs of ids of one feature, batch by batch."""

    def __init__(self) -> None:
        """Begins with none."""
        self._pairs = [np.zeros(0, np.uint64)]
        self._rows = [np.zeros(0)]
        self._moved = False

    def add(self, new: Ids, old: Ids, each: float = 1.0) -> None:
        """Counts pairs of ids, int64 arrays of one shape; each pair counts `each`.

        Where one of them is no number of 32 bits it is only noted whether they differ.
        """
        new, old = new.ravel(), old.ravel()
        fits = (np.minimum(new, old) >= _LEAST) & (np.maximum(new, old) < _ABOVE)
        if not fits.all():
            self._moved |= bool((new != old)[~fits].any())
            new, old = new[fits], old[fits]
        pairs, rows = np.unique(_unsigned(new) << _SHIFT | _unsigned(old), return_counts=True)
        self._pairs.append(pairs)
        self._rows.append(rows * each)
        if len(self._pairs) > _APART:
            self._join()

    def mapping(self) -> IdMapping:
        """What was counted."""
        self._join()
        pairs = self._pairs[0]
        return IdMapping(
            _signed(pairs >> _SHIFT), _signed(pairs & np.uint64(2**32 - 1)), self._rows[0], self._moved
        )

    def _join(self) -> None:
        pairs, places = np.unique(np.concatenate(self._pairs), return_inverse=True)
        self._rows = [np.bincount(places, np.concatenate(self._rows), minlength=len(pairs)).astype(float)]
        self._pairs = [pairs]


def _unsigned(ids: Ids) -> npt.NDArray[np.uint64]:
    return (ids - _LEAST).astype(np.uint64)


def _signed(ids: npt.NDArray[np.uint64]) -> Ids:
    return ids.astype(np.int64) + _LEAST


def unclear(mappings: Mapping[str, IdMapping], least: float) -> str:
    """The feature whose ids have no clear mapping by value, and why, as the end of a sentence; empty: none.

    Args:
        mappings: By feature.
        least: The share of rows, 0 to 1, that must keep their id's place (`IdMapping.clear`).
    """
    for name, mapping in mappings.items():
        if mapping.clear < least:
            return (
                f"the ids of feature `{name}` do not follow from its former ids"
                f" ({1 - mapping.clear:.0%} of the rows; at most {1 - least:.0%} are accepted)"
            )
    return ""
