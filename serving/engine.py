"""Loads one version of a model, as TF Serving would, and scores raw rows with it."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import config_pb2

from pipeline.errors import Unservable
from serving.columns import Column, arrays_of_rows, columns_of

SCHEMA_FILE: Final = "assets.extra/schema.json"
OUTPUT: Final = "probability"
# Name of each signature -> the names of its inputs; None: one for each raw column.
SIGNATURES: Final[Mapping[str, tuple[str, ...] | None]] = {
    "serving_default": ("examples",),
    "raw_columns": None,
    "csv_lines": ("lines",),
}
LOAD_ERRORS: Final = (OSError, RuntimeError, ValueError, KeyError, tf.errors.OpError)

Scores = Any  # np.ndarray, float32, (rows,)


class InputError(ValueError):
    """Input that the model's graph could not read or transform; the message holds nothing of it."""


class Engine:
    """One loaded version. Scoring may be called from several threads.

    A session of the TF 1 loader, with prepared calls and one thread, scores one raw row in about a quarter
    of the time that `tf.saved_model.load(...).signatures[...]` takes; for more cores, start more processes.

    Attributes:
        columns: The raw columns the model takes, in the order of a CSV line.
    """

    def __init__(
        self, session: Any, calls: Mapping[str, Callable[..., Any]], columns: tuple[Column, ...]
    ) -> None:
        """Takes what `load` made."""
        self.columns = columns
        self._session = session
        self._calls = calls

    @classmethod
    def load(cls, path: Path) -> "Engine":
        """Loads a version from its folder.

        Args:
            path: The folder of a SavedModel with the three signatures and `assets.extra/schema.json`.

        Raises:
            Unservable: The folder is not such a model, or not whole.
        """
        session = tf.compat.v1.Session(graph=tf.Graph(), config=_one_thread())
        try:
            columns = columns_of(json.loads((path / SCHEMA_FILE).read_text()))
            with session.graph.as_default():
                meta = tf.compat.v1.saved_model.load(session, ["serve"], str(path))
            calls = {name: _prepared(session, meta, name, columns) for name in SIGNATURES}
        except LOAD_ERRORS as error:
            session.close()
            raise Unservable(
                f"Expected a whole model with its schema in {path}, and loading it ended in {_kind(error)}.",
                "Publish the version again, or roll back to one that loads.",
            ) from error
        return cls(session, calls, columns)

    def score_rows(self, rows: Sequence[Mapping[str, object]]) -> Scores:
        """Scores raw rows as JSON gives them.

        Args:
            rows: Column name -> int, float, str or None. Null or absent is missing, and so is "".

        Returns:
            Probabilities, float32, shape (rows,).

        Raises:
            RowError: A value is of the wrong kind; names row, column and kinds.
        """
        if not rows:
            return np.empty(0, np.float32)
        return self._score("raw_columns", *arrays_of_rows(rows, self.columns))

    def score_csv(self, lines: Sequence[str]) -> Scores:
        """Scores CSV lines: the cells in the order of `columns`, no label; an empty cell is missing.

        Returns:
            Probabilities, float32, shape (rows,).

        Raises:
            InputError: A line has another number of cells, or a cell of another kind than its column.
        """
        if not lines:
            return np.empty(0, np.float32)
        return self._score("csv_lines", np.array([line.encode() for line in lines], object))

    def score_examples(self, examples: Sequence[bytes]) -> Scores:
        """Scores serialized tf.Examples; an absent feature is missing.

        Returns:
            Probabilities, float32, shape (rows,).

        Raises:
            InputError: One of them is no tf.Example, or a feature is of another type than its column.
        """
        if not examples:
            return np.empty(0, np.float32)
        return self._score("serving_default", np.array(list(examples), object))

    def close(self) -> None:
        """Frees the model's memory; scoring is over."""
        self._session.close()

    def _score(self, signature: str, *arrays: Any) -> Scores:
        try:
            return self._calls[signature](*arrays)[0]
        except tf.errors.InvalidArgumentError:
            # TensorFlow's own message repeats the offending value.
            raise InputError(
                f"The model could not take its input as {signature}: expected {len(self.columns)} columns, "
                f"in this order and kind: {', '.join(f'{c.name} ({c.kind})' for c in self.columns)}."
            ) from None


def _prepared(session: Any, meta: Any, name: str, columns: Sequence[Column]) -> Callable[..., Any]:
    """Makes the call of one signature; its arguments are in the order of SIGNATURES or of the columns."""
    signature = meta.signature_def[name]
    inputs = SIGNATURES[name] or [column.name for column in columns]
    options = config_pb2.CallableOptions(
        feed=[signature.inputs[key].name for key in inputs], fetch=[signature.outputs[OUTPUT].name]
    )
    return session._make_callable_from_options(options)


def _one_thread() -> Any:
    return tf.compat.v1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)


def _kind(error: BaseException) -> str:
    return f"{type(error).__name__} ({str(error).splitlines()[0][:200] if str(error) else 'no message'})"
