"""Which files of a folder are a table's: hidden ones are not, and a Delta table's former ones must not be."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from perennial.errors import FileRefused
from perennial.reading.partition_folders import is_partition, refuse_gap

_DELTA_LOG: Final = "_delta_log"
_MOST_LOG_BYTES: Final = 256 << 20


def is_hidden(name: str) -> bool:
    """Whether a file or folder is none of a table's (`_SUCCESS`, `_temporary`, `.crc`), as Spark has it."""
    return name.startswith(".") or (name.startswith("_") and not is_partition(name))


def files_below(folder: Path) -> list[Path]:
    """The files in a folder and below it that are not hidden, in order; links to folders among them.

    Raises:
        OSError: A folder cannot be listed.
        FileRefused: A file's columns cannot be told from its folders' names, or some files are of former
            versions of a Delta table.
    """
    files: list[Path] = []
    for here, folders, names in os.walk(folder, onerror=_raise):
        folders[:] = [name for name in folders if not is_hidden(name)]
        links = [name for name in folders if (Path(here) / name).is_symlink()]
        files += [Path(here) / name for name in [*links, *names] if not is_hidden(name)]
    for path in files:
        refuse_gap(path, folder)
    if (folder / _DELTA_LOG).is_dir():
        _refuse_former(folder, files)
    return sorted(files)


def _raise(error: OSError) -> None:
    raise error


def _refuse_former(table: Path, files: Iterable[Path]) -> None:
    """Refuses the folder of a Delta table whose files are not, all of them, its present version."""
    here = {path.relative_to(table).as_posix() for path in files}
    if _current(sorted((table / _DELTA_LOG).glob("*.json"))) != here:
        raise FileRefused(
            f"{table.name} is a Delta table that has changed: its files also hold rows of former versions.",
            "Write its present rows as a table of their own, for example with"
            " DeltaTable(path).to_pandas().to_parquet(file).",
        )


def _current(log: list[Path]) -> set[str] | None:
    """The files of a Delta table's present version; None where its log does not say.

    The log is numbered from 0; each line of a file adds or removes one (Delta's protocol, "Actions").
    """
    if [path.stem for path in log] != [f"{number:020}" for number in range(len(log))]:
        return None
    if sum(path.stat().st_size for path in log) > _MOST_LOG_BYTES:
        return None
    current: set[str] = set()
    try:
        for path in log:
            for action in map(json.loads, path.read_text().splitlines()):
                if "add" in action:
                    if action["add"].get("deletionVector"):
                        return None
                    current.add(unquote(action["add"]["path"]))
                elif "remove" in action:
                    current.discard(unquote(action["remove"]["path"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return current
