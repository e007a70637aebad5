"""Has a span's statistics judged; writes anomalies as ExampleValidator does, and `gate.json`."""

import json
from pathlib import Path
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from components.artifacts import SPLIT, copy_identity, read_statistics, schema_of
from components.data_gate.gate import judge_span
from components.data_gate.settings import GateSettings

FILE_NAME = "SchemaDiff.pb"
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
            input_dict: `statistics`, `schema`, and `previous_statistics` (absent or empty: there is none).
            output_dict: `anomalies`.
            exec_properties: `settings` (JSON of `GateSettings`), `label`, `environment`, `span`, `row_counts`
                (JSON of name and rows of the accepted spans before).
        """
        statistics = artifact_utils.get_single_instance(input_dict["statistics"])
        previous = input_dict.get("previous_statistics") or []
        result = judge_span(
            read_statistics(statistics),
            schema_of(artifact_utils.get_single_instance(input_dict["schema"])),
            read_statistics(artifact_utils.get_single_instance(previous)) if previous else None,
            GateSettings.model_validate_json(exec_properties["settings"]),
            label=exec_properties["label"],
            environment=exec_properties["environment"],
            span=exec_properties["span"],
            row_counts=json.loads(exec_properties["row_counts"]),
        )
        anomalies = artifact_utils.get_single_instance(output_dict["anomalies"])
        anomalies.split_names = artifact_utils.encode_split_names([SPLIT])
        folder = Path(artifact_utils.get_split_uri([anomalies], SPLIT))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE_NAME).write_bytes(result.validation.SerializeToString())
        (Path(anomalies.uri) / RESULT_NAME).write_text(result.to_json())
        copy_identity(statistics, anomalies)
        anomalies.set_int_custom_property("blocked", int(result.verdict == "BLOCK"))
        anomalies.set_string_custom_property("verdict", result.verdict)
