"""Tables of scikit-learn's as use cases: schema, rows, a transform and a model that take any of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import sklearn.datasets
import tensorflow as tf
import tensorflow_transform as tft
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from components.transform.in_memory import write_transform_graph
from perennial.task import Task
from serving.model.columns import InputColumn
from serving.reading.version_rules import VersionRules
from serving.requests.forms import as_example
from tests.tiny_use_case import FnArgs

SET_ASIDE = "set aside"
LABEL = "what it is"
TASKS: Mapping[str, Task] = {
    "iris": Task("multiclass", LABEL, ("setosa", "versicolor", "virginica")),
    "wine": Task("multiclass", LABEL, (0, 1, 2)),
    "digits": Task("multiclass", LABEL, tuple(range(10))),
    "breast_cancer": Task("binary", LABEL, ("benign", "malignant")),
    "diabetes": Task("regression", LABEL),
}
HYPERPARAMETERS: Mapping[str, Any] = {
    "steps_per_epoch": 40,
    "epochs": 3,
    "batch_size": 64,
    "ema_momentum": 0.9,
    "learning_rate": 0.03,
    "early_stopping": {"days": 2, "patience": 1},
}
Row = dict[str, int | float | str | None]


@dataclass(frozen=True)
class RealTable:
    """One table, trained and exported.

    Attributes:
        task: Its task.
        columns: What the model takes.
        rows: All rows, with the label and a column that is set aside.
        args: What `run_fn` was given.
    """

    task: Task
    columns: tuple[InputColumn, ...]
    rows: list[Row]
    args: FnArgs

    @property
    def model(self) -> Path:
        """Folder of the SavedModel."""
        return Path(self.args.serving_model_dir)

    @property
    def labels(self) -> Any:
        """The label of each row."""
        return np.array([row[LABEL] for row in self.rows])


def preprocessing_fn(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """All float columns side by side, scaled; a missing one is 0."""
    columns = [
        tf.sparse.to_dense(tf.SparseTensor(one.indices, one.values, [one.dense_shape[0], 1]), np.nan)
        for name, one in sorted(inputs.items())
        if one.dtype == tf.float32 and name != LABEL
    ]
    scaled = tft.scale_to_z_score(tf.concat(columns, axis=1), elementwise=True)
    return {"numbers": tf.clip_by_value(tf.where(tf.math.is_nan(scaled), 0.0, scaled), -5.0, 5.0)}


def build_model(hyperparameters: Mapping[str, Any], vocabulary_sizes: Mapping[str, int]) -> keras.Model:
    """A linear model of as many outputs as the label's classes ask for."""
    classes = vocabulary_sizes.get(LABEL, 1)
    numbers = keras.Input((hyperparameters["columns"],), name="numbers")
    outputs = hyperparameters.get("outputs", classes if classes > 2 else 1)
    return keras.Model({"numbers": numbers}, keras.layers.Dense(outputs)(numbers))


def rows_of(name: str) -> tuple[list[str], list[Row]]:
    """The columns' names, and the rows with a label as the task names it; some cells are missing."""
    loaded = getattr(sklearn.datasets, f"load_{name}")()
    names = [str(each) for each in loaded.feature_names]
    labels = [_label(name, loaded, each) for each in loaded.target.tolist()]
    rows: list[Row] = []
    for index, (cells, label) in enumerate(zip(loaded.data.astype(np.float32).tolist(), labels, strict=True)):
        row: Row = dict(zip(names, cells, strict=True))
        row[names[index % len(names)]] = None if index % 5 == 0 else cells[index % len(names)]
        rows.append({**row, LABEL: label, SET_ASIDE: f"id {index}"})
    return names, rows


def _label(name: str, loaded: Any, target: Any) -> int | float | str:
    if name in ("iris", "breast_cancer"):
        return str(loaded.target_names[target])
    return float(target) if name == "diabetes" else int(target)


def train(name: str, folder: Path, **hyperparameters: Any) -> RealTable:
    """Trains and exports one of `TASKS`."""
    from perennial.training.trainer import run_fn

    args, table = fn_args(name, folder, **hyperparameters)
    run_fn(args)
    return table


def fn_args(name: str, folder: Path, **hyperparameters: Any) -> tuple[FnArgs, RealTable]:
    """Everything `run_fn` needs, written under `folder`."""
    names, rows = rows_of(name)
    task = TASKS[name]
    label = label_column(task)
    columns = tuple(InputColumn(each, "float") for each in names)
    file = folder / "train" / "data_tfrecord-00000-of-00001.gz"
    write_examples(rows, (*columns, label), file)
    text = _schema(columns, label)
    (folder / "schema.pbtxt").write_text(text)
    schema = text_format.Parse(text, schema_pb2.Schema())
    write_transform_graph(preprocessing_fn, schema, [str(file)], folder / "transform", folder / "work")
    args = FnArgs(
        train_files=[str(file)],
        eval_files=[],
        schema_path=str(folder / "schema.pbtxt"),
        transform_graph_path=str(folder / "transform"),
        model_run_dir=str(folder / "artifacts" / "Trainer" / "model_run" / "1"),
        serving_model_dir=str(folder / name / "1"),
        custom_config={
            "model": "tests.table_use_case",
            "preprocessing": "tests.table_use_case",
            "time_column": None,
            "task": task.to_json(),
            "seed": 17,
            "hyperparameters": {**HYPERPARAMETERS, "columns": len(columns), **hyperparameters},
            "private": [],
            "reading": VersionRules().to_json(),
            "source": "",
        },
    )
    return args, RealTable(task, columns, rows, args)


def _schema(columns: Sequence[InputColumn], label: InputColumn) -> str:
    schema = schema_pb2.Schema(default_environment=["TRAINING", "SERVING"])
    types = {"int": schema_pb2.INT, "float": schema_pb2.FLOAT, "string": schema_pb2.BYTES}
    for column in columns:
        schema.feature.add(name=column.name, type=types[column.kind])
    schema.feature.add(name=SET_ASIDE, type=schema_pb2.BYTES, lifecycle_stage=schema_pb2.DISABLED)
    schema.feature.add(name=label.name, type=types[label.kind], not_in_environment=["SERVING"])
    return text_format.MessageToString(schema)


def label_column(task: Task) -> InputColumn:
    """The label's column, of the kind of the task's classes."""
    if task.kind == "regression":
        return InputColumn(LABEL, "float")
    return InputColumn(LABEL, "int" if type(task.named[0]) is int else "string")


def write_examples(rows: Sequence[Row], columns: Sequence[InputColumn], file: Path) -> None:
    """Writes rows as ArrowExampleGen does: gzip TFRecord of tf.Example."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(file), "GZIP") as writer:
        for row in rows:
            writer.write(as_example(row, columns))
