"""Builds a use case from its four files on rows that its schema allows; what the tests of `new` share."""

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorflow_metadata.proto.v0 import schema_pb2

from components.transform.in_memory import write_transform_graph
from perennial.schema import model_columns, read_schema
from perennial.training.data import TransformGraph, model_inputs
from pipeline import config
from pipeline.config import UseCase
from serving.model.columns import InputColumn
from serving.reading.values import MISSING_FLOAT, MISSING_INT, MISSING_STRING

Row = dict[str, Any]
ROWS = 60
_MISSING = {"int": MISSING_INT, "float": MISSING_FLOAT, "string": MISSING_STRING}
_DTYPES = {"int": tf.int64, "float": tf.float32, "string": tf.string}


@dataclass(frozen=True)
class Built:
    """A use case whose features were analysed on a few rows, and its network, untrained."""

    use_case: UseCase
    schema: schema_pb2.Schema
    columns: tuple[InputColumn, ...]
    transform: TransformGraph
    model: keras.Model

    def features(self, rows: list[Row]) -> dict[str, np.ndarray[Any, Any]]:
        """Transformed feature -> array (rows, ...)."""
        return {name: np.asarray(values) for name, values in self.transform(self._dense(rows)).items()}

    def scores(self, rows: list[Row]) -> np.ndarray[Any, Any]:
        """What the network's last layer says, (rows, outputs)."""
        return np.asarray(self.model(model_inputs(self.transform(self._dense(rows)), self.model)))

    def _dense(self, rows: list[Row]) -> dict[str, Any]:
        return {
            column.name: tf.constant(
                [row.get(column.name, _MISSING[column.kind]) for row in rows], _DTYPES[column.kind]
            )
            for column in self.columns
        }


def built(name: str, folder: Path) -> Built:
    """Analyses rows that the schema allows, and builds the network on what came of it."""
    use_case = config.load(name)
    schema = read_schema(use_case.schema_file)
    columns = model_columns(schema, "SERVING")
    file = folder / "rows.gz"
    with tf.io.TFRecordWriter(str(file), "GZIP") as writer:
        for row in rows_of(schema, ROWS):
            writer.write(_example(row))
    preprocess = importlib.import_module(f"transforms.{name}").preprocessing_fn
    write_transform_graph(preprocess, schema, [str(file)], folder / "graph", folder / "work")
    transform = TransformGraph(str(folder / "graph"))
    sizes = dict(transform.vocabulary_sizes)
    if use_case.answers.classes:
        sizes[use_case.label] = len(use_case.answers.classes)
    build = importlib.import_module(f"models.{name}").build_model
    return Built(
        use_case, schema, columns, transform, build(use_case.training.hyperparameters.for_model(), sizes)
    )


def rows_of(schema: schema_pb2.Schema, count: int) -> list[Row]:
    """Rows that differ, as the schema allows them; columns that are set aside are missing."""
    draw = np.random.default_rng(3)
    seen = [
        feature
        for feature in schema.feature
        if feature.lifecycle_stage != schema_pb2.DISABLED and "SERVING" not in feature.not_in_environment
    ]
    return [{feature.name: _value(feature, number, draw) for feature in seen} for number in range(count)]


def _value(feature: schema_pb2.Feature, number: int, draw: np.random.Generator) -> Any:
    if feature.type == schema_pb2.INT:
        return int(draw.integers(feature.int_domain.min // 2, feature.int_domain.max // 2 + 1))
    if feature.type == schema_pb2.FLOAT:
        return float(draw.uniform(feature.float_domain.min / 2, feature.float_domain.max / 2))
    if feature.string_domain.is_categorical == schema_pb2.StringDomain.CATEGORICAL_NO:
        return f"2020-{number % 12 + 1:02d}-15 {number % 24:02d}:30:00".encode()
    values = list(feature.string_domain.value) or ["a", "b", "c"]
    return values[number % len(values)].encode()


def _example(row: Row) -> bytes:
    features = {}
    for name, value in row.items():
        if isinstance(value, bytes):
            features[name] = tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
        elif isinstance(value, int):
            features[name] = tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))
        else:
            features[name] = tf.train.Feature(float_list=tf.train.FloatList(value=[value]))
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()
