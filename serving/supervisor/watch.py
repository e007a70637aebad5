"""Looks at the folders of models: which versions lie there, and whether a file of one has changed."""

import hashlib
import os
import re
from pathlib import Path
from typing import Final

from serving.model.folder import GRAPH_FILES
from serving.settings import LARGEST_VERSION
from serving.supervisor.versions import VersionFolder

_NUMBER: Final = re.compile(r"[0-9]+")


def scan(root: str) -> dict[int, VersionFolder] | None:
    """Finds the versions in a model's folder, as TF Serving does.

    A version is a folder whose name is a number, with leading zeros or without, that holds a SavedModel's
    graph. Of two names of one number the last one in alphabetical order counts.

    Returns:
        Number -> folder; None: the model's folder is not there, or cannot be read.
    """
    try:
        with os.scandir(root) as entries:
            names = sorted(entry.name for entry in entries if _NUMBER.fullmatch(entry.name))
    except OSError:
        return None
    versions = {}
    for name in names:
        path = str(Path(root, name))
        if int(name) <= LARGEST_VERSION and (version := _version(path)):
            versions[int(name)] = version
    return versions


def _version(path: str) -> VersionFolder | None:
    """A version's folder with the digest of its files' names, sizes and times; None: there is no model."""
    try:
        files = sorted(_files(path, ""))
    except OSError:
        return None
    names = frozenset(name for name, _, _ in files)
    if names.isdisjoint(GRAPH_FILES):
        return None
    return VersionFolder(path, hashlib.sha256(repr(files).encode()).hexdigest(), names)


def _files(path: str, prefix: str) -> list[tuple[str, int, int]]:
    """Relative name, size and time of last change (ns) of every file below a folder."""
    files: list[tuple[str, int, int]] = []
    with os.scandir(path) as entries:
        for entry in entries:
            name = prefix + entry.name
            try:
                if entry.is_dir():
                    files.extend(_files(entry.path, f"{name}/"))
                else:
                    status = entry.stat()
                    files.append((name, status.st_size, status.st_mtime_ns))
            except OSError:  # it has just gone, or is not for this user
                files.append((name, -1, -1))
    return files
