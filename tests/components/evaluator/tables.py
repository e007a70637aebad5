"""Tables of scikit-learn as windows, and its linear models as SavedModels, for each task."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf import text_format
from sklearn import datasets, linear_model
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.types import standard_artifacts

from perennial.task import Task
from serving.model.folder import TASK_FILE
from tests.components.evaluator.small_windows import write_split

KINDS = ("binary", "multiclass", "regression")
BOUNDS = {
    "binary": {"auc": {"min": 0.6}},
    "multiclass": {"auc": {"min": 0.6}},
    "regression": {"r2": {"min": 0.1}},
}


@dataclass
class ScoredTable:
    """A table cut into rows to train on and rows to judge by, a model fitted to the first, and its window.

    Attributes:
        task: What is asked.
        labels: Codes of classes or numbers of the judged rows, shape (rows,).
        answers: The model's answers to them, float32, as the Evaluator takes them.
        distribution: The train rows' labels on the whole.
        inputs: What the Evaluator takes, artifacts by name.
    """

    task: Task
    labels: Any
    answers: Any
    distribution: Any
    inputs: dict[str, list[Any]]


class LinearModel(tf.Module):
    """What a linear model of scikit-learn answers, as exported models answer it."""

    def __init__(self, task: Task, weights: Any, offsets: Any) -> None:
        super().__init__()
        self.task = task
        self.weights = tf.Variable(np.asarray(weights, np.float32))
        self.offsets = tf.Variable(np.asarray(offsets, np.float32))

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")], autograph=False)
    def serve(self, examples: Any) -> dict[str, Any]:
        width = self.weights.shape[0]
        parsed = tf.io.parse_example(examples, {"x": tf.io.FixedLenFeature([width], tf.float32)})
        numbers = tf.matmul(parsed["x"], self.weights) + self.offsets
        if self.task.kind == "regression":
            return {"prediction": tf.reshape(numbers, [-1])}
        logits = numbers if self.task.kind == "multiclass" else tf.concat([0 * numbers, numbers], axis=1)
        chosen = tf.gather(tf.constant(self.task.classes), tf.argmax(logits, axis=1))
        classes = tf.broadcast_to(tf.constant([self.task.classes]), tf.shape(logits))
        return {"prediction": chosen, "classes": classes, "probabilities": tf.nn.softmax(logits)}


def save(folder: Path, task: Task, weights: Any, offsets: Any) -> Any:
    """Makes a Model artifact that says its task."""
    module = LinearModel(task, weights, offsets)
    saved = folder / "Format-Serving"
    tf.saved_model.save(module, str(saved), signatures={"serving_default": module.serve})
    (saved / TASK_FILE).parent.mkdir(exist_ok=True)
    (saved / TASK_FILE).write_text(task.to_json())
    model = standard_artifacts.Model()
    model.uri = str(folder)
    return model


def table_of(kind: str) -> tuple[Task, Any, Any]:
    """One of scikit-learn's tables: its task, numbers and labels as their column holds them."""
    if kind == "regression":
        data = datasets.load_diabetes()
        return Task("regression", "y"), data.data, data.target
    data = datasets.load_wine() if kind == "multiclass" else datasets.load_breast_cancer()
    names = tuple(str(name) for name in data.target_names)
    task = Task("multiclass" if kind == "multiclass" else "binary", "y", names)
    return task, data.data, np.array(names, object)[data.target]


def scored(folder: Path, kind: str, judged: int = 60) -> ScoredTable:
    """Fits, exports, and writes a window whose `eval` has `judged` rows; every row is an anchor as well."""
    task, numbers, values = table_of(kind)
    order = np.random.default_rng(3).permutation(len(values))
    numbers, values = numbers[order].astype(np.float32), values[order]
    numbers = (numbers - numbers.mean(axis=0)) / numbers.std(axis=0)
    train = slice(judged, None)
    labels = values.astype(np.float64) if kind == "regression" else task.codes(values)
    model = linear_model.Ridge() if kind == "regression" else linear_model.LogisticRegression(C=0.1)
    model.fit(numbers[train], labels[train])
    weights = np.atleast_2d(model.coef_).T
    inputs = {
        "examples": [_window(folder / "window", numbers, values, labels, judged, task)],
        "model": [save(folder / "model", task, weights, model.intercept_)],
        "schema": [_schema(folder / "schema", kind)],
    }
    answers = model.predict(numbers) if kind == "regression" else model.predict_proba(numbers)
    answers = answers[:judged, 1] if kind == "binary" else answers[:judged]
    return ScoredTable(task, labels[:judged], answers, _distribution(labels[train], task), inputs)


def _distribution(labels: Any, task: Task) -> Any:
    if task.kind == "regression":
        return float(labels.mean())
    return [float(share) for share in np.bincount(labels, minlength=len(task.classes)) / len(labels)]


def _window(folder: Path, numbers: Any, values: Any, labels: Any, judged: int, task: Task) -> Any:
    rows = [
        {"x": [float(number) for number in row], "y": value, "half": "ab"[index % 2]}
        for index, (row, value) in enumerate(zip(numbers, values, strict=True))
    ]
    write_split(folder / "Split-eval", rows[:judged], 2)
    write_split(folder / "Split-anchor", rows, 1)
    window = {
        "train": {"rows": len(rows) - judged, "label_distribution": _distribution(labels[judged:], task)},
        "files": {
            split: {path.name: "1" for path in (folder / f"Split-{split}").iterdir()}
            for split in ("eval", "anchor")
        },
        "eval": {"rows": judged},
        "anchor": {"rows": len(rows)},
    }
    (folder / "window.json").write_text(json.dumps(window))
    window = standard_artifacts.Examples()
    window.uri = str(folder)
    return window


def _schema(folder: Path, kind: str) -> Any:
    folder.mkdir()
    label = "FLOAT" if kind == "regression" else "BYTES"
    types = {"x": "FLOAT", "half": "BYTES", "y": label}
    text = " ".join(f'feature {{ name: "{name}" type: {type_} }}' for name, type_ in types.items())
    proto = text_format.Parse(text, schema_pb2.Schema())
    (folder / "schema.pbtxt").write_text(text_format.MessageToString(proto))
    schema = standard_artifacts.Schema()
    schema.uri = str(folder)
    return schema


def yardstick(folder: Path, answers: Any = None, **content: Any) -> Any:
    """An artifact with `yardstick.json` and, where a model has answered, `answers.npy`."""
    folder.mkdir(parents=True, exist_ok=True)
    if answers is not None:
        np.save(folder / "answers.npy", answers)
    (folder / "yardstick.json").write_text(json.dumps(content))
    artifact = standard_artifacts.ModelEvaluation()
    artifact.uri = str(folder)
    return artifact
