"""Scores all rows of spans with a model's signature for raw rows, and writes the loss of each day."""

import time
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils
from tfx.utils import path_utils

from components.artifacts import schema_of
from components.next_span_scores.loss_by_day import ROW_LOSSES, SCORES_FILE, LossByDay, add_losses
from perennial.errors import NodeFailed
from perennial.examples import array_columns, batches
from perennial.files import write_json
from perennial.progress import report
from perennial.saved_models import ModelFault, OtherTask, Score, load_model
from perennial.schema import every_column
from perennial.task import Task
from perennial.training.data import label_values
from serving.model.columns import InputColumn

_FORMAT: Final = 1
_BATCH: Final = 8192
# Rows whose day is not believed are neither trained on nor judged by anywhere in the chain.
_SPLITS: Final = ("head", "tail", "anchor", "early", "late")


class Executor(base_executor.BaseExecutor):
    """Executor of the NextSpanScores component."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Writes `scores.json`: `spans` (span -> day -> rows and sum of losses) and `cpu_seconds`.

        Raises:
            NodeFailed: The model does not load or does not score, or a row has no label.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        began = time.process_time()
        task = Task.from_json(exec_properties["task"])
        schema = schema_of(artifact_utils.get_single_instance(input_dict["schema"]))
        known = {column.name: column for column in every_column(schema)}
        time_column = exec_properties["time_column"]
        columns = [known[name] for name in filter(None, (task.label, time_column))]
        model = artifact_utils.get_single_uri(input_dict["model"])
        losses = _ModelLosses(str(path_utils.serving_model_path(model)), task, columns, time_column)
        spans = {
            artifact.get_string_custom_property("span"): losses.of_span(artifact.uri)
            for artifact in input_dict["examples"]
        }
        load_model.cache_clear()
        output = Path(artifact_utils.get_single_uri(output_dict["scores"]))
        output.mkdir(parents=True, exist_ok=True)
        content = {"format": _FORMAT, "spans": spans, "cpu_seconds": time.process_time() - began}
        write_json(output / SCORES_FILE, content)


class _ModelLosses:
    """Losses of one model."""

    def __init__(self, model: str, task: Task, columns: list[InputColumn], time_column: str) -> None:
        self._task, self._columns, self._time_column = task, columns, time_column
        self._score = _loaded(model, task)
        self._rows = 0

    def of_span(self, uri: str) -> LossByDay:
        """Rows and sum of losses by day, of all rows of a span whose day is believed."""
        by_day: LossByDay = {}
        for split in _SPLITS:
            files = sorted(fileio.glob(f"{uri}/Split-{split}/*.gz"))
            if not files:
                continue
            for serialized in batches(files, _BATCH):
                columns = array_columns(serialized, self._columns)
                losses = self._of_batch(serialized, columns[self._task.label])
                add_losses(by_day, losses, columns[self._time_column] if self._time_column else None)
                self._rows += len(losses)
                report(self._rows, None, "rows judged")
        return by_day

    def _of_batch(self, serialized: Any, raw_labels: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        labels = label_values(self._task, raw_labels).reshape(-1)
        if np.isnan(labels).any():
            raise NodeFailed(
                f"The label `{self._task.label}` is missing, or none of the classes, in rows of a span.",
                "Require the label's presence in the schema and list all its classes in the use case.",
            )
        try:
            answers = self._score(serialized)
        except ModelFault as error:
            raise _not_scoring(error) from error
        if self._task.kind != "regression":
            labels = labels.astype(np.int64)
        losses = ROW_LOSSES[self._task.kind](labels, answers)
        if not np.isfinite(losses).all():
            raise NodeFailed(
                "The model gives no finite answer to some rows of a span.",
                "Check that every transformed number is finite and not huge.",
            )
        return losses


def _loaded(model: str, task: Task) -> Score:
    try:
        return load_model(model, task)
    except (OtherTask, ModelFault) as error:
        raise _not_scoring(error) from error


def _not_scoring(error: Exception) -> NodeFailed:
    return NodeFailed(
        f"The trained model does not score raw rows ({str(error) or 'another task'}).",
        "Check the export in the training code.",
    )
