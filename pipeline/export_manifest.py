"""The manifest that an export's `_SUCCESS` file may hold: its files, with bytes, checksums and rows."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Final

from perennial.files import shown

SUCCESS: Final = "_SUCCESS"
# A manifest is read into memory; this is enough for a hundred thousand files.
_LARGEST_MANIFEST: Final = 32 << 20


class ManifestError(ValueError):
    """A `_SUCCESS` manifest does not match the files of its folder; the text is a sentence."""


def read_manifest(marker: Path) -> dict[str, Any] | None:
    """The manifest in a `_SUCCESS` file; None for an empty one, as Spark writes it.

    Raises:
        ManifestError: It is none.
    """
    if marker.stat().st_size > _LARGEST_MANIFEST:
        raise ManifestError(f"{SUCCESS} is larger than {_LARGEST_MANIFEST >> 20} MiB.")
    text = marker.read_text(encoding="utf-8", errors="replace").strip()
    if not text:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ManifestError(f"{SUCCESS} must be empty or JSON.") from error
    files = value.get("files") if isinstance(value, dict) else None
    if not isinstance(files, list) or not all(_is_entry(entry) for entry in files):
        raise ManifestError(
            f"{SUCCESS} needs a list `files` of `path`, `bytes`, `sha256` and (where known) `rows`."
        )
    return value


def _is_entry(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("path"), str)
        and type(entry.get("bytes")) is int
        and isinstance(entry.get("sha256"), str)
        and type(entry.get("rows", 0)) is int
    )


def listed_files(
    manifest: Mapping[str, Any], folder: Path, files: Sequence[Path]
) -> dict[str, dict[str, Any]]:
    """Entries of the manifest by path, after names and sizes were compared with the folder.

    Raises:
        ManifestError: They differ.
    """
    listed: dict[str, dict[str, Any]] = {}
    for number, entry in enumerate(manifest["files"], 1):
        path = PurePosixPath(entry["path"])
        if path.is_absolute() or ".." in path.parts:
            raise ManifestError(f"{SUCCESS}: the path of file {number} is outside the span's folder.")
        if path.as_posix() in listed:
            raise ManifestError(f"{SUCCESS} lists file {number} twice.")
        listed[path.as_posix()] = entry
    here = {path.relative_to(folder).as_posix(): path for path in files}
    if missing := sorted(listed.keys() - here.keys()):
        raise ManifestError(f"{shown(missing[0])} is in {SUCCESS} but not in the folder.")
    if extra := sorted(here.keys() - listed.keys()):
        raise ManifestError(f"{extra[0]} is in the folder but not in {SUCCESS}.")
    for name, entry in listed.items():
        size = here[name].stat().st_size
        if size != entry["bytes"]:
            raise ManifestError(
                f"{name}: {SUCCESS} lists {entry['bytes']:,} bytes, but the file has {size:,}."
            )
    return listed
