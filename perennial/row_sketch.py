"""A sketch of a span's rows: small, the same for any file format and order, and comparable with others.

A sketch keeps the smallest hashes of the distinct rows (bottom-k, or KMV: Bar-Yossef et al., "Counting
distinct elements in a data stream", 2002; operations on several: Beyer et al., "On synopses for
distinct-value estimation under multiset operations", 2007). Below the smaller limit of two sketches both are
complete, so the share of one span's rows that is in the other is estimated without bias from the hashes
there. How often each hash occurs is kept as well: rows that repeat inside of a span may repeat in another by
chance.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from perennial.files import written_aside

if TYPE_CHECKING:  # a run with nothing new needs the file's name only, and importing Arrow takes a while
    import pyarrow as pa

FILE: Final = "row_sketch.npz"
# So many distinct hashes at least, where there are as many: the error of an estimated share is at most 0.8%.
LEAST: Final = 4096
# Every hash below this is kept, a 16th of all: so that a small span can be compared with one of any size.
_ALWAYS: Final = 2**60
_ALL: Final = 2**64

Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class RowSketch:
    """The rows of a span, or of a file, as far as they are needed to find them again elsewhere.

    Attributes:
        columns: Digest of the columns that were hashed; sketches of other columns cannot be compared.
        rows: Number of rows.
        total: Sum of the hashes of all rows, modulo 2^64: with `rows` a fingerprint of all rows in any order.
        limit: Below this hash the sketch is complete; 2^64 where it has all.
        hashes: The distinct hashes below the limit, ascending.
        counts: How many rows have each of them.
    """

    columns: str
    rows: int
    total: int
    limit: int
    hashes: Hashes
    counts: npt.NDArray[np.int64]

    @property
    def fingerprint(self) -> tuple[str, int, int]:
        """Equal for equal rows in any order and number of files."""
        return self.columns, self.rows, self.total

    @property
    def repeated_share(self) -> float:
        """The share of rows that have an equal one in the same span, estimated; 0 without rows."""
        kept = int(self.counts.sum())
        return float(self.counts[self.counts > 1].sum() / kept) if kept else 0.0

    def below(self, limit: int) -> "RowSketch":
        """The part below a limit that is smaller than its own."""
        upto = len(self.hashes) if limit >= _ALL else int(np.searchsorted(self.hashes, np.uint64(limit)))
        return RowSketch(
            self.columns,
            self.rows,
            self.total,
            min(limit, self.limit),
            self.hashes[:upto],
            self.counts[:upto],
        )

    def write(self, path: Path) -> None:
        """Writes the sketch, by renaming."""
        head = np.array([self.rows, self.total, self.limit % _ALL], np.uint64)
        with written_aside(path) as aside, aside.open("wb") as out:
            np.savez(out, columns=np.array(self.columns), head=head, hashes=self.hashes, counts=self.counts)


def columns_digest(table: "pa.Table") -> str:
    """Digest of a typed table's column names and types, in order."""
    text = "\n".join(
        f"{name}\t{kind}" for name, kind in zip(table.column_names, table.schema.types, strict=True)
    )
    return hashlib.sha256(text.encode()).hexdigest()


def sketch_of(hashes: Hashes, columns: str) -> RowSketch:
    """The sketch of rows.

    Args:
        hashes: One a row, shape (rows,), uniform over 64 bits; equal for equal rows.
        columns: Of `columns_digest`.
    """
    total = int(np.add.reduce(hashes, dtype=np.uint64)) if len(hashes) else 0
    limit = max(_ALWAYS, min(_ALL, 2 * LEAST * (_ALL // max(len(hashes), 1))))
    kept, counts = _distinct(hashes, limit)
    if len(kept) < LEAST and limit < _ALL:  # rows repeat
        limit = _ALL
        kept, counts = _distinct(hashes, limit)
    return _cut(RowSketch(columns, len(hashes), total, limit, kept, counts))


def merged(sketches: Sequence[RowSketch]) -> RowSketch:
    """The sketch of all rows of several, of the same columns; at least one."""
    limit = min(sketch.limit for sketch in sketches)
    parts = [sketch.below(limit) for sketch in sketches]
    hashes, places = np.unique(np.concatenate([part.hashes for part in parts]), return_inverse=True)
    counts = np.bincount(places, np.concatenate([part.counts for part in parts]), len(hashes))
    return _cut(
        RowSketch(
            sketches[0].columns,
            sum(sketch.rows for sketch in sketches),
            sum(sketch.total for sketch in sketches) % _ALL,
            limit,
            hashes,
            counts.astype(np.int64),
        )
    )


def read_sketch(path: Path) -> RowSketch | None:
    """Reads what `write` wrote; None where there is no file, as of a span that an older release read."""
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as stored:
        rows, total, limit = (int(value) for value in stored["head"])
        return RowSketch(
            str(stored["columns"]), rows, total, limit or _ALL, stored["hashes"], stored["counts"]
        )


def seen_in(sketch: RowSketch, others: Iterable[RowSketch]) -> tuple[float, int]:
    """The share of a span's rows that are in others as well.

    Args:
        sketch: Of the span.
        others: Of the others, of the same columns.

    Returns:
        The estimated share, 0 to 1, and how many distinct rows it was estimated from (0: it is 0).
    """
    others = list(others)
    part = sketch.below(min([sketch.limit, *(other.limit for other in others)]))
    is_seen = np.zeros(len(part.hashes), bool)
    for other in others:
        is_seen |= np.isin(part.hashes, other.hashes, assume_unique=True)
    rows = int(part.counts.sum())
    return (float(part.counts[is_seen].sum() / rows) if rows else 0.0), len(part.hashes)


def seen_by_chance(others: Sequence[RowSketch]) -> float:
    """The share of a further span's rows that would be in these spans if rows repeat by nature.

    A row that has an equal one among the n rows of its own span with probability r has one among N rows of
    others with probability 1 - (1 - r)^(N / n), if all are drawn alike; where some rows are commoner than
    others it is less (Jensen), so that this is an upper bound.
    """
    rows = np.array([other.rows for other in others], np.float64)
    if not rows.sum():
        return 0.0
    repeated = float(np.average([other.repeated_share for other in others], weights=rows))
    size = float(np.average(rows, weights=rows))
    return 1.0 - (1.0 - repeated) ** (rows.sum() / size)


def _distinct(hashes: Hashes, limit: int) -> tuple[Hashes, npt.NDArray[np.int64]]:
    small = hashes if limit >= _ALL else hashes[hashes < np.uint64(limit)]
    kept, counts = np.unique(small, return_counts=True)
    return kept, counts.astype(np.int64)


def _cut(sketch: RowSketch) -> RowSketch:
    """The smallest part that has `LEAST` hashes and every hash below `_ALWAYS`."""
    if len(sketch.hashes) < LEAST:
        return sketch
    return sketch.below(max(_ALWAYS, int(sketch.hashes[LEAST - 1]) + 1))
