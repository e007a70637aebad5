"""Cuts the next file of a use case into spans and lays them down as complete exports, each whole."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from commands.cutting.files import files_of
from commands.cutting.pieces import Pieces, pieces_of, stage_span, whole_files
from commands.cutting.span_of_format import spans_of_use_case
from commands.cutting.spans import SpanRule
from commands.cutting.spans_of_times import UNDATED
from commands.land.landed import Landed, State
from components.arrow_example_gen.ingest import file_report, hashed_rows, read_file
from components.arrow_example_gen.refused_rows import refuse_if_bad
from components.arrow_example_gen.summary import FileReport
from perennial import clock
from perennial.errors import FileRefused, LabelsMissing, UsageError
from perennial.files import file_digest, remove, replace_folder, shown, sweep_aside, sync_tree, write_json
from perennial.reading.columns import export_columns
from perennial.reading.partition_folders import name_in_table
from perennial.reading.reading import ExportFormat
from pipeline import export_folders, span_names
from pipeline.config import UseCase
from pipeline.export_manifest import SUCCESS
from pipeline.run import lock
from pipeline.run.curated_schema import curated_schema

_SHOWN: Final = 5


@dataclass
class Staged:
    """A span that is written aside.

    Attributes:
        span: Its name; that of the span that holds the same files already, if there is one.
        aside: Its folder, with `_SUCCESS`.
        rows: Rows that can be read and have a label.
        quarantined: Rows that cannot be read.
        unlabelled: Rows that lack nothing but the label.
        labels_missing: Why `run` waits for its labels, a sentence; "" where enough rows have one.
        state: What becomes of it.
    """

    span: str
    aside: Path
    rows: int = 0
    quarantined: int = 0
    unlabelled: int = 0
    labels_missing: str = ""
    state: State = "landed"


def land(use_case: UseCase, path: Path, span: str | None = None, *, replace: bool = False) -> dict[str, Any]:
    """Hands in a file: when all of it could be read, each of its spans appears by a rename, with a manifest.

    Args:
        use_case: Whose file it is.
        path: A CSV or Parquet file, or a folder of them.
        span: The span of all rows; None: by the time column, or the next number.
        replace: Whether a span that has other content is replaced.

    Returns:
        `use_case`, `path`, `exports` (the exports folder), `spans` (each `span`, `state`: `landed`,
        `replaced` or `already landed`, `rows`, `quarantined`, `unlabelled`), `notes` (sentences on spans) and
        `next` (the command to run).

    Raises:
        UsageError: There is no such file; a span's name is not valid, or it is there with other content; or
            there is only a span whose period has not ended.
        FileRefused: A file cannot be read as the schema says.
        SpanRefused: A span has no rows, or too many bad ones.
        Busy: Another `land` of this use case runs.
        ExportsUnreadable: The folder of `exports.path` does not exist.
    """
    files, _ = files_of(path)
    export_folders.expect_folder(use_case)
    export = _format(use_case, span or None)
    root, folder = use_case.make_root(), use_case.exports_folder
    with lock.held(root / "land.lock", "land"):
        folder.mkdir(parents=True, exist_ok=True)
        sweep_aside(folder, ".*")
        landed = Landed(use_case)
        pieces = _by_span(use_case, files, export, span or landed.next_number)
        notes: list[str] = []
        if not (span or landed.next_number or replace):
            pieces, notes = _without_unfinished(use_case, pieces)
        with _staged(use_case, pieces) as staged:
            for each in staged:
                each.span, each.state = landed.compared(each.span, each.aside, renames=span is None)
            if not replace:
                _refuse_replaced(staged, landed)
            for each in staged:
                if each.state != "already landed":
                    replace_folder(each.aside, folder / each.span)
    return {
        "use_case": use_case.name,
        "path": str(path),
        "exports": str(folder),
        "spans": [
            {key: getattr(each, key) for key in ("span", "state", "rows", "quarantined", "unlabelled")}
            for each in staged
        ],
        "notes": [
            *notes,
            *(
                f"Span {each.span}: {each.labels_missing} `run` waits for its labels."
                for each in staged
                if each.labels_missing
            ),
        ],
        "next": f"local_runner.py run {use_case.name}",
    }


def _format(use_case: UseCase, span: str | None) -> ExportFormat:
    """How `run` reads the files of a span; None: of the newest."""
    _, schema = curated_schema(use_case)
    exports = use_case.exports
    return ExportFormat(
        export_columns(schema),
        use_case.label,
        exports.time_column or "",
        exports.csv_format_of(span),
        task=use_case.answers,
    )


def _by_span(
    use_case: UseCase, files: Sequence[Path], export: ExportFormat, span: str
) -> Mapping[str, Sequence[Pieces]]:
    """Span -> its pieces, oldest first; `span` is that of all rows, "" where the days decide.

    Raises:
        UsageError: A name is no span, or it begins after today.
        FileRefused: A file cannot be split, no row has a time, or a time may be of several spans.
    """
    exports, kind = use_case.exports, use_case.exports.span
    if span:
        pieces: Mapping[str, Sequence[Pieces]] = {span: whole_files(files)}
    elif not export.time_column:
        raise UsageError(
            f"Cannot tell the span of the rows: {use_case.name} has no `exports.time_column`.",
            "Name the span with --span.",
        )
    else:
        pieces = pieces_of(files, export, spans_of_use_case(exports, export))
    if UNDATED in pieces:
        raise FileRefused(
            f"Column `{export.time_column}`: no row has a date or a time that can be read.",
            "Write the times as the use case expects them, or name the span with --span.",
        )
    for name in pieces:
        if wrong := export_folders.not_a_span(name, kind, clock.now()):
            raise UsageError(f"Span {shown(name)}: {wrong}", "Fix the times of its rows, or fix --span.")
    return {name: pieces[name] for name in sorted(pieces, key=lambda name: span_names.order(name, kind))}


def _without_unfinished(
    use_case: UseCase, pieces: Mapping[str, Sequence[Pieces]]
) -> tuple[Mapping[str, Sequence[Pieces]], list[str]]:
    """The spans without the last one if its period has not ended, and a sentence about that one.

    Midnights are those of `exports.time_zone`. A month of a few days would be blocked for its number of rows,
    and again with every run.

    Raises:
        UsageError: There is no other span.
    """
    *whole, last = pieces
    exports = use_case.exports
    ends = SpanRule(exports.span, exports.years).end_of(last, exports.zone)
    if ends <= clock.now():
        return pieces, []
    why = f"span {last} ends at {clock.stamp(ends)}, so the file may not have all of its rows"
    remedy = "Land the file again when the span has ended, or use --replace to land it as it is."
    if not whole:
        raise UsageError(f"Nothing was landed: {why}.", remedy)
    return {name: pieces[name] for name in whole}, [f"Not landed: {why}. {remedy}"]


@contextmanager
def _staged(use_case: UseCase, pieces: Mapping[str, Sequence[Pieces]]) -> Iterator[list[Staged]]:
    """The spans, written aside and read as `run` reads them; what is still aside at the end is removed.

    Raises:
        FileRefused: A file cannot be read as the schema says.
        SpanRefused: A span has no rows, or too many bad ones.
    """
    exports = use_case.exports
    staged: list[Staged] = []
    try:
        for span, parts in pieces.items():
            each = Staged(span, stage_span(use_case.exports_folder / span, parts))
            staged.append(each)
            files = export_folders.look_into(each.aside).files
            export = _format(use_case, span)
            reports = [_report(file, export) for file in files]
            try:
                refuse_if_bad(reports, exports.max_bad_share, exports.max_unlabelled_share, span)
            except LabelsMissing as error:
                each.labels_missing = error.problem
            each.rows = sum(report.rows for report in reports)
            each.quarantined = sum(report.quarantined for report in reports)
            each.unlabelled = sum(report.unlabelled for report in reports)
            _write_manifest(each.aside, files, reports)
        yield staged
    finally:
        for each in staged:
            remove(each.aside)


def _report(file: Path, export: ExportFormat) -> FileReport:
    read = read_file(file, export)
    return file_report(name_in_table(file), read, hashed_rows(read.table, export).sketch, export)


def _write_manifest(aside: Path, files: Sequence[Path], reports: Sequence[FileReport]) -> None:
    """Writes `_SUCCESS`, when the files are on the disk."""
    entries = [
        {
            "path": file.relative_to(aside).as_posix(),
            "bytes": file.stat().st_size,
            "sha256": file_digest(file),
            "rows": report.rows + report.quarantined + report.unlabelled,
        }
        for file, report in zip(files, reports, strict=True)
    ]
    sync_tree(aside)
    write_json(aside / SUCCESS, {"files": entries})
    sync_tree(aside)


def _refuse_replaced(staged: Sequence[Staged], landed: Landed) -> None:
    replaced = [each for each in staged if each.state == "replaced"]
    if not replaced:
        return
    names = [
        f"{each.span} ({each.rows + each.quarantined:,} rows in this file{landed.rows_text(each.span)})"
        for each in replaced
    ]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    raise UsageError(
        f"Nothing was landed: these spans are there with other content: {', '.join(names[:_SHOWN])}{more}.",
        "Add --replace to replace all rows of these spans by those of the file. To add rows to a span, land a"
        " file that has the old and the new ones.",
    )
