"""Which span an export is, by its path or name, and whether it is that span as it has landed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from perennial import clock
from perennial.errors import UsageError
from perennial.files import file_digest, shown
from perennial.row_sketch import FILE as SKETCH
from perennial.row_sketch import RowSketch, read_sketch
from perennial.store.ledger import Ledger
from perennial.store.span_version import SpanVersion
from pipeline import export_folders
from pipeline.config import UseCase
from pipeline.export_folders import ExportFolder
from pipeline.run.arrivals import content_of
from pipeline.run.gaps import held_back, missing_spans

_ENDING: Final = re.compile(r"\.(csv|parquet|tfrecord)(\.gz)?\Z")


@dataclass(frozen=True)
class LocatedExport:
    """An export to check.

    Attributes:
        span: Its span; "" if neither path nor name is one.
        export: Its folder and data files.
        landed: Whether it is in the exports folder.
        version: The version of the span whose content it has, if that is the last one; None if it is new.
        digest: Of its content.
        problem: Why it is refused before it is read; empty if it is not.
        note: What is checked where that is not just the path; else empty.
    """

    span: str
    export: ExportFolder
    landed: bool
    version: SpanVersion | None = None
    digest: str = ""
    problem: str = ""
    note: str = ""

    def as_landed(self, version: SpanVersion) -> "LocatedExport":
        """The same, where its rows turned out to be those of a version."""
        return replace(self, span=version.span, version=version)


def located(use_case: UseCase, ledger: Ledger, path: Path, span: str | None) -> LocatedExport:
    """Which span a path is.

    In the exports folder it is the span of the folder that it is or is in, and the whole span is checked, as
    `run` reads it. Elsewhere it is the span whose name it has.

    Args:
        use_case: Whose export it is.
        ledger: Has the versions of spans.
        path: A folder or a file.
        span: The span that it is to be; None: by path or name.

    Raises:
        UsageError: `span` is no span, or the path has more than one span, cannot be listed or disappears.
    """
    kind = use_case.exports.span
    if span is not None and (wrong := export_folders.not_a_span(span, kind, clock.now())):
        raise UsageError(f"Span {shown(span)}: {wrong}", "Fix --span.")
    place = _place(use_case.exports_folder, path)
    if place is not None and span in (None, place.name):
        export = LocatedExport(_span_name(use_case, place.name), _listed(place), landed=True)
        if path.is_file() and len(export.export.files) > 1:
            count = len(export.export.files)
            which = f"{path.name} is one of {count} files of span {place.name}"
            export = replace(export, note=f"{which}: all were checked, as `run` reads them.")
    else:
        name = path.name if path.is_dir() else _ENDING.sub("", path.name)
        export = LocatedExport(span or _span_name(use_case, name), _listed(path), landed=False)
    return _with_gap(use_case, ledger, _with_version(ledger, export))


def _place(exports_folder: Path, path: Path) -> Path | None:
    """The folder of the span that a path is or is in; None of a path outside of the exports folder.

    A symbolic link in the exports folder has a name of its own; links on the way to that folder do not count.

    Raises:
        UsageError: The path is the exports folder, or has it inside.
    """
    root = exports_folder.resolve()
    if root.is_relative_to(path.resolve()):
        raise UsageError(f"{path} has all exports of the use case.", "Name the folder of one span.")
    for inside in (path.parent.resolve() / path.name, path.resolve()):
        if inside.is_relative_to(root):
            return exports_folder / inside.relative_to(root).parts[0]
    return None


def _span_name(use_case: UseCase, name: str) -> str:
    return "" if export_folders.not_a_span(name, use_case.exports.span, clock.now()) else name


def _listed(path: Path) -> ExportFolder:
    """The files of a folder, or a file as the only one of its folder."""
    if not path.is_dir():
        return ExportFolder(path.name, path.parent, "complete", files=(path,))
    try:
        return export_folders.look_into(path, needs_marker=False)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.", "Check its permissions.") from error


def _with_version(ledger: Ledger, export: LocatedExport) -> LocatedExport:
    """With the digest of its content, and the version that has it."""
    waits = export.export.state == "waiting"  # `look_into` has its reason, which is no fault of the content
    try:
        content = content_of(replace(export.export, reason="") if waits else export.export, file_digest)
    except FileNotFoundError as error:
        raise UsageError("A file disappeared while it was read.", "Run `check` again.") from error
    current = ledger.spans.current(export.span)
    version = current if current and current.digest == content.digest else None
    return replace(export, digest=content.digest, problem=content.problem, version=version)


def _with_gap(use_case: UseCase, ledger: Ledger, export: LocatedExport) -> LocatedExport:
    """With a note if `run` would not read it once it has landed, as a span is missing before it."""
    if export.landed or not export.span or use_case.exports.gap != "wait":
        return export
    listed = [each for each in export_folders.exports_of(use_case) if each.span != export.span]
    listed.append(replace(export.export, span=export.span, state="complete"))
    held = held_back(use_case, ledger, missing_spans(use_case, ledger, listed), listed)
    if export.span not in held.spans:
        return export
    missing = f"span {held.missing} is missing before it (`exports.gap: wait`)."
    return replace(export, note=f"`run` would not read it yet: {missing}")


def landed_with_rows(ledger: Ledger, span: str, sketch: RowSketch) -> SpanVersion | None:
    """The version with just these rows, whatever its files: the last of `span`, or of any if that is ""."""
    names = [span] if span else sorted(ledger.spans.names())
    versions = [version for version in map(ledger.spans.current, names) if version and version.examples]
    # Of two spans with the same rows the one in use is meant.
    for version in sorted(versions, key=lambda version: (not version.accepted, version.arrived)):
        other = read_sketch(Path(version.examples) / SKETCH)
        if other is not None and other.rows and other.fingerprint == sketch.fingerprint:
            return version
    return None


def notes_of(export: LocatedExport, state: Mapping[str, Any] | None) -> list[str]:
    """What `run` makes of a span that has landed, by its state in `spans` (None: there is no such span)."""
    notes = [export.note] if export.note else []
    if state is None:
        return notes
    reasons = " ".join(state["reasons"])
    if export.landed and state["state"] in ("ODD", "WAITING"):
        return [*notes, f"`run` does not read span {export.span or state['span']} as it is: {reasons}"]
    if export.version is None:
        known = state["version"] is not None
        if export.landed:
            return [
                *notes,
                *([f"Span {export.span} has other content than at the last run."] if known else []),
            ]
        return [*notes, f"Span {export.span} has landed with other content, which this would replace."]
    decision = {"accept": "accepted", "reject": "rejected"}.get(export.version.decision, "")
    in_use = "in use" if state["in_use"] == export.version.version else "not in use"
    by = f"a person {decision} it, " if decision else ""
    return [*notes, f"This is span {export.span} as it has landed: {state['state']}, {by}{in_use}."]
