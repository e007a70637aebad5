"""Trains any use case's model: the Trainer's `run_fn`, from raw examples to a model that takes raw rows."""

import importlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import tensorflow as tf

from models.data import Transform, read_schema, read_table, schema_columns
from models.raw_rows import Row, read_rows
from models.settings import Settings, settings_of
from models.signatures import export
from models.table import Table, layout_of
from pipeline.errors import ConfigError, NodeFailed
from pipeline.progress import report
from serving.columns import Column
from serving.warmup import write_warmup

MODEL_FILE: Final = "model.keras"
SUMMARY_FILE: Final = "training.json"
LOGS: Final = "logs"
STOP_BY: Final = "val_log_loss"
STEPS_PER_CALL: Final = 50
SCORING_BATCH: Final = 8192
HELD_OUT_SHARE: Final = 0.1
WARMUP_ROWS: Final = 16


@dataclass(frozen=True)
class Search:
    """What the search for the number of epochs found.

    Attributes:
        epochs: How many epochs the final fit takes.
        history: Loss and log loss, of training and of validation (`val_…`), by epoch; or empty.
    """

    epochs: int
    history: Mapping[str, list[float]]


def run_fn(fn_args: Any) -> None:
    """Trains and exports; TFX's Trainer calls it.

    The number of epochs is searched on the last days of `train`; then the model is trained anew, from the
    same start, on all of its days. The files of `eval` are never opened. Leaves the servable model in
    `fn_args.serving_model_dir`, and in `fn_args.model_run_dir` the Keras model (`model.keras`), TensorBoard's
    loss curves (`logs/search`, `logs/final`) and what was done (`training.json`).

    Args:
        fn_args: TFX's `FnArgs`; `custom_config` has `model` (dotted module with `build_model`), `label`,
            `time_column` (or null), `task` ("binary"), `seed`, `hyperparameters` and `private` (columns whose
            values stay out of the model's folder).

    Raises:
        ConfigError: A hyperparameter is missing or of the wrong type, or the task is not known.
        NodeFailed: There is nothing to train on, the loss is not finite, or the export does not score.
    """
    config = fn_args.custom_config
    if config["task"] != "binary":
        raise ConfigError("Expected the task to be binary, and it is another.", "Set `task: binary`.")
    settings = settings_of(config["hyperparameters"])
    keras.utils.set_random_seed(config["seed"])
    schema = read_schema(fn_args.schema_path)
    columns = schema_columns(schema, "TRAINING")
    transform = Transform(fn_args.transform_graph_path, columns)
    model = compiled(_built(config, transform), settings)
    table = read_table(
        fn_args.train_files,
        transform,
        columns,
        config["label"],
        config["time_column"],
        layout_of(model),
        most=settings.rows_drawn,
    )
    run_dir = Path(fn_args.model_run_dir)
    found = train(model, table, settings, config["seed"], config["time_column"] is not None, run_dir / LOGS)
    run_dir.mkdir(parents=True, exist_ok=True)
    model.save(run_dir / MODEL_FILE)
    _write_summary(run_dir / SUMMARY_FILE, config, len(table), found)
    servable = Path(fn_args.serving_model_dir)
    export(model, transform, schema, servable)
    served = schema_columns(schema, "SERVING")
    write_warmup(servable, warmup_rows(fn_args.train_files, served, config["private"]), served)


def warmup_rows(patterns: Sequence[str], columns: Sequence[Column], private: Sequence[str]) -> list[Row]:
    """Real rows that a server warms up with: they travel with the model, so private columns are missing."""
    files = sorted(file for pattern in patterns for file in tf.io.gfile.glob(pattern))
    rows = read_rows(files, columns, WARMUP_ROWS)
    return [{name: None if name in private else value for name, value in row.items()} for row in rows]


def split(table: Table, days: int, by_day: bool) -> tuple[Table, Table] | None:
    """Splits off the rows that decide when to stop: the last `days` days, or the last tenth by hash.

    Never random rows: neighbours share a day's weather, and would make the loss look better than it is.

    Returns:
        The rows to learn from, and those to stop by. None: fewer days would be left to learn from.
    """
    order = table.order_of_rows()
    if by_day:
        present = np.unique(order)
        if len(present) < 2 * days:
            return None
        held_out = order >= present[-days]
    else:
        last = np.argsort(order, kind="stable")[math.floor(len(table) * (1 - HELD_OUT_SHARE)) :]
        held_out = np.zeros(len(table), bool)
        held_out[last] = True
        if held_out.all():
            return None
    return table.where(~held_out), table.where(held_out)


def compiled(model: keras.Model, settings: Settings) -> keras.Model:
    """The model with Adam, averaged weights, and the log loss of its logit."""
    model.compile(
        optimizer=keras.optimizers.Adam(
            settings.learning_rate, use_ema=True, ema_momentum=settings.ema_momentum
        ),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        # Beside the loss, which holds the penalties of the weights as well: those only ever grow.
        metrics=[keras.metrics.BinaryCrossentropy(from_logits=True, name="log_loss")],
        # Keras runs whole calls only, so their length has to divide the epoch's.
        steps_per_execution=max(
            steps for steps in range(1, STEPS_PER_CALL + 1) if settings.steps_per_epoch % steps == 0
        ),
        # XLA would be tried on its own account, and costs more to compile than it saves.
        jit_compile=False,
    )
    model.optimizer.build(model.trainable_variables)
    return model


def train(
    model: keras.Model, table: Table, settings: Settings, seed: int, by_day: bool, logs: Path
) -> Search:
    """Searches the number of epochs, then trains from the same start on all rows; the averaged weights stay.

    Returns:
        What the search found.

    Raises:
        NodeFailed: A loss is not finite.
    """
    variables = [*model.variables, *model.optimizer.variables]
    start = [variable.numpy() for variable in variables]
    found = Search(settings.epochs, {})
    parts = split(table, settings.early_stopping_days, by_day)
    if parts:
        found = search(model, *parts, settings, seed, logs / "search")
        # Instead of a second model, whose training step would have to be traced again.
        for variable, value in zip(variables, start, strict=True):
            variable.assign(value)
    model.fit(
        _shuffled(model, table, settings.batch_size, seed),
        epochs=found.epochs,
        steps_per_epoch=settings.steps_per_epoch,
        verbose=0,
        callbacks=[_Watch(found.epochs, "final epochs"), _curves(logs / "final")],
    )
    return found


def search(
    model: keras.Model, learn: Table, stop: Table, settings: Settings, seed: int, logs: Path
) -> Search:
    """Trains on `learn` until the averaged weights no longer get better on `stop`.

    Returns:
        The epoch that was best on `stop`, counted from 1, and the losses of all.
    """
    history = model.fit(
        _shuffled(model, learn, settings.batch_size, seed),
        validation_data=in_order(model, stop),
        epochs=settings.epochs,
        steps_per_epoch=settings.steps_per_epoch,
        verbose=0,
        callbacks=[
            # So that what is validated is the averaged weights, which are what is exported.
            keras.callbacks.SwapEMAWeights(),
            _Watch(settings.epochs, "epochs"),
            keras.callbacks.EarlyStopping(STOP_BY, mode="min", patience=settings.patience),
            _curves(logs),
        ],
    ).history
    return Search(int(np.argmin(history[STOP_BY])) + 1, history)


class _Watch(keras.callbacks.Callback):
    """Reports each epoch, and stops at a loss that is not finite."""

    def __init__(self, epochs: int, unit: str) -> None:
        super().__init__()
        self._epochs = epochs
        self._unit = unit

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        if not all(math.isfinite(loss) for loss in (logs or {}).values()):
            raise NodeFailed(
                f"The loss was not finite in epoch {epoch + 1} of {self._epochs}.",
                "Lower learning_rate, and see that every transformed number is finite and of moderate size.",
            )
        report(epoch + 1, self._epochs, self._unit)


def _curves(logs: Path) -> keras.callbacks.Callback:
    return keras.callbacks.TensorBoard(str(logs), write_graph=False)


def _shuffled(model: keras.Model, table: Table, batch_size: int, seed: int) -> tf.data.Dataset:
    """Batches without end, pass after pass, each in an order of its own that the seed fixes."""
    chosen, batch = tf.constant(table.chosen), min(batch_size, len(table))
    whole = len(table) // batch * batch
    gather = _gatherer(model, table)

    def one_pass(number: Any) -> tf.data.Dataset:
        order = tf.random.experimental.stateless_shuffle(tf.range(len(table)), seed=tf.stack([seed, number]))
        rows = tf.gather(chosen, order[:whole])
        return tf.data.Dataset.from_tensor_slices(tf.reshape(rows, [-1, batch]))

    return tf.data.Dataset.counter().flat_map(one_pass).map(gather).prefetch(tf.data.AUTOTUNE)


def in_order(model: keras.Model, table: Table) -> tf.data.Dataset:
    """The rows once, in their order, in batches."""
    return tf.data.Dataset.from_tensor_slices(table.chosen).batch(SCORING_BATCH).map(_gatherer(model, table))


def _gatherer(model: keras.Model, table: Table) -> Callable[[Any], Any]:
    """Makes of row numbers what the model takes of these rows, and their labels, float32 (rows, 1)."""

    def gather(rows: Any) -> tuple[dict[str, Any], Any]:
        features = table.layout.unpack(tf.gather(table.numbers, rows), tf.gather(table.ids, rows))
        inputs = {tensor.name: tf.cast(features[tensor.name], tensor.dtype) for tensor in model.inputs}
        return inputs, tf.gather(table.label, rows)

    return gather


def _built(config: Mapping[str, Any], transform: Transform) -> keras.Model:
    sizes = {name: size for name, size in transform.vocabulary_sizes.items() if name != config["label"]}
    try:
        return importlib.import_module(config["model"]).build_model(config["hyperparameters"], sizes)
    except KeyError as error:
        raise ConfigError(
            f"The model expected {error} as a hyperparameter or a transformed feature, and it is neither.",
            "Set it under training.hyperparameters of the use case, or return it from the preprocessing_fn.",
        ) from error
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"Expected hyperparameters that {config['model']} can be built with, and it said: {error}",
            "Compare training.hyperparameters of the use case with what build_model documents.",
        ) from error


def _write_summary(file: Path, config: Mapping[str, Any], rows: int, search: Search) -> None:
    summary = {
        "format": 1,
        "model": config["model"],
        "label": config["label"],
        "rows": rows,
        "epochs": search.epochs,
        "search": search.history,
    }
    file.write_text(json.dumps(summary, indent=2, sort_keys=True) + "\n")
