"""Fits the yardstick to the window's rows and writes its figures and its answers, or why there is none."""

import logging
import time
import traceback
from pathlib import Path
from typing import Any, Final

import numpy as np
from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import io_utils

from components.yardstick.fit import YardstickResult, measure, none_because
from components.yardstick.models import FitFault
from components.yardstick.rows import batches, sampled
from perennial.files import read_json, write_json, written_aside
from perennial.schema import model_columns, read_schema
from perennial.task import Task
from serving.model.columns import InputColumn

YARDSTICK_FILE: Final = "yardstick.json"
ANSWERS_FILE: Final = "answers.npy"


class Executor(base_executor.BaseExecutor):
    """Executor of the Yardstick."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Writes the yardstick; that there is none is a success of this node."""
        self._log_startup(input_dict, output_dict, exec_properties)
        window = Path(artifact_utils.get_single_uri(input_dict["examples"]))
        schema = io_utils.get_only_uri_in_dir(artifact_utils.get_single_uri(input_dict["schema"]))
        task = Task.from_json(exec_properties["task"])
        started = time.monotonic()
        yardstick = yardstick_of(window, schema, task)
        output = Path(artifact_utils.get_single_uri(output_dict["yardstick"]))
        output.mkdir(parents=True, exist_ok=True)
        if yardstick.answers is not None:
            with written_aside(output / ANSWERS_FILE) as aside, aside.open("wb") as file:
                np.save(file, yardstick.answers)
        write_json(output / YARDSTICK_FILE, yardstick.to_json(seconds=time.monotonic() - started))


def yardstick_of(window: Path, schema: str, task: Task) -> YardstickResult:
    """The yardstick for a window's rows.

    Args:
        window: Folder with `Split-train`, `Split-eval` and `window.json`.
        schema: File of the curated schema.
        task: What the model is to answer.
    """
    try:
        return _measured(window, schema, task)
    except FitFault as error:
        _log(logging.WARNING, "scikit-learn failed", error.__cause__ or error)
        return none_because(f"scikit-learn cannot be fitted to these rows ({error}).")
    # A bug of ours. This is an edge: a run must not fail for a comparison.
    except Exception as error:
        _log(logging.ERROR, "unexpected error", error)
        why = f"Unexpected error ({type(error).__name__}); the run's log has the traceback."
        return none_because(why)


def _log(level: int, what: str, error: BaseException) -> None:
    """Logs the traceback without the error's message: scikit-learn's, and Arrow's, may quote values."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    logging.getLogger(__name__).log(level, "No yardstick: %s.\n%s%s", what, frames, type(error).__name__)


def _measured(window: Path, schema: str, task: Task) -> YardstickResult:
    read = read_schema(Path(schema))
    taken = tuple(column for column in model_columns(read, "SERVING") if column.name != task.label)
    (label,) = (column for column in model_columns(read, "TRAINING") if column.name == task.label)
    columns: tuple[InputColumn, ...] = (*taken, label)
    facts = read_json(window / "window.json")["train"]
    train = sampled(sorted((window / "Split-train").glob("*.gz")), columns, facts["rows"], len(taken))
    judged = batches(sorted((window / "Split-eval").glob("*.gz")), columns)
    return measure(train, judged, task, facts.get("last_day"))
