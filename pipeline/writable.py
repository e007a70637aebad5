"""Whether runs can write where they have to; what it makes to find out, it removes at once."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from perennial.errors import HomeUnusable

# What runs write below a use case's root.
_FOLDERS: Final = ("artifacts", "models", "quarantine", "runs", "schemas", "tmp")
_FILES: Final = ("ledger.db", "lock", "metadata.db", "reserve")


def check_folder(folder: Path) -> None:
    """Checks that this user can write into a folder, or make it.

    Raises:
        HomeUnusable: It, or the nearest folder above it that exists, is a file or cannot be written to.
    """
    try:
        there = next(each for each in (folder, *folder.parents) if each.exists())
    except OSError as error:
        raise unusable(folder, error.strerror or "it cannot be read") from error
    if not there.is_dir():
        raise unusable(folder, f"{there} is not a directory")
    if not os.access(there, os.W_OK | os.X_OK):
        raise unusable(folder, f"no write permission on {there}, or a read-only file system")
    if there != folder:
        _check_makes_folders(there, folder)


def _check_makes_folders(there: Path, folder: Path) -> None:
    """Makes an empty folder and removes it: permissions do not show that /proc takes none."""
    try:
        Path(tempfile.mkdtemp(prefix=".perennial-", dir=there)).rmdir()
    except OSError as error:
        raise unusable(folder, f"no folder can be made in {there} ({error.strerror})") from error


def check_exports(exports: Path) -> None:
    """Checks that a file is not in the place of the folder in which the exports folder is.

    Raises:
        HomeUnusable: There is one.
    """
    _check_kind(exports.parent, Path.is_dir, "a folder")


def check_root(root: Path) -> None:
    """As `check_folder`, of a use case's root and of what lies in it.

    Raises:
        HomeUnusable: As `check_folder`, or a file is in a folder's place, or a folder in a file's.
    """
    check_folder(root)
    for name in _FOLDERS:
        _check_kind(root / name, Path.is_dir, "a folder")
    for name in _FILES:
        _check_kind(root / name, Path.is_file, "a file")


def _check_kind(path: Path, is_right: Callable[[Path], bool], expected: str) -> None:
    if path.exists() and not is_right(path):
        raise HomeUnusable(f"{path} is not {expected}.", f"Move it away: runs need {expected} there.")


def unusable(folder: Path, why: str) -> HomeUnusable:
    """The error of a folder that runs cannot write to."""
    return HomeUnusable(
        f"Cannot write to the folder {folder}: {why}.",
        "Make it a folder that this user can write to, or set PERENNIAL_HOME to another folder.",
    )
