"""Chooses the task from the values of the label, with the reason; or refuses the label."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perennial.errors import UsageError
from perennial.task import Class, Kind, Task

# Integers with more different values than this are an amount, not a list of classes.
MOST_NUMBERED_CLASSES: Final = 20
MOST_CLASSES: Final = 200
# A class with fewer rows can be neither learned nor evaluated.
FEWEST_ROWS_OF_A_CLASS: Final = 10
# With three classes or more, those with fewer rows than this are left out.
FEWEST_ROWS_KEPT: Final = 5
FEWEST_ROWS: Final = 50
# Integers are classes only if each has this many rows on average.
ROWS_A_NUMBERED_CLASS: Final = 10
# Words for the positive class of a text label, in order of preference.
_POSITIVE: Final = ("yes", "true", "1", "y", "t", "positive", "pos", "ja", "si", "sí", "oui", "vrai", "wahr")
_NEGATIVE: Final = ("no", "false", "0", "n", "f", "negative", "neg", "nein", "non", "faux", "falsch")


@dataclass(frozen=True)
class TaskChoice:
    """The task, and the classes of the label.

    Attributes:
        task: The task.
        why: End of a sentence: why this task, and which of two classes is the positive one.
        counts: Rows per class, in the order of the classes; () for a regression.
        left_out: Classes with too few rows, which are not among the task's.
        left_out_rows: Number of rows of these classes.
    """

    task: Task
    why: str
    counts: tuple[int, ...] = ()
    left_out: tuple[Class, ...] = ()
    left_out_rows: int = 0

    @property
    def remarks(self) -> tuple[str, ...]:
        """Comments for the classes."""
        if not self.left_out:
            return ()
        return (f"{len(self.left_out)} values have fewer than {FEWEST_ROWS_KEPT} rows and are not classes.",)


def choose_task(values: pa.ChunkedArray, label: str, asked: Kind | None) -> TaskChoice:
    """Decides on the task.

    Args:
        values: The label's column, typed: int64, float32 or binary; null where missing.
        label: Its name.
        asked: The task that the user named; None: it is inferred.

    Raises:
        UsageError: No model can be trained for this label, or not for the given task.
    """
    present = values.drop_null()
    if len(present) < FEWEST_ROWS:
        raise UsageError(
            f"Column `{label}` has a value in {len(present):,} of {len(values):,} rows; a label needs"
            f" at least {FEWEST_ROWS} rows.",
            "Use a table with more rows, or name another column as --label.",
        )
    counted = pc.value_counts(present)
    names = [_named(value) for value in counted.field("values").to_pylist()]
    by_class = dict(zip(names, counted.field("counts").to_pylist(), strict=True))
    if len(by_class) == 1:
        raise UsageError(
            f"Column `{label}` has the same value in all rows; a label needs at least two values.",
            "Name another column as --label, or use a table in which it varies.",
        )
    is_text = isinstance(names[0], str)
    if is_text and asked is None:
        _refuse_spellings(by_class, label)
    kind, why = _asked(asked, by_class, is_text, label) if asked else _inferred(by_class, is_text, label)
    if kind == "regression":
        return TaskChoice(Task("regression", label), why)
    return _classified(kind, by_class, why, label)


def _refuse_spellings(by_class: dict[Class, int], label: str) -> None:
    """Asks about classes that differ only in case or spaces: they are hardly meant to be two."""
    spellings: dict[str, list[str]] = {}
    for name in map(str, by_class):
        spellings.setdefault(" ".join(name.casefold().split()), []).append(name)
    several = [names for names in spellings.values() if len(names) > 1]
    if several:
        listed = "; ".join(" = ".join(map(repr, sorted(names))) for names in several[:5])
        column = f"table[{label!r}]"
        raise UsageError(
            f"Column `{label}` has classes that differ only in case or spaces: {listed}.",
            f"Write one spelling of each, for example with {column} = {column}.str.strip().str.lower(), and"
            " run `new` again; or set --task multiclass if they are different classes.",
        )


def _named(value: Any) -> Class:
    return value.decode() if isinstance(value, bytes) else value


def _is_whole(value: Class) -> bool:
    return not isinstance(value, str) and float(value).is_integer()


def _inferred(by_class: dict[Class, int], is_text: bool, label: str) -> tuple[Kind, str]:
    count, rows = len(by_class), sum(by_class.values())
    if count == 2:
        return "binary", "it has two values"
    if is_text:
        _refuse_too_many(by_class, label)
        return "multiclass", f"it is text with {count:,} values"
    whole = all(map(_is_whole, by_class))
    # Many values with very few rows show a count, not a list of classes.
    frequent = min(by_class.values()) >= FEWEST_ROWS_KEPT and rows >= ROWS_A_NUMBERED_CLASS * count
    if whole and count <= MOST_NUMBERED_CLASSES and frequent:
        return (
            "multiclass",
            f"it has {count} different integers (if they are amounts, set --task regression)",
        )
    return "regression", f"it has {count:,} different numbers"


def _asked(asked: Kind, by_class: dict[Class, int], is_text: bool, label: str) -> tuple[Kind, str]:
    count = len(by_class)
    if asked == "regression" and is_text:
        raise UsageError(
            f"A regression needs numbers; column `{label}` is text.",
            "Set --task multiclass (or binary), name another --label, or write the column as numbers.",
        )
    if asked == "binary" and count != 2:
        raise UsageError(
            f"A binary task needs a label with two values; column `{label}` has {count:,}.",
            "Set --task multiclass or --task regression, or name another --label.",
        )
    if asked == "multiclass" and count == 2:
        raise UsageError(
            f"A multiclass task needs a label with three values or more; column `{label}` has two.",
            "Set --task binary.",
        )
    if asked == "multiclass":
        _refuse_too_many(by_class, label)
    return asked, "set by --task"


def _refuse_too_many(by_class: dict[Class, int], label: str) -> None:
    if len(by_class) > MOST_CLASSES:
        raise UsageError(
            f"Column `{label}` has {len(by_class):,} different values; at most {MOST_CLASSES} classes are"
            " possible.",
            "Name another --label, or group its values into fewer classes.",
        )


def _classified(kind: Kind, by_class: dict[Class, int], why: str, label: str) -> TaskChoice:
    fewest = FEWEST_ROWS_OF_A_CLASS if kind == "binary" else FEWEST_ROWS_KEPT
    rare = {name: rows for name, rows in by_class.items() if rows < fewest}
    kept = {name: rows for name, rows in by_class.items() if name not in rare}
    if rare and (kind == "binary" or len(kept) < 3):
        raise UsageError(
            f"{len(rare):,} of the {len(by_class):,} values of column `{label}` have fewer than {fewest}"
            " rows; each class needs that many.",
            "Use a table with more rows of them, group its values, or name another --label.",
        )
    classes = _ordered(kept)
    if kind == "binary":
        if classes == (0, 1) and not any(isinstance(name, float) for name in classes):
            task = Task("binary", label)
        else:
            task = Task("binary", label, classes)
        why += f"; {classes[1]!r} is the positive class"
    else:
        task = Task("multiclass", label, classes)
    counts = tuple(kept[name] for name in classes)
    return TaskChoice(task, why, counts, _ordered(rare) if rare else (), sum(rare.values()))


def _ordered(by_class: dict[Class, int]) -> tuple[Class, ...]:
    """The classes in order: numbers by size, text by alphabet; the positive one of two is last."""
    names: Sequence[Any] = sorted(by_class)
    if len(names) != 2 or not isinstance(names[0], str):
        return tuple(names)
    lower = [name.strip().lower() for name in names]
    for number in (0, 1):
        if lower[number] in _POSITIVE or lower[1 - number] in _NEGATIVE:
            return names[1 - number], names[number]
    # If no word is known, the rarer class is the positive one.
    rarer = int(np.argmin([by_class[name] for name in names]))
    return names[1 - rarer], names[rarer]
