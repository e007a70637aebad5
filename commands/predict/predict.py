"""Chooses the version, reads IN, scores it and writes OUT."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from commands.predict.answers import AnswerColumns
from commands.predict.output import refuse_unfit
from commands.predict.rules import Rules
from commands.predict.scoring import Kind, score_files
from commands.predict.scoring_process import ScoringProcess
from components.evaluator.settings import BinaryEvaluation
from perennial.errors import NothingLive, SpanRefused, Unservable, UsageError
from perennial.reading.reading import ExportFormat
from perennial.reading.source_files import format_of
from perennial.signals import stoppable
from perennial.store import registry
from pipeline import config, export_folders
from pipeline.config import UseCase

# Exit code if rows are missing in OUT.
SOME_REFUSED: Final = 3
_KINDS: Final[dict[str, Kind]] = {".csv": "csv", ".csv.gz": "csv", ".parquet": "parquet"}


def predict(
    use_case: UseCase, source: Path, out: Path, version: int | None = None, force: bool = False
) -> dict[str, Any]:
    """Scores a table with a version.

    Args:
        use_case: The use case.
        source: A CSV or Parquet file, or a folder of them with the same columns.
        out: File for the scored rows, in the format of `source`. Refused rows go to a file next to it.
        version: Its number; None: the live version.
        force: Whether to replace `out` if it exists.

    Returns:
        `use_case`, `version`, and what `score_files` gives.

    Raises:
        UsageError: The table or the version does not exist, or `out` cannot be written; nothing was scored.
        NothingLive: No version is live.
        FileRefused: The table cannot be read without loss; nothing is written.
        Unservable: The version is damaged, or cannot score rows.
        Stopped: By a signal; nothing is written.
    """
    chosen = _version(use_case, version)
    files = _files(source)
    kind = _kind(files, out)
    refuse_unfit(out, files, force)
    rules = Rules.of(chosen.folder)
    evaluation = use_case.evaluation
    threshold = evaluation.threshold if isinstance(evaluation, BinaryEvaluation) else 0.5
    answers = AnswerColumns(rules.answers, threshold)
    export = _export(use_case, rules, source)
    with (
        stoppable("nothing was written"),
        ScoringProcess(config.serving_python(), chosen.folder, rules.answers.width) as scorer,
    ):
        counts = score_files(files, kind, out, rules, answers, export, scorer)
    return {"use_case": use_case.name, "version": chosen.number, **counts}


def _version(use_case: UseCase, number: int | None) -> registry.Version:
    versions = registry.versions(use_case.models_folder)
    if not versions:
        raise NothingLive(
            f"No version of {use_case.name} is live, so nothing can be scored.",
            f"Run `run {use_case.name}` first; `status {use_case.name}` shows why there is no version.",
        )
    chosen = next((version for version in versions if version.number == number), None)
    if number is not None and chosen is None:
        there = ", ".join(str(version.number) for version in versions)
        raise UsageError(f"Version {number} does not exist; versions: {there}.", "Choose one with --version.")
    version = chosen or versions[-1]
    if damage := version.damage():
        raise Unservable(damage, _instead(use_case.models_folder, is_live=version is versions[-1]))
    return version


def _instead(models: Path, *, is_live: bool) -> str:
    """What to do about a version that is damaged."""
    whole = registry.intact(models)
    choice = [f"Set --version {whole[0]} to score with an intact version."] if whole else []
    return " ".join([*choice, registry.repair(models)] if is_live or not whole else choice)


def _files(source: Path) -> tuple[Path, ...]:
    """The files to score, in the order in which `run` reads those of an export."""
    if source.is_file():
        return (source,)
    if not source.is_dir():
        raise UsageError(f"{source} does not exist.", "Check the path.")
    landed = export_folders.look_into(source, needs_marker=False)
    if landed.state == "refused":
        raise SpanRefused(landed.reason, "Export it again.")
    if not landed.files:
        raise UsageError(f"The folder {source.name} has no files to score.", "Name another folder.")
    return landed.files


def _kind(files: tuple[Path, ...], out: Path) -> Kind:
    """The format of the files, by their names; OUT must have the same."""
    kinds = {format_of(path) for path in files}
    if kinds not in ({"csv"}, {"parquet"}):
        raise UsageError(
            f"IN must be CSV (.csv, .csv.gz) or Parquet (.parquet); it is {' and '.join(sorted(kinds))}.",
            "Convert IN to one of the two.",
        )
    kind: Kind = "csv" if "csv" in kinds else "parquet"
    wanted = [suffix for suffix, one in _KINDS.items() if one == kind]
    if not out.name.lower().endswith(tuple(wanted)) or out.name.lower() in wanted:
        raise UsageError(
            f"OUT must have IN's format ({' or '.join(wanted)}).",
            f"Give OUT a name that ends in {' or '.join(wanted)}.",
        )
    return kind


def _export(use_case: UseCase, rules: Rules, source: Path) -> ExportFormat:
    """How the table is read: as an export of the use case, but each row needs only what the server needs.

    A label is optional, and so is the time of a row, which `run` and `check` need to put it into a span.
    """
    names = {column.name for column in rules.columns}
    written = use_case.exports.csv_format
    renamed = written.rules.rename
    if rules.reading:
        known = rules.reading.cells.rename
        written = written.of_version(rules.reading)
    else:  # a version of an older release, which was trained by those of the config
        known = {}
        written = replace(written, rules=replace(written.rules, rename={}))
    return ExportFormat(
        rules.columns,
        # A request log has the server's format, not that of the exports.
        written=written.of_request_log if use_case.is_request_log(source) else written,
        later_names={name: own for name, own in renamed.items() if name not in known and own in names},
        keeps_empty_rows=True,
    )


def summary_text(summary: dict[str, Any]) -> str:
    """The summary as lines of text."""
    rows, seconds = summary["rows"], summary["seconds"]
    by = f"version {summary['version']} of {summary['use_case']}"
    lines = [f"{summary['scored']:,} of {rows:,} rows scored by {by} in {seconds:.1f} s: {summary['output']}"]
    if summary["skipped"]:
        skipped = summary["skipped"]
        lines.append(f"  {skipped:,} {'footer line is' if skipped == 1 else 'footer lines are'} left out.")
    if summary["refused"]:
        some = "1 row is" if summary["refused"] == 1 else f"{summary['refused']:,} rows are"
        lines.append(f"  {some} refused: {summary['refused_file']}")
        for reason in summary["reasons"]:
            where = f"{reason['column']}: " if reason["column"] else ""
            lines.append(f"    {reason['rows']:>7,}  {where}{reason['reason']}")
        lines.append("  Fix these rows in that file, then run `predict` on it.")
    return "\n".join(lines)
