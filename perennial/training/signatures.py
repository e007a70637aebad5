"""Exports a trained model with its transform as a SavedModel that takes raw rows."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflow_metadata.proto.v0 import schema_pb2

from perennial.examples import DTYPES, dense_columns
from perennial.schema import model_columns, schema_as_json
from perennial.training.data import TransformGraph, model_inputs
from perennial.training.head import Head
from perennial.training.scaling import Scaling
from serving.model.columns import InputColumn, input_names
from serving.model.folder import READING_FILE, SCHEMA_FILE, TASK_FILE
from serving.reading.values import MISSING_FLOAT, MISSING_INT
from serving.reading.version_rules import VersionRules


def export(
    model: Any,
    transform: TransformGraph,
    schema: schema_pb2.Schema,
    head: Head,
    directory: Path,
    reading: VersionRules,
) -> None:
    """Writes `model` behind `transform` to `directory`: with schema, task, reading rules, constants of scale.

    That it can be served is for the probe to find out, in the environment that serves.

    The three signatures have the same outputs, those of `Head.outputs`.
      - `serving_default`: `examples`, string [None], serialized tf.Examples.
      - `raw_columns`: one input a column, [None], named by `serving.model.columns.input_names`; "", NaN and
        `MISSING_INT` are missing.
      - `csv_lines`: `lines`, string [None], cells in the schema's order; empty, quoted or not, is missing. It
        knows no reading rules: numbers have a point, and dates are ISO text, as an export's are read.
    """
    columns = model_columns(schema, "SERVING")
    # The module holds the variables and not the model: a Keras 3 model inside a module cannot be loaded by
    # the TF 1 loader, which is TF Serving's; and without its optimizer the export is a third of the size.
    module = tf.Module()
    module.variables_of_model = [variable.value for variable in model.variables]
    module.transform = transform.loaded
    tf.saved_model.save(module, str(directory), signatures=_signatures(model, transform, head, columns))
    schema_file = directory / SCHEMA_FILE
    schema_file.parent.mkdir(exist_ok=True)
    schema_file.write_text(schema_as_json(schema))
    (directory / TASK_FILE).write_text(head.task.to_json())
    (directory / READING_FILE).write_text(reading.to_json())
    if transform.constants is not None:
        Scaling(transform.constants, head.mean, head.std).write(directory)


def scores_of(model: Any, transform: TransformGraph, raw: Mapping[str, tf.Tensor], head: Head) -> tf.Tensor:
    """Scores dense raw columns with the transform and the Keras model, as `Head.scores` gives them."""
    return head.scores(model(model_inputs(transform(raw), model), training=False))


def _signatures(
    model: Any, transform: TransformGraph, head: Head, columns: Sequence[InputColumn]
) -> dict[str, Any]:
    def score(raw: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        return head.outputs(scores_of(model, transform, raw, head))

    strings = {name: tf.TensorSpec([None], tf.string, name) for name in ("examples", "lines")}
    names = {column.name: name for column, name in zip(columns, input_names(columns), strict=True)}
    raw_columns = {
        names[column.name]: tf.TensorSpec([None], DTYPES[column.kind], names[column.name])
        for column in columns
    }
    return {
        "serving_default": _traced(
            lambda examples: score(dense_columns(examples, columns)), strings["examples"]
        ),
        "raw_columns": _traced(
            lambda **raw: score({column.name: raw[names[column.name]] for column in columns}), **raw_columns
        ),
        "csv_lines": _traced(lambda lines: score(parse_lines(lines, columns)), strings["lines"]),
    }


def parse_lines(lines: tf.Tensor, columns: Sequence[InputColumn]) -> dict[str, tf.Tensor]:
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


def _whole_numbers(text: tf.Tensor) -> tf.Tensor:
    digits = tf.strings.regex_replace(text, r"^\+([0-9])", r"\1")
    return tf.strings.to_number(tf.where(tf.equal(digits, ""), str(MISSING_INT), digits), tf.int64)


def _traced(function: Callable[..., Any], *inputs: Any, **named_inputs: Any) -> Any:
    # AutoGraph would convert the whole transform and the model's layers: seconds, for nothing.
    return tf.function(function, autograph=False).get_concrete_function(*inputs, **named_inputs)
