"""Has a span's statistics judged; writes anomalies as ExampleValidator does, and `gate.json`."""

import json
from pathlib import Path
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from components.artifacts import SPLIT, copy_identity, read_statistics, schema_of
from components.data_gate.by_day import DaysToJudge, OpenAlarm
from components.data_gate.gate import judge_span
from components.data_gate.settings import GateSettings
from components.data_gate.span_rows import OtherSpan, SpanRows
from perennial import row_sketch
from perennial.drift.calibration_order import checked_calibration
from perennial.drift.day_file import FILE, read_days
from perennial.drift.orders import HistorySpan
from perennial.drift.settings import DriftSettings
from perennial.files import read_json

ANOMALIES_NAME = "SchemaDiff.pb"
RESULT_NAME = "gate.json"


class Executor(base_executor.BaseExecutor):
    """Executes DataGate."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Writes `Split-span/SchemaDiff.pb` and `gate.json`, and the verdict as custom properties.

        Bad data does not raise, for a node that raises publishes nothing: what follows reads `blocked`.

        Args:
            input_dict: `statistics`, `schema`, `examples`, `days` (absent: drift by day is not judged),
                `previous_statistics` (absent or empty: none) and `older_statistics` (of the accepted spans
                before that, in any order).
            output_dict: `anomalies`.
            exec_properties: `settings` (JSON of `GateSettings`), `label`, `environment`, `time_zone` (""
                where none is set), `span`, `others`
                (JSON list of name, digest and Examples URI of each other span in use; the URI is empty if
                these are lost), `older` (JSON list of the URIs of `older_statistics`, newest first),
                `row_counts` (JSON of name and rows of the accepted spans before), and `drift, calibration,
                open_alarms, private` as the component has them.
        """
        statistics = artifact_utils.get_single_instance(input_dict["statistics"])
        previous = input_dict.get("previous_statistics") or []
        older = {each.uri: each for each in input_dict.get("older_statistics") or []}
        result = judge_span(
            read_statistics(statistics),
            schema_of(artifact_utils.get_single_instance(input_dict["schema"])),
            read_statistics(artifact_utils.get_single_instance(previous)) if previous else None,
            GateSettings.model_validate_json(exec_properties["settings"]),
            label=exec_properties["label"],
            environment=exec_properties["environment"],
            rows=_rows(
                Path(artifact_utils.get_single_uri(input_dict["examples"])),
                json.loads(exec_properties["others"]),
                exec_properties["time_zone"],
            ),
            older_statistics=[read_statistics(older[uri]) for uri in json.loads(exec_properties["older"])],
            span=exec_properties["span"],
            row_counts=json.loads(exec_properties["row_counts"]),
            days=_days(input_dict.get("days") or [], exec_properties),
        )
        anomalies = artifact_utils.get_single_instance(output_dict["anomalies"])
        anomalies.split_names = artifact_utils.encode_split_names([SPLIT])
        folder = Path(artifact_utils.get_split_uri([anomalies], SPLIT))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ANOMALIES_NAME).write_bytes(result.validation.SerializeToString())
        (Path(anomalies.uri) / RESULT_NAME).write_text(result.to_json())
        copy_identity(statistics, anomalies)
        anomalies.set_int_custom_property("blocked", int(result.verdict == "BLOCK"))
        anomalies.set_string_custom_property("verdict", result.verdict)


def _days(days: list[types.Artifact], exec_properties: dict[str, Any]) -> DaysToJudge | None:
    """The days of the span, and the calibration that judges them.

    Raises:
        DaysDamaged: The summaries are damaged.
        CalibrationDamaged: The calibration's file is gone, or is not what was recorded.
    """
    if not days:
        return None
    known = json.loads(exec_properties["calibration"] or "{}")
    return DaysToJudge(
        read_days(Path(artifact_utils.get_single_uri(days)) / FILE),
        checked_calibration(Path(known["file"]), known["digest"]) if known else None,
        known.get("number", 0),
        DriftSettings.model_validate_json(exec_properties["drift"]),
        tuple(
            OpenAlarm(subject, since, tuple(columns))
            for subject, since, columns in json.loads(exec_properties["open_alarms"])
        ),
        tuple(json.loads(exec_properties["private"])),
        tuple(HistorySpan.model_validate(each) for each in known.get("spans", ())),
    )


def _rows(examples: Path, others: list[tuple[str, str, str]], time_zone: str) -> SpanRows:
    """What the span's Examples and those of the others tell of its rows."""
    return SpanRows(
        read_json(examples / "summary.json"),
        row_sketch.read_sketch(examples / row_sketch.FILE),
        tuple(
            OtherSpan(span, digest, row_sketch.read_sketch(Path(uri) / row_sketch.FILE) if uri else None)
            for span, digest, uri in others
        ),
        time_zone,
    )
