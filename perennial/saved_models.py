"""Loads a SavedModel and scores with it; what goes wrong in its folder is a `ModelFault`, all else a bug."""

import functools
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import tensorflow as tf

from perennial.files import folder_digest
from perennial.task import Task
from serving.model.columns import InputColumn, input_names, model_columns
from serving.model.folder import CARD_FILE, schema_in, task_in
from serving.reading.values import MISSING, Kind

Score = Callable[[Any], npt.NDArray[np.float32]]
_DTYPES: Final[Mapping[Kind, type]] = {"int": np.int64, "float": np.float32, "string": np.object_}


class OtherTask(Exception):
    """A model answers another task, or other classes, than is asked of it."""


class ModelFault(Exception):
    """A model's folder cannot be loaded, or its signature fails; the text is the cause, or its class.

    TensorFlow raises anything from OSError to RuntimeError for a folder that is missing, damaged, of another
    schema or without the signature. Its messages may quote rows, so they are no part of this.
    """


@contextmanager
def _of_the_model() -> Iterator[None]:
    """Only around what reads a model's files or runs its graph: whatever that raises is the model's fault.

    But for a `MemoryError`, which is one of the machine: a champion is not absent because of it.
    """
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:  # the edge between a model's folder and ours
        raise ModelFault(type(error).__name__) from error


class LoadedModel:
    """A SavedModel that was loaded, with the task that it answers; called, it is a `Score`."""

    def __init__(self, folder: Path, loaded: Any, task: Task) -> None:
        """`loaded` owns the tables and variables: a signature alone would lose them."""
        self._folder, self._loaded, self._task = folder, loaded, task

    def __call__(self, examples: Any) -> npt.NDArray[np.float32]:
        """Answers serialized tf.Examples, as `load_model` says."""
        with _of_the_model():
            answers = self._loaded.signatures["serving_default"](examples=examples)
        return self._answers_of(answers)

    def of_table(self, table: pa.Table) -> npt.NDArray[np.float32]:
        """Answers rows of typed columns through the signature `raw_columns`, with the same answers.

        Args:
            table: A column each of int64, float32 or binary; null is missing. Columns that the model does not
                have are ignored; one that the table does not have is missing in every row.

        Raises:
            ModelFault: The model has no such signature, or its schema has another type for a column.
        """
        with _of_the_model():
            columns = model_columns(schema_in(self._folder))
            named = zip(input_names(columns), columns, strict=True)
            inputs = {name: tf.constant(_raw_values(table, column)) for name, column in named}
            answers = self._loaded.signatures["raw_columns"](**inputs)
        return self._answers_of(answers)

    def _answers_of(self, outputs: Mapping[str, Any]) -> npt.NDArray[np.float32]:
        name = output_name(self._task)
        with _of_the_model():
            answer = np.asarray(outputs[name].numpy(), np.float32)
        if name != "probabilities":
            return answer.reshape(-1)
        if answer.ndim != 2 or answer.shape[1] != len(self._task.classes):
            raise ModelFault(f"`{name}` of shape {answer.shape}")
        return answer[:, 1] if self._task.kind == "binary" else answer


# By digest of the files: the copy of the live version that a champion is, is not loaded a second time. What
# holds them is the cache of `load_model`.
_BY_CONTENT: "weakref.WeakValueDictionary[tuple[str, Task], LoadedModel]" = weakref.WeakValueDictionary()


# Three: what is judged, what it is compared with, and what is live, where that is another.
@functools.lru_cache(maxsize=3)
def load_model(path: str, task: Task) -> LoadedModel:
    """Loads a SavedModel for scoring through `serving_default`, once a process, wherever its files lie.

    Args:
        path: The SavedModel's folder.
        task: What it is to answer.

    Returns:
        A function from serialized tf.Examples, shape (rows,), to answers, float32: of a binary task the
        probability of the positive, shape (rows,); of several classes every class's, shape (rows, classes);
        of a regression the number, shape (rows,). It raises `ModelFault` where the signature fails.

    Raises:
        OtherTask: It says itself that it answers another task.
        ModelFault: It cannot be loaded, or has no such signature.
    """
    if _task_of(path, task.label) != task:
        raise OtherTask
    name = output_name(task)
    with _of_the_model():
        digest = folder_digest(Path(path), leave_out=CARD_FILE)
    if shared := _BY_CONTENT.get((digest, task)):
        return shared
    with _of_the_model():
        loaded = tf.saved_model.load(path)
        outputs = loaded.signatures["serving_default"].structured_outputs
    if name not in outputs:
        raise ModelFault(f"no output `{name}`")
    model = _BY_CONTENT[digest, task] = LoadedModel(Path(path), loaded, task)
    return model


def _raw_values(table: pa.Table, column: InputColumn) -> npt.NDArray[Any]:
    """A column as the signature `raw_columns` takes it: what is missing is the kind's sentinel."""
    missing = MISSING[column.kind]
    if column.name not in table.column_names:
        return np.full(len(table), missing, _DTYPES[column.kind])
    values = pc.fill_null(table[column.name], pa.scalar(missing, table[column.name].type))
    return np.asarray(values.to_numpy())


def no_answers(task: Task, rows: int) -> npt.NDArray[np.float32]:
    """What stands for the answers of a model that gave none: NaN in the shape of a `Score`'s answers."""
    return np.full((rows, task.outputs) if task.kind == "multiclass" else rows, np.nan, np.float32)


def output_name(task: Task) -> str:
    """The output of a model's signatures that holds what is judged."""
    if task.kind == "regression":
        return "prediction"
    return "probabilities" if task.named else "probability"


def _task_of(path: str, label: str) -> Task:
    """The task that a model has beside it; one without is of before there were several tasks."""
    try:
        fields = task_in(Path(path))
    except (OSError, ValueError) as error:
        raise ModelFault(type(error).__name__) from error
    if fields is None:
        return Task("binary", label)
    if not isinstance(fields, dict) or not {"task", "label", "classes"} <= fields.keys():
        raise ModelFault("no task in its task.json")
    try:
        return Task.from_json(fields)
    except (TypeError, KeyError, ValueError) as error:
        raise ModelFault("no task in its task.json") from error
