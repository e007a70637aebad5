"""Scores all rows of a span with the live model, and writes the answers by day and row."""

from pathlib import Path
from typing import Any, Final

import numpy as np
from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from components.artifacts import copy_identity, schema_of
from perennial.drift.prediction_facts import PredictionFacts
from perennial.drift.predictions import Predictions
from perennial.examples import array_columns, batches
from perennial.progress import report
from perennial.saved_models import ModelFault, OtherTask, load_model, no_answers
from perennial.schema import every_column
from perennial.store import registry
from perennial.task import Task
from serving.model.columns import InputColumn

_BATCH_ROWS: Final = 8192
_OTHER_TASK: Final = "it answers another task, or other classes, than the use case asks"


class Executor(base_executor.BaseExecutor):
    """Executor of the LivePredictions component."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Writes the predictions; a model that cannot score is absent, which they say."""
        self._log_startup(input_dict, output_dict, exec_properties)
        examples = artifact_utils.get_single_instance(input_dict["examples"])
        output = artifact_utils.get_single_instance(output_dict["predictions"])
        schema = schema_of(artifact_utils.get_single_instance(input_dict["schema"]))
        known = {column.name: column for column in every_column(schema)}
        time_column = exec_properties["time_column"]
        live = registry.version_of_model(Path(exec_properties["models"]), exec_properties["live"])
        facts = PredictionFacts(
            span=examples.get_string_custom_property("span"),
            version=examples.get_int_custom_property("version"),
            digest=examples.get_string_custom_property("digest"),
            model=exec_properties["live"],
            model_version=live.number if live else 0,
        )
        task = Task.from_json(exec_properties["task"])
        time = known[time_column] if time_column else None
        predictions = _predictions(facts, live, task, _files(examples), time)
        predictions.write(Path(output.uri))
        copy_identity(examples, output)
        output.set_string_custom_property("model", facts.model)


def _predictions(
    facts: PredictionFacts,
    live: registry.Version | None,
    task: Task,
    files: list[Path],
    time: InputColumn | None,
) -> Predictions:
    """The answers of a version to all rows; none of them where it fails on any."""
    if live is None:
        return Predictions.absent(facts, "its files are not in the models folder any more")
    answers, times = [no_answers(task, 0)], [np.zeros(0, object)]
    try:
        model = load_model(str(live.folder), task)
        for examples in batches(files, _BATCH_ROWS):
            answers.append(model(examples))
            if len(answers[-1]) != len(examples):
                raise ModelFault("another number of answers than rows")
            if time:
                times.append(array_columns(examples, [time])[time.name])
            report(sum(map(len, answers)), None, "rows scored")
    except OtherTask:
        return Predictions.absent(facts, _OTHER_TASK)
    except ModelFault as error:
        return Predictions.absent(facts, f"it cannot be loaded, or does not take the rows ({error})")
    return Predictions.of_answers(
        facts, task, np.concatenate(answers), np.concatenate(times) if time else None
    )


def _files(examples: types.Artifact) -> list[Path]:
    """The files of all splits, by split and name."""
    splits = artifact_utils.decode_split_names(examples.split_names)
    folders = [Path(artifact_utils.get_split_uri([examples], split)) for split in splits]
    return [file for folder in folders if folder.is_dir() for file in sorted(folder.glob("*.gz"))]
