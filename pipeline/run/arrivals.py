"""Complete exports become arrivals: the content of each is recorded as a version of its span."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from perennial.store.ledger import Ledger
from perennial.store.span_version import SpanVersion
from pipeline import export_folders
from pipeline.config import UseCase
from pipeline.export_manifest import ManifestError
from pipeline.run.gaps import MissingSpan, held_back, missing_spans
from pipeline.run.in_use import newest_in_use
from pipeline.run.scope import SpanScope
from pipeline.run.through import is_through


@dataclass(frozen=True)
class Arrival:
    """A complete export, and the version of its span that it is.

    Attributes:
        export: The export.
        version: The version.
        problem: Why it is refused before it is read; empty if it is not.
        checksums: SHA-256 of each file when the version was recorded; they must not change until it is read.
    """

    export: export_folders.ExportFolder
    version: SpanVersion
    problem: str
    checksums: Mapping[Path, str]


class ExportContent(NamedTuple):
    """What an export holds: its digest, why it is refused unread ("": it is not), each file's SHA-256."""

    digest: str
    problem: str
    checksums: Mapping[Path, str]


class Arrivals(NamedTuple):
    """The exports folder, as a run sees it.

    Attributes:
        exports: All folders in it.
        arrivals: The exports that can be read of the newest spans, of those in use and of those that are
            wanted, oldest span first.
        notes: A sentence for each span that waits for the next run, and one on those that wait for a
            missing one.
        missing: The spans that are missing between others, oldest first.
    """

    exports: list[export_folders.ExportFolder]
    arrivals: list[Arrival]
    notes: list[str]
    missing: list[MissingSpan]


def arrivals_of(use_case: UseCase, ledger: Ledger, scope: SpanScope) -> Arrivals:
    """Lists the exports folder and records what arrived; reads only what distinguishes versions.

    Args:
        use_case: Whose.
        ledger: Its ledger.
        scope: Up to which span is read, and which are read in any case.
    """
    kind = use_case.exports.span
    exports = export_folders.exports_of(use_case)
    notes = [f"Span {export.span} waits. {export.reason}" for export in exports if export.unreadable]
    missing = missing_spans(use_case, ledger, exports)
    held = held_back(use_case, ledger, missing, exports)
    notes += filter(None, [held.note])
    complete = [export for export in exports if export.is_readable]
    readable = [
        export
        for export in complete
        if export.span not in held.spans and is_through(export.span, scope.through, kind)
    ]
    # If the newest waits or is withheld, the oldest span in use is older than the newest exports.
    spans = set(use_case.window_bounds.newest([export.span for export in readable]))
    spans |= {version.span for version in newest_in_use(ledger, use_case)} | scope.wanted
    arrivals = []
    for export in readable:
        if export.span in spans:
            try:
                arrivals.append(_arrive(export, ledger))
            except FileNotFoundError as error:
                name = Path(str(error.filename)).relative_to(export.folder).as_posix()
                notes.append(f"Span {export.span} waits. {name} disappeared while it was read.")
    return Arrivals(exports, arrivals, notes, missing)


def _arrive(export: export_folders.ExportFolder, ledger: Ledger) -> Arrival:
    """Records a complete export.

    Raises:
        FileNotFoundError: A file of it disappeared.
    """
    content = content_of(export, ledger.files.digest)
    version = ledger.spans.arrive(export.span, content.digest)
    return Arrival(export, version, content.problem, content.checksums)


def content_of(export: export_folders.ExportFolder, digest_of: Callable[[Path], str]) -> ExportContent:
    """The content of an export, by which its versions differ.

    Args:
        export: A complete or refused export.
        digest_of: SHA-256 of a file.

    Raises:
        FileNotFoundError: A file of it disappeared.
    """
    checksums: dict[Path, str] = {}
    problem = export.reason
    digest = ""
    for path in export.files:
        try:
            checksums[path] = digest_of(path)
        except FileNotFoundError:
            raise
        except OSError as error:
            name = path.relative_to(export.folder).as_posix()
            problem = problem or f"{name}: the file cannot be read ({error.strerror})."
    if not problem:
        try:
            digest = export_folders.content_digest(export, checksums.__getitem__)
        except ManifestError as error:
            problem = str(error)
    if problem:
        contents = [f"{path.name} {checksums.get(path, 'unreadable')}" for path in export.files]
        digest = export_folders.digest_of_text("\n".join(["refused", problem, *contents]))
    return ExportContent(digest, problem, checksums)
