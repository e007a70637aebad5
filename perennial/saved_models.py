"""Loads a SavedModel and scores with it; what goes wrong in its folder is a `ModelFault`, all else a bug."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from perennial.task import Task
from serving.model.folder import task_in

Score = Callable[[Any], npt.NDArray[np.float32]]


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


# Three: what is judged, what it is compared with, and what is live, where that is another.
@functools.lru_cache(maxsize=3)
def load_model(path: str, task: Task) -> Score:
    """Loads a SavedModel, once a process, for scoring through `serving_default`.

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
        loaded = tf.saved_model.load(path)
        outputs = loaded.signatures["serving_default"].structured_outputs
    if name not in outputs:
        raise ModelFault(f"no output `{name}`")

    def score(examples: Any) -> npt.NDArray[np.float32]:
        with _of_the_model():
            # `loaded` owns the tables and variables: the signature alone would lose them.
            scores = loaded.signatures["serving_default"](examples=examples)[name].numpy()
            answer = np.asarray(scores, np.float32)
        if name != "probabilities":
            return answer.reshape(-1)
        if answer.ndim != 2 or answer.shape[1] != len(task.classes):
            raise ModelFault(f"`{name}` of shape {answer.shape}")
        return answer[:, 1] if task.kind == "binary" else answer

    return score


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
