"""Fails before training if the window has many fewer rows than the live model; else writes `gate.json`."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from components.window_gate.gate import LiveRows, judge_window
from perennial.errors import FewerRows
from perennial.files import read_json, write_json

FORMAT = 1
RESULT = "gate.json"


class Executor(base_executor.BaseExecutor):
    """Executor of the WindowGate component."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Compares `window.json` with the live version's rows.

        Raises:
            FewerRows: There are fewer than `max_shrink` allows, with the same settings of the window, and no
                person accepted that.
        """
        window = read_json(Path(artifact_utils.get_single_uri(input_dict["window"])) / "window.json")
        live = LiveRows.from_json(exec_properties["live"])
        result = judge_window(window, live, exec_properties["max_shrink"])
        if result.blocks and not exec_properties["accepted"]:
            raise FewerRows(
                result.sentence(),
                "Fix what is missing, or accept it: run `run"
                f" {exec_properties['use_case']} --accept-fewer-rows --why REASON`.",
                asdict(result),
            )
        anomalies = artifact_utils.get_single_instance(output_dict["anomalies"])
        Path(anomalies.uri).mkdir(parents=True, exist_ok=True)
        write_json(
            Path(anomalies.uri) / RESULT,
            {"format": FORMAT, **asdict(result), "sentence": result.sentence()},
        )
