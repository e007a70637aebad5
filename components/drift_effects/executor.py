"""Asks the live model what the drift alarms of a span do to its scores, and writes the effects."""

import json
from pathlib import Path
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from components.artifacts import copy_identity
from components.day_artifacts import days_file
from perennial.alarm_effects import effects_of_alarms
from perennial.drift.day_file import read_days
from perennial.drift.orders import EFFECTS_FILE, AlarmOrder, HistorySpan
from perennial.files import write_json
from perennial.live_effects import LiveEffects
from perennial.task import Task


class Executor(base_executor.BaseExecutor):
    """Executor of the DriftEffects component."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Writes `effects.json`: `format` and `effects`, each as `AlarmEffect` has it.

        Raises:
            DaysDamaged: The summaries of the span are damaged.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        days = artifact_utils.get_single_instance(input_dict["days"])
        output = artifact_utils.get_single_instance(output_dict["effects"])
        effects = effects_of_alarms(
            [AlarmOrder.model_validate(each) for each in json.loads(exec_properties["alarms"])],
            exec_properties["span"],
            read_days(days_file(days)),
            [HistorySpan.model_validate(each) for each in json.loads(exec_properties["history"])],
            LiveEffects(
                Path(exec_properties["models"]),
                exec_properties["live"],
                Task.from_json(exec_properties["task"]),
            ),
        )
        write_json(
            Path(output.uri) / EFFECTS_FILE, {"format": 1, "effects": [each.model_dump() for each in effects]}
        )
        copy_identity(days, output)
