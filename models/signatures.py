"""Exports a trained model with its transform as a SavedModel that takes raw rows, and proves that it runs."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import tensorflow as tf
from tensorflow_metadata.proto.v0 import schema_pb2

from models.data import (
    DTYPES,
    Transform,
    model_inputs,
    parse_examples,
    schema_as_json,
    schema_columns,
)
from pipeline.errors import NodeFailed, Unservable
from serving.columns import MISSING_FLOAT, MISSING_INT, Column
from serving.engine import OUTPUT, SCHEMA_FILE, Engine
from serving.forms import as_csv_line, as_example

Tensor = Any
TOLERANCE: Final = 1e-6


def export(model: Any, transform: Transform, schema: schema_pb2.Schema, directory: Path) -> None:
    """Writes `model` behind `transform` to `directory`, with the schema beside it, and checks that it scores.

    The three signatures have one output, `probability`: float32 [None], the sigmoid of the model's logit.
      - `serving_default`: `examples`, string [None], serialized tf.Examples.
      - `raw_columns`: one input a column, [None]; "", NaN and -2147483648 are missing.
      - `csv_lines`: `lines`, string [None], cells in the schema's order; empty, quoted or not, is missing.

    Raises:
        NodeFailed: What was written does not load or does not score alike through the three signatures.
    """
    columns = schema_columns(schema, "SERVING")
    # The module holds the variables and not the model: a Keras 3 model inside a module cannot be loaded by
    # the TF 1 loader, which is TF Serving's; and without its optimizer the export is a third of the size.
    module = tf.Module()
    module.variables_of_model = [variable.value for variable in model.variables]
    module.transform = transform.loaded
    tf.saved_model.save(module, str(directory), signatures=_signatures(model, transform, columns))
    schema_file = directory / SCHEMA_FILE
    schema_file.parent.mkdir(exist_ok=True)
    schema_file.write_text(schema_as_json(schema))
    check(directory)


def probabilities(model: Any, transform: Transform, raw: Mapping[str, Tensor]) -> Tensor:
    """Scores dense raw columns with the transform and the Keras model: float32 [None]."""
    logit = model(model_inputs(transform(raw), model), training=False)
    return tf.sigmoid(tf.reshape(tf.cast(logit, tf.float32), [-1]))


def check(directory: Path) -> None:
    """Loads an export as TF Serving does and scores a few rows through each signature.

    Raises:
        NodeFailed: It does not load, a score is not finite, or the signatures differ by more than 1e-6.
    """
    remedy = "Look at the preprocessing_fn first: every feature needs a value where its column is missing."
    try:
        engine = Engine.load(directory)
        rows = _check_rows(engine.columns)
        scores = [
            engine.score_rows(rows),
            engine.score_csv([as_csv_line(row, engine.columns) for row in rows]),
            engine.score_examples([as_example(row, engine.columns) for row in rows]),
        ]
        engine.close()
    except (Unservable, ValueError, tf.errors.OpError) as error:
        raise NodeFailed(
            f"The exported model does not score raw rows: {type(error).__name__}.", remedy
        ) from error
    if not np.isfinite(scores).all():
        raise NodeFailed(
            "The exported model gives no finite score to rows with missing or unseen values.", remedy
        )
    difference = float(np.ptp(scores, axis=0).max())
    if difference > TOLERANCE:
        raise NodeFailed(f"The three signatures of the exported model differ by {difference:.2g}.", remedy)


def _signatures(model: Any, transform: Transform, columns: Sequence[Column]) -> dict[str, Any]:
    def score(raw: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {OUTPUT: probabilities(model, transform, raw)}

    strings = {name: tf.TensorSpec([None], tf.string, name) for name in ("examples", "lines")}
    raw_columns = {column.name: tf.TensorSpec([None], DTYPES[column.kind], column.name) for column in columns}
    return {
        "serving_default": _traced(
            lambda examples: score(parse_examples(examples, columns)), strings["examples"]
        ),
        "raw_columns": _traced(lambda **raw: score(raw), **raw_columns),
        "csv_lines": _traced(lambda lines: score(parse_lines(lines, columns)), strings["lines"]),
    }


def parse_lines(lines: Tensor, columns: Sequence[Column]) -> dict[str, Tensor]:
    """Parses CSV lines into dense raw columns.

    Args:
        lines: string [None], cells in the order of `columns`.
        columns: What the cells are.

    Returns:
        Column name -> int64, float32 or string [None]; an empty cell, quoted or not, is the kind's sentinel.
    """
    # Whole numbers are taken as text first: decode_csv knows no `+5`, and every other reader here does.
    defaults = [tf.constant([MISSING_FLOAT if column.kind == "float" else ""]) for column in columns]
    cells = tf.io.decode_csv(lines, defaults)
    return {
        column.name: _whole_numbers(cell) if column.kind == "int" else cell
        for column, cell in zip(columns, cells, strict=True)
    }


def _whole_numbers(text: Tensor) -> Tensor:
    digits = tf.strings.regex_replace(text, r"^\+([0-9])", r"\1")
    return tf.strings.to_number(tf.where(tf.equal(digits, ""), str(MISSING_INT), digits), tf.int64)


def _traced(function: Callable[..., Any], *inputs: Any, **named_inputs: Any) -> Any:
    # AutoGraph would convert the whole transform and the model's layers: seconds, for nothing.
    return tf.function(function, autograph=False).get_concrete_function(*inputs, **named_inputs)


def _check_rows(columns: Sequence[Column]) -> list[dict[str, int | float | str | None]]:
    """Rows with everything missing, with plain values, and with each column missing in turn."""
    plain: dict[str, int | float | str | None] = {c.name: _PLAIN[c.kind] for c in columns}
    return [{}, plain, *({**plain, column.name: None} for column in columns)]


_PLAIN: Final[Mapping[str, int | float | str]] = {"int": 1, "float": 0.5, "string": 'an "unseen", value'}
