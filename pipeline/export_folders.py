"""Exports on disk: which spans exist, which are complete, and what is wrong with the others."""

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from perennial import clock
from perennial.errors import ExportsUnreadable, FileRefused
from perennial.files import shown
from perennial.reading.table_folders import files_below
from pipeline.config import UseCase
from pipeline.config_sections import Stable
from pipeline.export_manifest import SUCCESS, ManifestError, listed_files, read_manifest
from pipeline.span_names import EXAMPLES, PATTERNS, SpanKind, order
from pipeline.span_periods import first_moment

Digest = Callable[[Path], str]


@dataclass(frozen=True)
class ExportFolder:
    """One folder below the exports folder.

    Attributes:
        span: The folder's name, as `files.shown` writes it.
        folder: Where it is.
        state: `complete`; `waiting` (not complete yet); `odd` (no span at all); `refused` (it is
            marked complete, but does not match its manifest).
        reason: Why it is not complete, one sentence; empty for a complete one.
        files: Its data files, sorted by name.
        manifest_rows: Rows of each file by name, where a manifest lists them.
        checksums: SHA-256 of each file by name, where a manifest lists them.
        unreadable: Whether it waits because it cannot be read.
    """

    span: str
    folder: Path
    state: Literal["complete", "waiting", "odd", "refused"]
    reason: str = ""
    files: tuple[Path, ...] = ()
    manifest_rows: Mapping[str, int] | None = None
    checksums: Mapping[str, str] | None = None
    unreadable: bool = False

    @property
    def is_readable(self) -> bool:
        """Whether it has arrived: a run records it, and reads it or refuses it."""
        return self.state in ("complete", "refused")


def find_exports(
    folder: Path, kind: SpanKind, complete_when: Literal["success_file"] | Stable, now: datetime
) -> list[ExportFolder]:
    """Lists the folders below `folder`, oldest span first; a bad one never makes it fail.

    Args:
        folder: The exports folder; one that does not exist holds no exports.
        kind: How names are read.
        complete_when: A `_SUCCESS` file, or unchanged for some seconds.
        now: The present; a span that begins after it is odd (a folder called 9999-12-31 would otherwise
            be the newest for ever).

    Raises:
        ExportsUnreadable: The exports folder itself cannot be listed.
    """
    try:
        if not folder.exists():
            return []
        paths = [path for path in folder.iterdir() if _may_be_meant(path, kind, now)]
    except OSError as error:
        raise ExportsUnreadable(
            f"Cannot read the exports folder {folder}: {error.strerror}.",
            "Make it a folder that this user can read, or fix `exports.path`.",
        ) from error
    exports = [_look_at(path, kind, complete_when, now) for path in paths]
    return sorted(exports, key=lambda export: (export.state == "odd", *_order_or_name(export, kind)))


def exports_of(use_case: UseCase) -> list[ExportFolder]:
    """`find_exports` of a use case, now.

    Raises:
        ExportsUnreadable: As `find_exports`, and as `expect_folder`.
    """
    expect_folder(use_case)
    section = use_case.exports
    return find_exports(use_case.exports_folder, section.span, section.complete_when, clock.now())


def expect_folder(use_case: UseCase) -> None:
    """Checks that the folder of `exports.path` exists: a share that is not mounted is no empty folder.

    The folder in the home may be absent; `land` makes it.

    Raises:
        ExportsUnreadable: It does not.
    """
    folder = use_case.exports.path
    if folder is None:
        return
    try:
        folder.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ExportsUnreadable(
            f"The exports folder {folder} (`exports.path`) does not exist.",
            "Mount its share, create it, or fix `exports.path`.",
        ) from error
    except OSError:
        return  # `find_exports` has the reason


def _may_be_meant(path: Path, kind: SpanKind, now: datetime) -> bool:
    """Whether it is listed: every folder, and a file where a span's folder should be."""
    if path.name.startswith((".", "_")):
        return False
    return path.is_dir() or not not_a_span(path.name, kind, now)


def _order_or_name(export: ExportFolder, kind: SpanKind) -> tuple[int, str]:
    return (0, export.span) if export.state == "odd" else order(export.span, kind)


def content_digest(export: ExportFolder, digest: Digest) -> str:
    """Digest of an export's data: names and contents of its files, without other files in the folder.

    Raises:
        ManifestError: A file's checksum is not that of the manifest.
    """
    lines = []
    for path in export.files:
        name = path.relative_to(export.folder).as_posix()
        value = digest(path)
        if export.checksums is not None and export.checksums[name].lower() != value:
            raise ManifestError(f"{name}: SHA-256 differs from the one in {SUCCESS}.")
        lines.append(f"{name}\t{value}")
    return digest_of_text("\n".join(lines))


def digest_of_text(text: str) -> str:
    """SHA-256 of a text, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def rows_problem(export: ExportFolder, summary: Mapping[str, Any]) -> str:
    """A sentence if a file has another number of rows than its manifest lists; else empty.

    Args:
        export: The export, with the rows of its files where a manifest lists them.
        summary: What reading it came to: `files`, in the order of the export's, with good rows (`rows`) and
            bad ones (`quarantined`), and rows without a label (`unlabelled`).
    """
    for path, read in zip(export.files, summary["files"], strict=True):
        name = path.relative_to(export.folder).as_posix()
        listed_rows = (export.manifest_rows or {}).get(name)
        read_rows = read["rows"] + read["quarantined"] + read["unlabelled"]
        if listed_rows is not None and listed_rows != read_rows:
            return f"{name}: {SUCCESS} lists {listed_rows:,} rows, but the file has {read_rows:,}."
    return ""


def _look_at(
    folder: Path, kind: SpanKind, complete_when: Literal["success_file"] | Stable, now: datetime
) -> ExportFolder:
    strange = not_a_span(folder.name, kind, now)
    if strange:
        return ExportFolder(shown(folder.name), folder, "odd", strange)
    if folder.is_symlink():
        return ExportFolder(folder.name, folder, "odd", "Expected a folder, got a symbolic link.")
    if not folder.is_dir():
        return ExportFolder(folder.name, folder, "odd", "Expected a folder of files, got a file.")
    try:
        export = look_into(folder, needs_marker=complete_when == "success_file")
        if isinstance(complete_when, Stable) and export.state == "waiting":
            return _stable(folder.name, folder, export.files, complete_when.stable, now)
    except OSError as error:
        return ExportFolder(
            folder.name, folder, "waiting", f"Cannot read the folder: {error.strerror}.", unreadable=True
        )
    return export


def look_into(folder: Path, *, needs_marker: bool = True) -> ExportFolder:
    """One export folder by its `_SUCCESS` file; the folder may have any name.

    Args:
        folder: The folder.
        needs_marker: Whether a folder without `_SUCCESS` is still being written, so that it waits even
            if its files are wrong now.

    Raises:
        OSError: It cannot be listed.
    """
    span = folder.name
    marker = folder / SUCCESS
    marked = marker.is_file()
    try:
        files = _data_files(folder)
    except ManifestError as error:
        return ExportFolder(span, folder, "waiting" if needs_marker and not marked else "refused", str(error))
    if not marked:
        return ExportFolder(span, folder, "waiting", f"No {SUCCESS} file yet.", files)
    try:
        manifest = read_manifest(marker)
        if manifest is None:
            return ExportFolder(span, folder, "complete", files=files)
        listed = listed_files(manifest, folder, files)
    except ManifestError as error:
        return ExportFolder(span, folder, "refused", str(error), files)
    rows = {name: entry["rows"] for name, entry in listed.items() if "rows" in entry}
    sums = {name: entry["sha256"] for name, entry in listed.items()}
    return ExportFolder(span, folder, "complete", "", files, rows or None, sums)


def not_a_span(name: str, kind: SpanKind, now: datetime) -> str:
    """Why a folder with this name is not a span, one sentence; empty if it is one."""
    if not re.fullmatch(PATTERNS[kind], name):
        return f"Not a span name; expected one like {EXAMPLES[kind]}."
    if kind == "number":
        return ""
    first = first_moment(name, kind)
    if first is None:
        return f"No such {kind} exists in the calendar; expected one like {EXAMPLES[kind]}."
    if kind == "hour":
        return f"It starts after now ({clock.stamp(now)})." if first > now else ""
    return f"It starts after today ({now.date()})." if first.date() > now.date() else ""


def _data_files(folder: Path) -> tuple[Path, ...]:
    """The files below a span's folder, without those whose name begins with `.` or `_`.

    Nothing else is ignored: what cannot be read as a file, or is outside the folder, may be data.

    Raises:
        ManifestError: Something is not a regular file, is outside the folder, or has an unprintable name; or
            as `files_below`.
        OSError: A folder cannot be listed.
    """
    try:
        files = files_below(folder)
    except FileRefused as refusal:
        raise ManifestError(f"{refusal.problem} {refusal.remedy}") from None
    return tuple(_data_file(path, folder) for path in files)


def _data_file(path: Path, folder: Path) -> Path:
    name = path.relative_to(folder).as_posix()
    if not name.isprintable():
        raise ManifestError(
            f"{shown(name)}: the name has characters that cannot be printed; rename the file."
        )
    if path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(folder.resolve()):
        raise ManifestError(f"{name} is a symbolic link to outside the span's folder.")
    if path.is_dir() or (path.is_symlink() and not path.exists()):
        raise ManifestError(f"{name} is a symbolic link that does not point to a file.")
    if path.exists() and not path.is_file():
        raise ManifestError(f"{name} is not a regular file but a pipe, socket or device.")
    return path


def _stable(span: str, folder: Path, files: tuple[Path, ...], seconds: int, now: datetime) -> ExportFolder:
    if not files:
        return ExportFolder(span, folder, "waiting", "No file yet.")
    age = now.timestamp() - max(path.stat().st_mtime for path in [folder, *files])
    if age < -seconds:
        return ExportFolder(
            span,
            folder,
            "waiting",
            "Its last change is in the future: the clock of this machine or of the writer is wrong.",
            files,
        )
    if age < seconds:
        return ExportFolder(span, folder, "waiting", f"It changed less than {seconds} s ago.", files)
    return ExportFolder(span, folder, "complete", files=files)
