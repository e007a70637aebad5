"""The head of a model, by task: its loss, its metric, its scores, and the outputs it is exported with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from perennial.errors import ConfigError, UserCodeError
from perennial.task import Class, Task
from serving.model.answers import CLASSES, PREDICTION, PROBABILITIES, PROBABILITY
from serving.model.columns import InputColumn
from serving.reading.values import Kind

_NAMES: Final[Mapping[Kind, type]] = {"int": int, "float": float, "string": str}


@dataclass(frozen=True)
class Head:
    """What the output of a model means: the task, and how a regression's label is scaled.

    Attributes:
        task: What is asked; its named classes are of the label's own kind.
        mean: Of a regression's label over the train rows; else 0.
        std: Its standard deviation there; 0 where all are equal: every prediction is then the mean. Else 1.
    """

    task: Task
    mean: float = 0.0
    std: float = 1.0

    @classmethod
    def of(cls, task: Task, columns: Sequence[InputColumn]) -> "Head":
        """Takes the use case's task and the columns, the label among them.

        Raises:
            ConfigError: The label is none of them, a class is of another kind than it, or a regression's
                label is text.
        """
        kind = next((column.kind for column in columns if column.name == task.label), None)
        if kind is None:
            raise ConfigError(
                f"The label `{task.label}` is not in the schema.",
                "Set `label` to a column of the schema that is not disabled.",
            )
        return cls(_of_kind(task, kind))

    def scaled_by(self, values: npt.NDArray[np.float64]) -> "Head":
        """With mean and standard deviation of the train rows' labels (`data.label_values`)."""
        if self.task.kind != "regression":
            return self
        low, high = float(values.min()), float(values.max())
        # Of equal labels neither is computed: rounding would make a tiny spread of none.
        mean, std = (float(values.mean()), float(values.std())) if low < high else (low, 0.0)
        return Head(self.task, mean, std)

    def targets(self, values: npt.NDArray[np.float64]) -> tf.Tensor:
        """Labels as the loss takes them: float32 (rows, 1), a regression's in deviations from the mean."""
        return tf.constant((values - self.mean) / (self.std or 1.0), tf.float32)

    @property
    def metric(self) -> str:
        """The metric beside the loss: "log_loss", or "rmse" in units of the label's standard deviation."""
        return "rmse" if self.task.kind == "regression" else "log_loss"

    @property
    def width(self) -> tuple[int, ...]:
        """The shape of one row's score."""
        return (self.task.outputs,) if self.task.kind == "multiclass" else ()

    def loss(self) -> Any:
        """What training minimises."""
        if self.task.kind == "regression":
            return keras.losses.MeanSquaredError()
        if self.task.kind == "multiclass":
            return keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        return keras.losses.BinaryCrossentropy(from_logits=True)

    def metric_beside(self) -> Any:
        """What decides when to stop: the loss alone, without the weights' penalties, which only ever grow."""
        if self.task.kind == "regression":
            return keras.metrics.RootMeanSquaredError(name=self.metric)
        if self.task.kind == "multiclass":
            return keras.metrics.SparseCategoricalCrossentropy(from_logits=True, name=self.metric)
        return keras.metrics.BinaryCrossentropy(from_logits=True, name=self.metric)

    def check(self, model: object, where: str) -> None:
        """Sees that what `build_model` returned is a model of as many numbers as the task asks for.

        Args:
            model: What it returned.
            where: File and line of the function.

        Raises:
            UserCodeError: It is none.
        """
        if not isinstance(model, keras.Model):
            made = "None" if model is None else f"an object of type {type(model).__name__}"
            raise UserCodeError(
                where,
                f"build_model returns {made}; it must return a keras.Model",
                "End build_model with `return keras.Model(inputs, output)`.",
            )
        built = getattr(model, "built", False) and hasattr(model, "output_shape")
        if not built or any(None in tensor.shape[1:] for tensor in model.inputs):
            raise UserCodeError(
                where,
                "build_model returns a model without inputs of a known shape",
                "Give it a keras.Input of each feature by name: `return keras.Model(inputs, output)`.",
            )
        if model.output_shape != (None, self.task.outputs):
            each = f"{self.task.outputs} logits, one a class" if self.task.outputs > 1 else "one number"
            raise UserCodeError(
                where,
                f"the model must have an output of shape (batch, {self.task.outputs}), {each},"
                f" for `task: {self.task.kind}`; it has {_shape(model.output_shape)}",
                f"End build_model with keras.layers.Dense({self.task.outputs}).",
            )

    def scores(self, logits: tf.Tensor) -> tf.Tensor:
        """Makes scores of the model's output, (rows, outputs).

        Returns:
            float32: the positive class' probability, or the number in the label's units, [None]; of three
            classes and more each one's probability, [None, classes].
        """
        logits = tf.cast(logits, tf.float32)
        if self.task.kind == "multiclass":
            return tf.nn.softmax(logits)
        one = tf.reshape(logits, [-1])
        return one * self.std + self.mean if self.task.kind == "regression" else tf.sigmoid(one)

    def outputs(self, scores: tf.Tensor) -> dict[str, tf.Tensor]:
        """What each signature gives for these scores.

        Returns:
            Of a regression `prediction`, float32 [None]. Of a binary label of 0 and 1 `probability`, float32
            [None]. Of named classes `prediction` [None] and `classes` [None, classes], string, int64 or
            float32, and `probabilities`, float32 [None, classes], in the order of `classes`.
        """
        if self.task.kind == "regression":
            return {PREDICTION: scores}
        if not self.task.named:
            return {PROBABILITY: scores}
        if self.task.kind == "binary":
            scores = tf.stack([1 - scores, scores], axis=1)
        named = tf.constant(self.task.named, _dtype(self.task.named[0]))
        return {
            PREDICTION: tf.gather(named, tf.argmax(scores, axis=1)),
            CLASSES: tf.tile(named[tf.newaxis], [tf.shape(scores)[0], 1]),
            PROBABILITIES: scores,
        }

    def to_json(self) -> dict[str, Any]:
        """As training writes it down."""
        return {"task": self.task.to_json(), "mean": self.mean, "std": self.std}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "Head":
        """The inverse of `to_json`."""
        return cls(Task.from_json(fields["task"]), fields["mean"], fields["std"])


def _of_kind(task: Task, kind: Kind) -> Task:
    """The task with classes as the label's column holds them: a float column's `1` is 1.0."""
    named = tuple(_as(kind, name) for name in task.named)
    if named and any(type(name) is not _NAMES[kind] for name in named):
        wanted = "classes of the same type"
    elif kind == "string" and not named:
        wanted = "the type INT or FLOAT" if task.kind == "regression" else "the type INT, or `classes`"
    else:
        return Task(task.kind, task.label, named)
    raise ConfigError(
        f"The label `{task.label}` needs {wanted}, but its values are {kind}s in the schema.",
        "Fix the label's type in the schema, or `classes` in the use case.",
    )


def _as(kind: Kind, name: Class) -> Class:
    if kind == "float" and type(name) is int:
        return float(name)
    return int(name) if kind == "int" and type(name) is float and name.is_integer() else name


def _dtype(name: Class) -> tf.DType:
    if isinstance(name, str):
        return tf.string
    return tf.float32 if isinstance(name, float) else tf.int64


def _shape(shape: Any) -> str:
    if not isinstance(shape, tuple):
        return "several outputs"
    return f"({', '.join('batch' if size is None else str(size) for size in shape)})"
