"""Finds which columns of an export are columns of the schema under another name, by their contents."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from commands.evolve.contents import FEWEST_CELLS, distance, noise

# A column is itself up to this distance, or to so many times that between its own last spans (docs/decisions/evolve.md).
NEAR: Final = 0.1
_TIMES_NOISE: Final = 1.5
_FARTHEST_NEAR: Final = 0.35
# Up to this distance it is asked whether two columns are the same.
DOUBTFUL: Final = 0.5
# Numbers with fewer different values are alike in columns that have nothing to do with each other.
_FEWEST_VALUES: Final = 6
# A column whose own content is farther from its former one may have been swapped with another.
_CHANGED: Final = 0.3


@dataclass(frozen=True)
class Match:
    """A column of the schema, and a column of the export that may be it.

    Attributes:
        old: The schema's name.
        new: The export's name.
        distance: Between their contents, 0 to 1.
        near: Up to which distance `old` is itself.
        doubt: Why it is not certain; "" if it is.
    """

    old: str
    new: str
    distance: float
    near: float
    doubt: str = ""


class Contents:
    """The columns of the accepted spans and those of an export, and how far they are apart."""

    def __init__(self, spans: Sequence[pa.Table], export: pa.Table, dates: Collection[str]) -> None:
        """Takes the accepted rows (oldest span first), the export's, and which columns of either are dates."""
        self._spans, self._export, self._dates = spans, export, dates

    def near(self, old: str) -> float:
        """Up to which distance a column counts as the accepted column `old`."""
        own = noise([span[old] for span in self._spans], is_date=old in self._dates)
        return min(max(NEAR, _TIMES_NOISE * own), _FARTHEST_NEAR)

    def apart(self, old: str, new: str) -> float:
        """How far a column of the export is from an accepted one."""
        if (old in self._dates) != (new in self._dates):
            return 1.0
        return distance(self._spans[-1][old], self._export[new], is_date=old in self._dates)

    def is_vague(self, old: str) -> str:
        """Why the content of a column does not tell it from others; "" if it does."""
        cells = self._spans[-1][old].drop_null()
        if len(cells) < FEWEST_CELLS:
            return "it has hardly any values"
        if not pa.types.is_binary(cells.type) and pc.count_distinct(cells).as_py() < _FEWEST_VALUES:
            return "it has few different values, as other columns may have"
        return ""


def matches(
    contents: Contents, missing: Sequence[str], added: Sequence[str], kept: Sequence[str]
) -> list[Match]:
    """The likely renames, each old column with its nearest new one.

    Args:
        contents: Of both sides.
        missing: Columns of the schema that the export lacks.
        added: Columns of the export that the schema lacks.
        kept: Columns that both have.
    """
    likely = []
    for old in missing:
        near = contents.near(old)
        apart = sorted((contents.apart(old, new), new) for new in added)
        if not apart or apart[0][0] > DOUBTFUL:
            continue
        value, new = apart[0]
        rivals = [name for other, name in apart[1:] if other <= max(DOUBTFUL / 2, near)]
        rivals_of_new = [name for name in missing if name != old and contents.apart(name, new) <= contents.near(name)]
        alike = [name for name in kept if contents.apart(name, new) <= contents.near(name)]
        likely.append(Match(old, new, value, near, _doubt(contents, old, value > near, rivals, rivals_of_new, alike)))
    return likely


def _doubt(
    contents: Contents,
    old: str,
    is_far: bool,
    rivals: Sequence[str],
    rivals_of_new: Sequence[str],
    alike: Sequence[str],
) -> str:
    if is_far:
        return "the values differ more than between its own spans"
    if vague := contents.is_vague(old):
        return vague
    if rivals:
        return f"`{rivals[0]}` is alike, too"
    if rivals_of_new:
        return f"it is as near to `{rivals_of_new[0]}`, which is missing, too"
    return f"its values are also like those of `{alike[0]}`" if alike else ""


def swapped(contents: Contents, kept: Sequence[str], limits: Mapping[str, float]) -> list[tuple[str, str]]:
    """Pairs (column, other column) where the export's content of the first is what the other held before.

    Args:
        contents: Of both sides.
        kept: Columns that both have.
        limits: Column -> up to which distance a column counts as it.
    """
    changed = [name for name in kept if contents.apart(name, name) > max(_CHANGED, limits[name])]
    pairs = []
    for name in changed:
        for other in changed:
            if other != name and contents.apart(other, name) <= limits[other]:
                pairs.append((name, other))
    return pairs
