"""A use case small enough to train in seconds: its schema, rows, transform and model."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
import tensorflow_transform as tft
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_transform import impl_helper
from tensorflow_transform.tf_metadata import schema_utils

from perennial.task import Task
from serving.model.columns import InputColumn
from serving.reading.version_rules import VersionRules
from serving.requests.forms import as_example

SCHEMA = """
default_environment: "TRAINING" default_environment: "SERVING"
feature { name: "day" type: BYTES }
feature { name: "colour" type: BYTES }
feature { name: "size" type: INT }
feature { name: "heat" type: FLOAT }
feature { name: "good" type: INT not_in_environment: "SERVING" }
"""
COLOURS = ("blue", "green", "red")
HYPERPARAMETERS: Mapping[str, Any] = {
    "steps_per_epoch": 10,
    "epochs": 4,
    "batch_size": 32,
    "ema_momentum": 0.8,
    "learning_rate": 0.05,
    "early_stopping": {"days": 2, "patience": 1},
    "width": 4,
}
COLUMNS = (
    InputColumn("day", "string"),
    InputColumn("colour", "string"),
    InputColumn("size", "int"),
    InputColumn("heat", "float"),
)
LABEL = InputColumn("good", "int")
TASK = Task("binary", "good")

Row = dict[str, int | float | str | None]


@dataclass
class FnArgs:
    """What `run_fn` reads of TFX's own FnArgs."""

    train_files: list[str]
    eval_files: list[str]
    schema_path: str
    transform_graph_path: str
    model_run_dir: str
    serving_model_dir: str
    custom_config: dict[str, Any]


def preprocessing_fn(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Ids of colours, and clipped numbers with a marker where missing."""
    colour = _dense(inputs["colour"], "")
    ids = range(len(COLOURS))
    table = tft.make_and_track_object(
        lambda: tf.lookup.StaticVocabularyTable(
            tf.lookup.KeyValueTensorInitializer(COLOURS, ids, tf.string, tf.int64), 1
        ),
        name="colours",
    )
    heat = _dense(inputs["heat"], float("nan"))
    size = _dense(inputs["size"], 0)
    return {
        "colour_id": table.lookup(colour),
        "heat_scaled": tf.clip_by_value(tf.where(tf.math.is_nan(heat), 0.0, heat), -9.0, 9.0) / 3.0,
        "heat_missing": tf.cast(tf.math.is_nan(heat), tf.float32),
        "size_scaled": tf.clip_by_value(tf.cast(size, tf.float32), -9.0, 9.0) / 3.0,
    }


def build_model(hyperparameters: Mapping[str, Any], vocabulary_sizes: Mapping[str, int]) -> keras.Model:
    """One hidden layer over an embedded colour and the numbers; one logit."""
    del vocabulary_sizes
    colour = keras.Input((), name="colour_id", dtype="int64")
    numbers = [keras.Input((1,), name=name) for name in ("heat_scaled", "heat_missing", "size_scaled")]
    embedded = keras.layers.Embedding(len(COLOURS) + 1, 2)(colour)
    hidden = keras.layers.Dense(hyperparameters["width"], "relu")(
        keras.layers.Concatenate()([embedded, *numbers])
    )
    inputs = {"colour_id": colour, **{tensor.name: tensor for tensor in numbers}}
    return keras.Model(inputs, keras.layers.Dense(1)(hidden))


def rows(count: int, days: int = 10, seed: int = 3) -> list[Row]:
    """Rows whose label follows from colour and heat; a fifth of the cells of some columns are missing."""
    draw = random.Random(seed)
    made: list[Row] = []
    for index in range(count):
        colour, heat = draw.choice(COLOURS), float(tf.constant(draw.gauss(0, 3), tf.float32))
        made.append(
            {
                "day": f"2013-01-{1 + index * days // count:02d} 10:00:00",
                "colour": None if draw.random() < 0.2 else colour,
                "size": None if draw.random() < 0.2 else draw.randint(-5, 5),
                "heat": None if draw.random() < 0.2 else heat,
                "good": int(heat + (3 if colour == "red" else 0) > 0),
            }
        )
    return made


def write_examples(made: Sequence[Row], file: Path) -> None:
    """Writes rows as ArrowExampleGen does: gzip TFRecord of tf.Example."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(file), "GZIP") as writer:
        for row in made:
            writer.write(as_example(row, (*COLUMNS, LABEL)))


def write_transform(folder: Path) -> None:
    """Writes the transform graph as the Transform component does, with nothing to analyse."""
    schema = text_format.Parse(SCHEMA, schema_pb2.Schema())
    specs = schema_utils.schema_as_feature_spec(schema).feature_spec
    types = impl_helper.get_type_specs_from_feature_specs(specs)
    impl_helper.analyze_in_place(preprocessing_fn, False, specs, types, str(folder))


def fn_args(folder: Path, count: int = 400, **hyperparameters: Any) -> FnArgs:
    """Everything `run_fn` needs, written under `folder`."""
    write_examples(rows(count), folder / "train" / "data_tfrecord-00000-of-00001.gz")
    write_transform(folder / "transform")
    (folder / "schema.pbtxt").write_text(SCHEMA)
    return FnArgs(
        train_files=[str(folder / "train" / "*")],
        eval_files=[str(folder / "nothing-may-open-this" / "*")],
        schema_path=str(folder / "schema.pbtxt"),
        transform_graph_path=str(folder / "transform"),
        model_run_dir=str(folder / "artifacts" / "Trainer" / "model_run" / "1"),
        serving_model_dir=str(folder / "model" / "Format-Serving"),
        custom_config={
            "model": "tests.tiny_use_case",
            "preprocessing": "tests.tiny_use_case",
            "time_column": "day",
            "task": TASK.to_json(),
            "seed": 17,
            "hyperparameters": {**HYPERPARAMETERS, **hyperparameters},
            "private": ["colour"],
            "reading": VersionRules().to_json(),
            "source": "",
        },
    )


def _dense(sparse: Any, missing: Any) -> Any:
    shaped = tf.SparseTensor(sparse.indices, sparse.values, [sparse.dense_shape[0], 1])
    return tf.squeeze(tf.sparse.to_dense(shaped, missing), 1)


def read_summary(args: FnArgs) -> Any:
    """What training wrote down of itself."""
    return json.loads((Path(args.model_run_dir) / "training.json").read_text())
