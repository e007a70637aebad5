"""Judges an export as `run` would, or a server's request log, in memory, and changes nothing."""

import itertools
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from components.arrow_example_gen.ingest import Cutting, Export, read_export
from components.data_gate.gate import GateResult, judge_span
from components.data_gate.span_rows import OtherSpan, SpanRows
from components.span_statistics.in_memory import batches_of, statistics_of
from perennial import clock
from perennial.errors import FileRefused, LabelsMissing, SpanRefused, UsageError
from perennial.files import file_digest
from perennial.reading.columns import export_columns
from perennial.reading.reading import ExportFormat
from perennial.row_sketch import FILE as SKETCH
from perennial.row_sketch import read_sketch
from perennial.store.ledger import Ledger
from pipeline import export_folders
from pipeline.config import UseCase
from pipeline.run.intake import (
    FORMER_SPANS,
    curated_schema,
    in_use_before,
    others_in_use,
    row_counts_before,
)

Environment = Literal["TRAINING", "SERVING"]
_SHOWN = 100
# In a request log: the names of the private columns that it leaves out (serving/observe/log_parts.py).
_PRIVATE = "_private.json"


def check(
    use_case: UseCase, ledger: Ledger, path: Path, environment: Environment | None = None
) -> dict[str, Any]:
    """Reads and judges an export folder, or a single file.

    Args:
        use_case: The use case of the export.
        ledger: Has the accepted spans before, for drift.
        path: The folder or file; it may be outside the exports folder.
        environment: Of the schema: in SERVING the label is not expected. None: SERVING below the folder of
            the use case's request log, else TRAINING.

    Returns:
        `environment`, `verdict` (`OK`, `WARN`, `BLOCK`, `REFUSED`, `WAITING` for labels), `reasons`, `rows`,
        `unlabelled` and `quarantined` (counts), `quarantine` (the first 100 of `file, line, column, reason`),
        `anomalies`, `drift` and `not_checked`.

    Raises:
        UsageError: `path` does not exist, or the schema is wrong.
    """
    if not path.exists():
        raise UsageError(f"{path} does not exist.", "Check the path.")
    environment = environment or ("SERVING" if use_case.is_request_log(path) else "TRAINING")
    _, schema = curated_schema(use_case)
    judgement = _nothing_read(use_case, path, environment)
    try:
        private = _private(path) if environment == "SERVING" else []
        export = _read(use_case, _without(schema, private), path, environment)
    except LabelsMissing as error:
        why = "Nothing else was checked: the export waits for its labels."
        return judgement | {"verdict": "WAITING", "reasons": [str(error)], "not_checked": [why]}
    except (FileRefused, SpanRefused) as error:
        why = "Nothing else was checked: the export is refused."
        return judgement | {"reasons": [str(error)], "not_checked": [why]}
    gate = _judge(use_case, ledger, _without(schema, private), export, path, environment)
    return judgement | _outcome(gate, export, private)


def _nothing_read(use_case: UseCase, path: Path, environment: Environment) -> dict[str, Any]:
    """The answer before anything is read."""
    return {
        "use_case": use_case.name,
        "path": str(path),
        "environment": environment,
        "verdict": "REFUSED",
        "reasons": [],
        "rows": 0,
        "unlabelled": 0,
        "quarantined": 0,
        "quarantine": [],
        "anomalies": [],
        "drift": [],
        "not_checked": [],
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
        **{key: gate_json[key] for key in ("label_rate", "anomalies", "drift")},
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


def _read(use_case: UseCase, schema: schema_pb2.Schema, path: Path, environment: Environment) -> Export:
    """The export in memory; its manifest is checked if it has one."""
    files: tuple[Path, ...] = (path,)
    landed = None
    if path.is_dir():
        landed = export_folders.look_into(path, needs_marker=False)
        if landed.state == "refused":
            raise SpanRefused(landed.reason, "Export it again.")
        try:
            if landed.checksums is not None:
                export_folders.content_digest(landed, file_digest)
        except export_folders.ManifestError as error:
            raise SpanRefused(str(error), "Export it again.") from error
        files = landed.files
    exports = use_case.exports
    columns = export_columns(schema, environment)
    names = {column.name for column in columns}
    label = use_case.label if use_case.label in names else ""
    time_column = exports.time_column if exports.time_column in names else ""
    span = None if export_folders.not_a_span(path.name, exports.span, clock.now()) else path.name
    written = exports.csv_format_of(span)
    # A request log has the server's format, not that of the exports.
    written = written.of_request_log if use_case.is_request_log(path) else written
    export = read_export(
        files,
        ExportFormat(columns, label, time_column or "", written, task=use_case.answers if label else None),
        Cutting(
            max_bad_share=exports.max_bad_share,
            max_unlabelled_share=exports.max_unlabelled_share,
            anchor_share=exports.anchor_share,
            tail_days=exports.tail_days,
        ),
        {"span": path.name, "version": 0, "digest": ""},
    )
    if landed and (problem := export_folders.rows_problem(landed, export.summary)):
        raise SpanRefused(problem, "Export it again.")
    return export


def _judge(
    use_case: UseCase,
    ledger: Ledger,
    schema: schema_pb2.Schema,
    export: Export,
    path: Path,
    environment: Environment,
) -> GateResult:
    kind = use_case.exports.span
    # An export whose name is no span is compared with all of them.
    span = None if export_folders.not_a_span(path.name, kind, clock.now()) else path.name
    former = _former(use_case, ledger, span)
    return judge_span(
        statistics_of(batches_of(export.table), schema),
        schema,
        former[0] if former else None,
        use_case.data,
        label=use_case.label,
        environment=environment,
        rows=_rows(use_case, ledger, export, path.name) if environment == "TRAINING" else None,
        older_statistics=former[1:],
        span=path.name,
        row_counts=None if environment == "SERVING" else row_counts_before(ledger, kind, span),
    )


def _rows(use_case: UseCase, ledger: Ledger, export: Export, name: str) -> SpanRows:
    """The export's rows, and those of the spans in use but the one that it would replace."""
    others = others_in_use(ledger, use_case.exports.span, name)
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


def _former(
    use_case: UseCase, ledger: Ledger, span: str | None
) -> list[statistics_pb2.DatasetFeatureStatisticsList]:
    """Statistics of the accepted spans before `span` (None: of all), newest first."""
    before = in_use_before(ledger, use_case.exports.span, span)
    files = (Path(each.statistics) / "Split-span" / "FeatureStats.pb" for each in before if each.statistics)
    whole = itertools.islice((file for file in files if file.is_file()), FORMER_SPANS)
    return [statistics_pb2.DatasetFeatureStatisticsList.FromString(file.read_bytes()) for file in whole]
