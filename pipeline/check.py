"""Judges an export as `run` would, in memory, and changes nothing."""

import json
from pathlib import Path
from typing import Any

from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from components.arrow_example_gen.columns import columns_of
from components.arrow_example_gen.ingest import Cutting, Export, read_export
from components.arrow_example_gen.reading import ExportFormat
from components.data_gate.gate import GateResult, judge_span
from components.data_gate.settings import Settings
from components.span_statistics.in_memory import batches_of, statistics_of
from pipeline import clock, spans
from pipeline.config import UseCase
from pipeline.errors import FileRefused, SpanRefused, UsageError
from pipeline.files import file_digest
from pipeline.intake import in_use_before, read_schema
from pipeline.ledger import Ledger

_SHOWN = 100


def check(use_case: UseCase, ledger: Ledger, path: Path) -> dict[str, Any]:
    """Reads and judges an export folder, or a single file of one.

    Args:
        use_case: What it should be an export for.
        ledger: Knows the previous accepted span, which drift is compared with.
        path: The folder or file; it need not lie among the exports.

    Returns:
        `verdict` (`OK`, `WARN`, `BLOCK`, `REFUSED`), `reasons`, `rows`, `quarantined` (a count), `quarantine`
        (the first 100 of `file, line, column, reason`), `anomalies`, `drift` and `not_checked`.

    Raises:
        UsageError: There is nothing at `path`, or the schema is wrong.
    """
    if not path.exists():
        raise UsageError("There is no file or folder at that path.", "Check the spelling.")
    found: dict[str, Any] = {
        "use_case": use_case.name,
        "path": str(path),
        "verdict": "REFUSED",
        "reasons": [],
        "rows": 0,
        "quarantined": 0,
        "quarantine": [],
        "anomalies": [],
        "drift": [],
        "not_checked": [],
    }
    _, schema = read_schema(use_case)
    try:
        export = _read(use_case, schema, path)
    except (FileRefused, SpanRefused) as error:
        return found | {
            "reasons": [str(error)],
            "not_checked": ["It could not be read: nothing else was checked."],
        }
    gate = _judge(use_case, ledger, schema, export, path)
    told = json.loads(gate.to_json())
    return found | {
        "verdict": gate.verdict,
        "reasons": list(gate.reasons),
        "rows": export.summary["rows"],
        "quarantined": export.summary["quarantined"],
        "quarantine": export.summary["quarantine"][:_SHOWN],
        "ignored_columns": export.summary["ignored_columns"],
        **{key: told[key] for key in ("label_rate", "anomalies", "drift", "not_checked")},
    }


def _read(use_case: UseCase, schema: schema_pb2.Schema, path: Path) -> Export:
    """The export in memory, its manifest checked where it has one."""
    files: tuple[Path, ...] = (path,)
    landed = None
    if path.is_dir():
        landed = spans.look_into(path, needs_marker=False)
        if landed.state == "refused":
            raise SpanRefused(landed.reason, "Let the export land again.")
        try:
            if landed.checksums is not None:
                spans.content_digest(landed, file_digest)
        except spans.ManifestError as error:
            raise SpanRefused(str(error), "Let the export land again.") from error
        files = landed.files
    told = use_case.exports
    export = read_export(
        files,
        ExportFormat(columns_of(schema), use_case.label, told.time_column or "", told.delimiter),
        Cutting(told.max_bad_share, told.anchor_share, told.tail_days),
        {"span": path.name, "version": 0, "digest": ""},
    )
    if landed and (problem := spans.rows_problem(landed, export.summary)):
        raise SpanRefused(problem, "Let the export land again.")
    return export


def _judge(
    use_case: UseCase, ledger: Ledger, schema: schema_pb2.Schema, export: Export, path: Path
) -> GateResult:
    return judge_span(
        statistics_of(batches_of(export.table), schema),
        schema,
        _previous(use_case, ledger, path.name),
        Settings.parse(json.dumps(use_case.data)),
        label=use_case.label,
    )


def _previous(
    use_case: UseCase, ledger: Ledger, name: str
) -> statistics_pb2.DatasetFeatureStatisticsList | None:
    """Statistics of the accepted span before the one called `name`; of the newest if that is no span."""
    kind = use_case.exports.span
    is_span = not spans.not_a_span(name, kind, clock.now())
    for version in in_use_before(ledger, kind, name if is_span else None):
        file = Path(version.statistics) / "Split-span" / "FeatureStats.pb"
        if version.statistics and file.is_file():
            return statistics_pb2.DatasetFeatureStatisticsList.FromString(file.read_bytes())
    return None
