"""Finds which columns of an export are columns of the schema under another name, by their contents."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from commands.evolve.contents import Contents

# Up to this distance it is asked whether two columns are the same.
DOUBTFUL: Final = 0.5
# Another column within so many times the distance of the nearest one could be it, too.
_TIMES_NEAREST: Final = 2.0
# Names of which so large a share is equal are alike, as are `temp` and `temperature`.
_ALIKE: Final = 0.75
_SHORTEST: Final = 3
# A column whose own content is farther from its former one may have been swapped with another.
_CHANGED: Final = 0.3
_PAIR: Final = 2


@dataclass(frozen=True)
class Match:
    """A column of the schema, and a column of the export that may be it.

    Attributes:
        old: The schema's name.
        new: The export's name.
        distance: Between their contents, 0 to 1.
        doubt: Why it is not certain; "" if it is.
    """

    old: str
    new: str
    distance: float
    doubt: str = ""


def matches(contents: Contents, missing: Sequence[str], added: Sequence[str]) -> list[Match]:
    """The likely renames, each missing column with its nearest added one, or the near one of its name.

    Args:
        contents: Of both sides.
        missing: Columns of the schema that the export lacks.
        added: Columns of the export that the schema lacks.
    """
    likely = []
    for old in missing:
        apart = sorted((contents.apart(old, new), new) for new in added)
        same = [(value, new) for value, new in apart if _plain(old) == _plain(new)]
        is_twin = any(_plain(name) == _plain(old) for name in missing if name != old)
        if same and not is_twin and same[0][0] <= contents.near(old):
            likely.append(Match(old, same[0][1], same[0][0]))
        elif apart and apart[0][0] <= DOUBTFUL:
            value, new = apart[0]
            likely.append(Match(old, new, value, _doubt(contents, old, apart, missing)))
        elif alike := [(value, new) for value, new in apart if names_alike(old, new)]:
            value, new = alike[0]
            likely.append(Match(old, new, value, "their names are alike"))
    return [_doubted(match, likely) for match in likely]


def _doubted(match: Match, likely: Sequence[Match]) -> Match:
    """A match that leaves no doubt, with one where another column is as surely the same one."""
    rivals = [
        each.old for each in likely if each.new == match.new and each.old != match.old and not each.doubt
    ]
    if match.doubt or not rivals:
        return match
    return replace(match, doubt=f"it is like `{rivals[0]}`, which is missing, too")


def names_alike(one: str, other: str) -> bool:
    """Whether two names may be of one column: one has the other in it, or they differ in a few letters."""
    short, long = sorted((_plain(one), _plain(other)), key=len)
    if len(short) < _SHORTEST:
        return False
    return short in long or difflib.SequenceMatcher(None, short, long, autojunk=False).ratio() >= _ALIKE


def _plain(name: str) -> str:
    """A name by its letters and digits, whatever their case."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _doubt(contents: Contents, old: str, apart: Sequence[tuple[float, str]], missing: Sequence[str]) -> str:
    value, new = apart[0]
    near = contents.near(old)
    if value > near:
        return "the values differ more than between its own spans"
    if vague := contents.vague(old):
        return vague
    limit = max(near, _TIMES_NEAREST * value)
    if len(apart) > 1 and apart[1][0] <= limit:
        return f"`{apart[1][1]}` is alike, too"
    rival = next((name for name in missing if name != old and contents.apart(name, new) <= limit), "")
    return f"it is like `{rival}`, which is missing, too" if rival else ""


def swapped(
    contents: Contents, present: Sequence[str], missing: Sequence[str] = (), added: Sequence[str] = ()
) -> list[tuple[str, ...]]:
    """Columns whose contents have changed places: each holds what the next one held.

    Args:
        contents: Of both sides.
        present: Columns that both have.
        missing: Columns of the schema that have no other name.
        added: Columns of the export that are no column of the schema.

    Returns:
        Circles of present columns, whose last one holds what the first one held; and chains, which begin with
        an added column and end with a missing one.
    """
    changed = [name for name in present if contents.apart(name, name) > max(_CHANGED, contents.near(name))]
    holds = {
        name: min(others)[1]
        for name in (*changed, *added)
        if (
            others := [
                (contents.apart(other, name), other)
                for other in (*changed, *missing)
                if other != name and contents.apart(other, name) <= contents.near(other)
            ]
        )
    }
    paths = [_path(holds, name) for name in holds]
    circles = {frozenset(path): path for path in paths if holds.get(path[-1]) == path[0]}
    chains = [path for path in paths if len(path) > _PAIR and path[0] in added and path[-1] in missing]
    return [*circles.values(), *chains]


def _path(holds: Mapping[str, str], first: str) -> tuple[str, ...]:
    """From a column on those whose content the one before holds, each once."""
    path = [first]
    while (following := holds.get(path[-1])) is not None and following not in path:
        path.append(following)
    return tuple(path)
