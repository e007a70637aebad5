"""Scores tf.Examples as training did, by transform graph and Keras model: what serving has to agree with."""

import importlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorflow_metadata.proto.v0 import schema_pb2

from models.data import Transform, parse_examples, schema_columns
from models.signatures import probabilities
from models.training import MODEL_FILE, SUMMARY_FILE

BATCH = 8192


class TrainingSide:
    """A trained model before its export."""

    def __init__(self, transform_graph: Path, model_run: Path, schema: schema_pb2.Schema) -> None:
        """Loads it from the folders of the Transform's and the Trainer's artifacts."""
        # What the use case's module registers with Keras has to be there before its model is read.
        importlib.import_module(json.loads((model_run / SUMMARY_FILE).read_text())["model"])
        self._model = keras.models.load_model(model_run / MODEL_FILE, compile=False)
        self._transform = Transform(str(transform_graph), schema_columns(schema, "TRAINING"))
        self._columns = schema_columns(schema, "SERVING")

    def score(self, examples: Sequence[bytes]) -> Any:
        """Scores serialized tf.Examples; a label among their features is not looked at.

        Returns:
            Probabilities, float32, shape (rows,).
        """
        scores = [np.empty(0, np.float32)]
        for start in range(0, len(examples), BATCH):
            raw = parse_examples(tf.constant(examples[start : start + BATCH]), self._columns)
            scores.append(probabilities(self._model, self._transform, raw).numpy())
        return np.concatenate(scores)
