"""Folders whose names give columns (`station=North`), as Hive, Spark and others partition tables."""

import os
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from perennial.errors import FileRefused

# What Hive, Spark, Arrow and others write for a missing value.
NULL: Final = "__HIVE_DEFAULT_PARTITION__"


def table_folder(path: Path) -> Path:
    """The folder of the table that a file is part of: above the folders that give columns."""
    return _whole(path).parents[len(_folders(path))]


def is_partition(folder: str) -> bool:
    """Whether a folder's name gives a column: `key=value`."""
    return "=" in folder[1:]


def partitions_of(path: Path) -> dict[str, str | None]:
    """Column -> its text in all rows of a file, by the folders directly above it; None: missing.

    Names and values are URL-decoded.
    """
    keys: dict[str, str | None] = {}
    for folder in reversed(_folders(path)):
        key, _, value = folder.partition("=")
        keys[unquote(key)] = None if value == NULL else unquote(value)
    return keys


def name_in_table(path: Path) -> str:
    """A file's name, with the folders that give it columns before it."""
    return "/".join([*reversed(_folders(path)), path.name])


def _folders(path: Path) -> list[str]:
    """The folders above a file that give it columns, the innermost first, wherever the path begins."""
    folders = []
    for folder in _whole(path).parents:
        if not is_partition(folder.name):
            break
        folders.append(folder.name)
    return folders


def _whole(path: Path) -> Path:
    """The path with the working directory, and without `..`: a file's columns are the same by any path."""
    return Path(os.path.normpath(path.absolute()))


def refuse_gap(path: Path, table: Path) -> None:
    """Refuses a file with a folder `key=value` above it, but not directly.

    Raises:
        FileRefused: The column of that folder would be lost.
    """
    inside = path.relative_to(table).parts[:-1]
    others = inside[: max(0, len(inside) - len(_folders(path)))]
    lost = next((name for name in others if is_partition(name)), None)
    if lost:
        raise FileRefused(
            f"{path.relative_to(table).as_posix()}: between the folder `{lost}` and the file is a folder that"
            " is not named key=value.",
            "Move the file directly below the folders that give it columns.",
        )
