"""Judges an export as `run` would, or a server's request log, in memory, and changes nothing."""

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from commands.check.location import LocatedExport, landed_with_rows, located, notes_of
from commands.cutting.span_of_format import span_of_format
from commands.span_states import span_states
from components.arrow_example_gen.ingest import Cutting, Export, read_export
from components.data_gate.by_day import DaysToJudge, OpenAlarm
from components.data_gate.gate import GateResult, judge_span
from components.data_gate.span_rows import OtherSpan, SpanRows
from components.span_statistics.in_memory import batches_of, statistics_of
from perennial.drift.summarise import days_of
from perennial.errors import FileRefused, LabelsMissing, SpanRefused, UsageError
from perennial.reading.columns import export_columns
from perennial.reading.reading import ExportFormat
from perennial.row_sketch import FILE as SKETCH
from perennial.row_sketch import read_sketch
from perennial.store.ledger import Ledger
from perennial.store.span_version import SpanVersion
from pipeline import export_folders
from pipeline.config import UseCase
from pipeline.plan import STATISTICS_FILE
from pipeline.run.calibrating import calibration_in_memory, open_before
from pipeline.run.curated_schema import curated_schema
from pipeline.run.in_use import compared_with, former_of, row_counts_before

Environment = Literal["TRAINING", "SERVING"]
_SHOWN = 100
# In a request log: the names of the private columns that it leaves out (serving/observe/log_parts.py).
_PRIVATE = "_private.json"


def check(
    use_case: UseCase,
    ledger: Ledger,
    path: Path,
    environment: Environment | None = None,
    span: str | None = None,
    schema: schema_pb2.Schema | None = None,
) -> dict[str, Any]:
    """Reads and judges an export folder, or a single file.

    Args:
        use_case: The use case of the export.
        ledger: Has the spans in use, for drift and rows that are not new.
        path: The folder or file; it may be outside the exports folder.
        environment: Of the schema: in SERVING the label is not expected. None: SERVING below the folder of
            the use case's request log, else TRAINING.
        span: The span that it is to be; None: the one that it is in, is named by, or has the rows of.
        schema: To judge by; None: the use case's own.

    Returns:
        `environment`, `span` (None if it is not known), `landed` (the span's state as in `spans`, None if
        there is no such span), `notes` (sentences on what `run` makes of it), `verdict` (`OK`, `WARN`,
        `BLOCK`, `REFUSED`, `WAITING` for labels), `reasons`, `rows`, `unlabelled` and `quarantined`
        (counts), `quarantine` (the first 100 of `file, line, column, reason`), `anomalies` (those of the
        kind `drift_alarm` with `since, until, columns` and more), `drift`, `calibration` (None: there is
        none), `days` (`day, score, threshold`) and `not_checked`.

    Raises:
        UsageError: `path` does not exist, has several spans, `span` is none, or the schema is wrong.
    """
    if not path.exists():
        raise UsageError(f"{path} does not exist.", "Check the path.")
    environment = environment or ("SERVING" if use_case.is_request_log(path) else "TRAINING")
    schema = schema or curated_schema(use_case)[1]
    located_export = located(use_case, ledger, path, span)
    # Requests are no span.
    states = span_states(use_case, ledger) if environment == "TRAINING" else None
    judgement = _nothing_read(use_case, path, environment) | _known(located_export, states)
    try:
        private = _private(path) if environment == "SERVING" else []
        schema = _without(schema, private)
        located_export, export = _read_as_landed(use_case, ledger, schema, located_export, environment)
        judgement |= _known(located_export, states)
    except LabelsMissing as error:
        why = "Nothing else was checked: the export waits for its labels."
        return judgement | {"verdict": "WAITING", "reasons": [str(error)], "not_checked": [why]}
    except (FileRefused, SpanRefused) as error:
        why = "Nothing else was checked: the export is refused."
        return judgement | {"reasons": [str(error)], "not_checked": [why]}
    gate = _judge(use_case, ledger, schema, export, located_export, environment)
    return judgement | _outcome(gate, export, private)


def _nothing_read(use_case: UseCase, path: Path, environment: Environment) -> dict[str, Any]:
    """The answer before anything is read."""
    return {
        "use_case": use_case.name,
        "path": str(path),
        "environment": environment,
        "span": None,
        "landed": None,
        "notes": [],
        "verdict": "REFUSED",
        "reasons": [],
        "rows": 0,
        "unlabelled": 0,
        "quarantined": 0,
        "quarantine": [],
        "anomalies": [],
        "drift": [],
        "calibration": None,
        "days": [],
        "not_checked": [],
    }


def _known(located_export: LocatedExport, states: list[dict[str, Any]] | None) -> dict[str, Any]:
    """What the answer says of the span that the export is, by the states of all spans; None: it is none."""
    if states is None:
        return {}
    name = located_export.span or (located_export.export.span if located_export.landed else "")
    state = next((each for each in states if each["span"] == name), None)
    return {
        "span": located_export.span or None,
        "landed": state,
        "notes": notes_of(located_export, state),
    }


def _outcome(gate: GateResult, export: Export, private: Iterable[str]) -> dict[str, Any]:
    """What the gate adds to the answer, with what reading left out."""
    gate_json = json.loads(gate.to_json())
    return {
        "verdict": gate.verdict,
        "reasons": list(gate.reasons),
        "rows": export.summary["rows"],
        "unlabelled": export.summary["unlabelled"],
        "quarantined": export.summary["quarantined"],
        "quarantine": export.summary["quarantine"][:_SHOWN],
        # Columns that begin with "_" are not data: in a request log they are score, version and so on.
        "ignored_columns": [name for name in export.summary["ignored_columns"] if not name.startswith("_")],
        **{key: gate_json[key] for key in ("label_rate", "anomalies", "drift", "calibration", "days")},
        "not_checked": [
            *gate_json["not_checked"],
            *(f"Column `{name}` was not checked: it is private and not in the log." for name in private),
        ],
    }


def _private(path: Path) -> list[str]:
    """The private columns of a request log, of all days in `path`."""
    folder = path if path.is_dir() else path.parent
    noted: Iterable[Path] = [folder / _PRIVATE, *sorted(folder.glob(f"*/{_PRIVATE}"))]
    names: set[str] = set()
    for file in noted:
        try:
            names |= {str(name) for name in json.loads(file.read_text())["left_out"]}
        except FileNotFoundError:
            continue
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise FileRefused(
                f"{file.parent.name}/{file.name}: expected the private columns of a request log.",
                "Restore it from another day, or remove it if no column is private.",
            ) from error
    return sorted(names)


def _without(schema: schema_pb2.Schema, names: Iterable[str]) -> schema_pb2.Schema:
    """The schema without columns of these names."""
    reduced = schema_pb2.Schema()
    reduced.CopyFrom(schema)
    del reduced.feature[:]
    reduced.feature.extend(feature for feature in schema.feature if feature.name not in set(names))
    return reduced


def _read_as_landed(
    use_case: UseCase,
    ledger: Ledger,
    schema: schema_pb2.Schema,
    located_export: LocatedExport,
    environment: Environment,
) -> tuple[LocatedExport, Export]:
    """The export in memory; as the span that has its rows, if it has not the name of another one."""
    export = _read(use_case, schema, located_export, environment)
    if environment == "SERVING" or located_export.version is not None:
        return located_export, export
    version = landed_with_rows(ledger, located_export.span, export.sketch)
    if version is None:
        return located_export, export
    located_export = located_export.as_landed(version)
    return located_export, _read(use_case, schema, located_export, environment)


def _read(
    use_case: UseCase,
    schema: schema_pb2.Schema,
    located_export: LocatedExport,
    environment: Environment,
) -> Export:
    """The export in memory."""
    if located_export.problem:
        raise SpanRefused(located_export.problem, "Export it again.")
    version, name = located_export.version, located_export.span or located_export.export.span
    identity: dict[str, str | int] = {
        "span": name,
        "version": version.version if version else 0,
        "digest": located_export.digest,
    }
    exports, files = use_case.exports, located_export.export.files
    columns = export_columns(schema, environment)
    names = {column.name for column in columns}
    label = use_case.label if use_case.label in names else ""
    time_column = exports.time_column if exports.time_column in names else ""
    task = use_case.answers if label else None
    export_format = ExportFormat(columns, label, time_column or "", exports.csv_format, task=task)
    # A request log has the server's format, not that of the exports.
    if use_case.is_request_log(located_export.export.folder):
        written = exports.csv_format.of_request_log
    else:
        span = located_export.span or span_of_format(exports, files, export_format)
        written = exports.csv_format_of(span)
    export = read_export(
        files,
        replace(export_format, written=written),
        Cutting(
            max_bad_share=exports.max_bad_share,
            max_unlabelled_share=exports.max_unlabelled_share,
            anchor_share=exports.anchor_share,
            tail_days=exports.tail_days,
        ),
        identity,
    )
    if problem := export_folders.rows_problem(located_export.export, export.summary):
        raise SpanRefused(problem, "Export it again.")
    return export


def _judge(
    use_case: UseCase,
    ledger: Ledger,
    schema: schema_pb2.Schema,
    export: Export,
    located_export: LocatedExport,
    environment: Environment,
) -> GateResult:
    kind = use_case.exports.span
    # An export whose name is no span is compared with all of them.
    span = located_export.span or None
    former, lost = _former(use_case, ledger, span)
    gate = judge_span(
        statistics_of(batches_of(export.table), schema),
        schema,
        former[0] if former else None,
        use_case.data,
        label=use_case.label,
        environment=environment,
        rows=_rows(use_case, ledger, export, located_export) if environment == "TRAINING" else None,
        older_statistics=former[1:],
        span=located_export.span,
        row_counts=None if environment == "SERVING" else row_counts_before(ledger, kind, span),
        days=_days(use_case, ledger, schema, export, span) if environment == "TRAINING" else None,
    )
    if not lost:
        return gate
    first = f"Drift was not checked from span {lost}: what was read of it is lost."
    return replace(gate, not_checked=(f"{first} Run `run {use_case.name}` first.", *gate.not_checked))


def _days(
    use_case: UseCase, ledger: Ledger, schema: schema_pb2.Schema, export: Export, span: str | None
) -> DaysToJudge:
    """The export's days, and the calibration by which `run` would judge them."""
    number, calibration, history = calibration_in_memory(use_case, ledger, span) or (0, None, ())
    before = open_before(use_case, ledger, span) if span else ()
    return DaysToJudge(
        days_of(export.table, schema, use_case.exports.time_column or ""),
        calibration,
        number,
        use_case.drift,
        tuple(OpenAlarm(*each) for each in before),
        tuple(sorted(use_case.serving.private)),
        history,
    )


def _rows(use_case: UseCase, ledger: Ledger, export: Export, located_export: LocatedExport) -> SpanRows:
    """The export's rows, and those of the spans with which `run` compares it."""
    span, version = located_export.span, located_export.version
    verdict = version.verdict if version else "NEW"
    others = compared_with(ledger, use_case.exports.span, span, version, verdict)
    sketches = (read_sketch(Path(other.examples) / SKETCH) if other.examples else None for other in others)
    return SpanRows(
        export.summary,
        export.sketch,
        tuple(
            OtherSpan(other.span, other.digest, sketch)
            for other, sketch in zip(others, sketches, strict=True)
        ),
        use_case.exports.time_zone or "",
    )


class FormerStatistics(NamedTuple):
    """Statistics of spans in use, newest first; `lost`: the newest such span, if `run` must read it again."""

    statistics: tuple[statistics_pb2.DatasetFeatureStatisticsList, ...]
    lost: str


def _former(use_case: UseCase, ledger: Ledger, span: str | None) -> FormerStatistics:
    """What drift is measured from: the accepted spans before `span` (None: all)."""
    exports = {export.span for export in export_folders.exports_of(use_case) if export.state == "complete"}
    former = former_of(
        ledger,
        use_case.exports.span,
        span,
        lambda version: _statistics(version).is_file() or version.span in exports,
    )
    if former and not _statistics(former[0]).is_file():
        return FormerStatistics((), former[0].span)
    files = (file for file in map(_statistics, former) if file.is_file())
    read = (statistics_pb2.DatasetFeatureStatisticsList.FromString(file.read_bytes()) for file in files)
    return FormerStatistics(tuple(read), "")


def _statistics(version: SpanVersion) -> Path:
    return Path(version.statistics) / STATISTICS_FILE
