"""Scores tf.Examples as training did, by transform graph and Keras model: what serving has to agree with."""

import json
import logging
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from tensorflow_metadata.proto.v0 import schema_pb2

from perennial.errors import Unservable
from perennial.examples import dense_columns
from perennial.schema import model_columns
from perennial.training.data import TransformGraph
from perennial.training.head import Head
from perennial.training.signatures import scores_of
from perennial.training.trainer import MODEL_FILE, SUMMARY_FILE
from perennial.user_code import file_of, user_code, user_module
from perennial.user_graph import blamed_operation

BATCH = 8192


class TrainingSide:
    """A trained model before its export.

    Attributes:
        head: What its scores are.
    """

    def __init__(self, transform_graph: Path, model_run: Path, schema: schema_pb2.Schema) -> None:
        """Loads it from the folders of the Transform's and the Trainer's artifacts.

        Raises:
            UserCodeError: The use case's module cannot be loaded, or a layer of it fails.
            Unservable: The file of the model cannot be loaded.
        """
        summary = json.loads((model_run / SUMMARY_FILE).read_text())
        # What the use case's module registers with Keras has to be there before its model is read.
        user_module(summary["model"])
        with user_code(summary["model"], elsewhere=_fault_of_file):
            self._model = keras.models.load_model(model_run / MODEL_FILE, compile=False)
        self._modules = {key: summary[key] for key in ("model", "preprocessing")}
        self.head = Head.from_json(summary["answer"])
        self._transform = TransformGraph(str(transform_graph))
        self._columns = model_columns(schema, "SERVING")

    def score(self, examples: Sequence[bytes]) -> npt.NDArray[np.float32]:
        """Scores serialized tf.Examples; a label among their features is not looked at.

        Returns:
            Scores, float32: of each row the positive class' probability or the predicted number, shape
            (rows,); of three classes and more each one's probability, shape (rows, classes).
        """
        scores = [np.empty((0, *self.head.width), np.float32)]
        for start in range(0, len(examples), BATCH):
            raw = dense_columns(tf.constant(examples[start : start + BATCH]), self._columns)
            scores.append(scores_of(self._model, self._transform, raw, self.head).numpy())
        return np.concatenate(scores)

    def place_of(self, error: BaseException) -> str:
        """Where the operation was made that failed in `score`: a file, with the line if that is known.

        Args:
            error: What `score` raised.
        """
        transform = self._modules["preprocessing"]
        blamed = blamed_operation(error, self._modules["model"]) or blamed_operation(
            error, transform, lambda: self._transform.lines
        )
        return blamed.where if blamed else file_of(transform)


def _fault_of_file(error: BaseException) -> Unservable:
    logging.getLogger(__name__).warning("%s cannot be loaded.", MODEL_FILE, exc_info=error)
    return Unservable(
        f"The trained model ({MODEL_FILE}) cannot be loaded ({type(error).__name__}).",
        "Run the command again.",
    )
