"""What rollbacks left: which are not undone, whose model is live, and which models a person went back from.

All of it follows from the versions in their order. As in an editor, `forward` undoes the last rollback that
is not undone yet, and a version that became live in another way ends what could be undone.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

VersionRow = Mapping[str, Any]
Marks = Mapping[str, VersionRow]


@dataclass(frozen=True)
class DoneRollback:
    """A rollback.

    Attributes:
        row: The version that it made live.
        before: The version that was live before it.
        marks: Which models a person had gone back from before it, as `Rollbacks` has them.
    """

    row: VersionRow
    before: VersionRow
    marks: Marks


@dataclass
class Rollbacks:
    """The rollbacks among all versions.

    Attributes:
        open: Those that `forward` can undo; the next one is the last.
        undone: Version that a rollback made live -> the version by which it was undone.
        marks: Digest of each model that a person went back from and did not bring back since -> a row with
            `version` (of the model) and `why`.
    """

    open: list[DoneRollback] = field(default_factory=list)
    undone: dict[int, VersionRow] = field(default_factory=dict)
    marks: Marks = field(default_factory=dict)


def rollbacks(rows: Sequence[VersionRow]) -> Rollbacks:
    """The rollbacks among versions, oldest first, of which each has `version, digest, action, why`."""
    done = Rollbacks()
    former: VersionRow | None = None
    for row in rows:
        if row["action"] == "rollback" and former is not None:
            done.open.append(DoneRollback(row, former, done.marks))
            mark = {"version": former["version"], "why": row["why"]}
            done.marks = _without(row, {**done.marks, former["digest"]: mark})
        elif row["action"] == "forward" and done.open:
            last = done.open.pop()
            done.undone[last.row["version"]] = row
            done.marks = last.marks
        elif row["action"] == "forward":  # the ledger lost what it undid
            done.marks = _without(row, done.marks)
        else:
            done.open.clear()
        former = row
    return done


def original(restores: Mapping[int, int | None], number: int) -> int:
    """The version whose model a version has: one that restores version N counts as N, however often.

    Args:
        restores: Version -> the version that it restores, None for none.
        number: The version.
    """
    while (restored := restores.get(number)) and restored < number:
        number = restored
    return number


def restorable(rows: Sequence[VersionRow], number: int, on_disk: Collection[int]) -> list[int]:
    """The versions on disk that have a version's model, in the order in which `forward` takes them.

    First the one that was pushed, then the copy of it that was live.

    Args:
        rows: All versions, as `rollbacks` takes them, with `restores`.
        number: The version.
        on_disk: Numbers of the versions whose folders are there.
    """
    same = dict.fromkeys((original({row["version"]: row["restores"] for row in rows}, number), number))
    return [each for each in same if each in on_disk]


def _without(row: VersionRow, marks: Marks) -> Marks:
    """The marks without that of the model that a person has just brought back."""
    return {digest: mark for digest, mark in marks.items() if digest != row["digest"]}
