"""What lies in an exports folder, as a digest by which the schedule sees that something has come."""

import os
from collections.abc import Iterator
from pathlib import Path

from perennial import clock
from pipeline import export_folders
from pipeline.config import UseCase


class ExportsWatch:
    """Looks at the exports folder of one use case again and again; cheap where nothing has changed."""

    def __init__(self) -> None:
        """Looks at nothing yet."""
        self._stats = ""
        self._digest: str | None = None

    def digest(self, use_case: UseCase) -> str:
        """The digest of all complete and refused spans: names, sizes and times of their files; "" for none.

        Raises:
            ExportsUnreadable: The exports folder cannot be listed.
        """
        folder = use_case.exports_folder
        stats = export_folders.digest_of_text("\n".join(_stats(folder)))
        # Without a marker a span becomes complete by time alone.
        by_time = use_case.exports.complete_when != "success_file"
        # The name of the day counts: a span that begins after today is none yet.
        stats = f"{clock.now().timestamp() if by_time else clock.now().date()} {folder} {stats}"
        if self._digest is None or stats != self._stats:
            self._digest = snapshot(use_case)
            self._stats = stats
        return self._digest


def snapshot(use_case: UseCase) -> str:
    """The digest of `ExportsWatch.digest`, made anew.

    Raises:
        ExportsUnreadable: The exports folder cannot be listed.
    """
    spans = [
        f"{export.span} {export.state} {' '.join(_stats_of(export.files))}"
        for export in export_folders.exports_of(use_case)
        if export.is_readable
    ]
    return export_folders.digest_of_text("\n".join(spans)) if spans else ""


def _stats_of(files: tuple[Path, ...]) -> Iterator[str]:
    for path in files:
        try:
            stat = path.stat()
        except OSError:  # it disappeared, or cannot be looked at: the run says so
            yield f"{path.name} unreadable"
        else:
            yield f"{path.name} {stat.st_size} {stat.st_mtime_ns}"


def _stats(folder: Path) -> list[str]:
    """A line for each file and folder below a folder, sorted; what cannot be listed has none."""
    lines: list[str] = []
    folders = [os.fspath(folder)]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    stat = entry.stat(follow_symlinks=False)
                    lines.append(f"{entry.path} {stat.st_size} {stat.st_mtime_ns} {stat.st_mode}")
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
        except OSError:
            continue
    return sorted(lines)
