"""What has landed before: which spans there are, and whether a new one has their content."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from perennial.files import file_digest
from pipeline import export_folders
from pipeline.config import UseCase
from pipeline.export_folders import ExportFolder
from pipeline.ledgers import opened

State = Literal["landed", "replaced", "already landed"]


class Landed:
    """The spans of a use case: those on disk, and those that the ledger alone knows."""

    def __init__(self, use_case: UseCase) -> None:
        """Lists them."""
        self._section = use_case.exports
        exports = export_folders.exports_of(use_case)
        self._exports = {export.span: export for export in exports if export.state != "odd"}
        with opened(use_case, make=False) as ledger:
            current = [ledger.spans.current(name) for name in ledger.spans.names()]
        self._versions = {version.span: version for version in current if version is not None}

    @property
    def next_number(self) -> str:
        """The span of a file whose rows' days decide nothing; "" where they do."""
        has_days = self._section.time_column is not None
        if self._section.span != "number" or (has_days and self._section.years):
            return ""
        numbers = [int(name) for name in {*self._exports, *self._versions} if name.isdecimal()]
        return str(max(numbers, default=0) + 1)

    def compared(self, span: str, aside: Path, *, renames: bool) -> tuple[str, State]:
        """The name of a span that is written aside, and what becomes of it.

        Args:
            span: Its name.
            aside: Its folder.
            renames: Whether its name is only the next number, so that another span may be the same.
        """
        if renames and self.next_number == span:
            same = [name for name, export in self._exports.items() if _same_content(export, aside)]
            return (same[0], "already landed") if same else (span, "landed")
        there, known = self._exports.get(span), self._versions.get(span)
        if there is None and known is None:
            return span, "landed"
        if there is None:
            landing = export_folders.look_into(aside)
            is_same = known is not None and (
                known.digest == export_folders.content_digest(landing, file_digest)
            )
        else:
            is_same = there.state == "complete" and _same_content(there, aside)
        return span, "already landed" if is_same else "replaced"

    def rows_text(self, span: str) -> str:
        """How many rows a span has now, as the end of a remark; "" where it has not been read."""
        version = self._versions.get(span)
        return f", {version.rows + version.quarantined:,} now" if version and version.verdict != "NEW" else ""


def _same_content(export: ExportFolder, aside: Path) -> bool:
    """Whether two folders hold the same files, whatever their names."""
    files, others = export.files, export_folders.look_into(aside).files
    return _sizes(files) == _sizes(others) and _digests(files) == _digests(others)


def _sizes(files: Sequence[Path]) -> list[int]:
    return sorted(file.stat().st_size for file in files)


def _digests(files: Sequence[Path]) -> list[str]:
    return sorted(map(file_digest, files))
