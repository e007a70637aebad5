"""Scores the rows that a candidate was judged by with it and its refit model, and compares the scores."""

from pathlib import Path
from typing import Any, Final

import numpy as np
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import path_utils

from components.agreement.compare import PairedScores, agreement
from components.agreement.settings import AgreementLimits
from components.artifacts import schema_of
from perennial.examples import array_columns, batches
from perennial.files import read_json, write_json
from perennial.saved_models import ModelFault, Score, load_model, no_answers
from perennial.schema import every_column
from perennial.task import Task
from perennial.training.data import label_values

AGREEMENT_FILE: Final = "agreement.json"
# As TFX's Evaluator publishes it.
BLESSED: Final = "blessed"
_BLESSED_FILE: Final = {1: "BLESSED", 0: "NOT_BLESSED"}
_BATCH_ROWS: Final = 8192


class Executor(base_executor.BaseExecutor):
    """Executor of the Agreement component."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Writes `agreement.json` and TFX's own mark; that the two do not agree is a success of this node."""
        self._log_startup(input_dict, output_dict, exec_properties)
        task = Task.from_json(exec_properties["task"])
        window = Path(artifact_utils.get_single_uri(input_dict["examples"]))
        models = tuple(
            load_model(path_utils.serving_model_path(artifact_utils.get_single_uri(input_dict[key])), task)
            for key in ("judged", "refit")
        )
        schema = schema_of(artifact_utils.get_single_instance(input_dict["schema"]))
        judged_by, anchors = (_scored(window, split, models, task, schema) for split in ("eval", "anchor"))
        load_model.cache_clear()
        always = read_json(window / "window.json")["train"]["label_distribution"]
        result = agreement(
            task.kind,
            judged_by,
            anchors,
            always if task.kind == "regression" else None,
            AgreementLimits.model_validate_json(exec_properties["limits"]),
        )
        blessing = artifact_utils.get_single_instance(output_dict["agreement"])
        blessed = int(result["agrees"])
        Path(blessing.uri).mkdir(parents=True, exist_ok=True)
        write_json(Path(blessing.uri) / AGREEMENT_FILE, result)
        (Path(blessing.uri) / _BLESSED_FILE[blessed]).touch()
        blessing.set_int_custom_property(BLESSED, blessed)


def _scored(
    window: Path, split: str, models: tuple[Score, ...], task: Task, schema: schema_pb2.Schema
) -> PairedScores:
    """The rows of a split of a window, with the scores of both models; NaN for a batch that one fails on."""
    (label,) = (column for column in every_column(schema) if column.name == task.label)
    none = no_answers(task, 0)
    labels, both = [np.zeros(0)], ([none], [none])
    for examples in batches(sorted((window / f"Split-{split}").glob("*.gz")), _BATCH_ROWS):
        raw = array_columns(examples, [label])[task.label]
        labels.append(label_values(task, raw).reshape(-1))
        for answers, model in zip(both, models, strict=True):
            answers.append(_answers(model, examples, task))
    joined = np.concatenate(labels)
    codes = joined if task.kind == "regression" else joined.astype(np.int64)
    return PairedScores(codes, *(np.concatenate(each) for each in both))


def _answers(model: Score, examples: Any, task: Task) -> Any:
    none = no_answers(task, int(examples.shape[0]))
    try:
        answers = model(examples)
    except ModelFault:
        return none
    return answers if answers.shape == none.shape else none
