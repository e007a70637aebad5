"""Trains any use case's model: the Trainer's `run_fn`, from raw examples to an export that scores raw rows."""

import importlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import tensorflow as tf

from models.data import Table, Transform, model_inputs, read_schema, read_table, schema_columns
from models.signatures import export
from pipeline.errors import ConfigError, NodeFailed
from pipeline.progress import report

MODEL_FILE: Final = "model.keras"
SUMMARY_FILE: Final = "training.json"
LOGS_FOLDER: Final = "logs"
STEPS_PER_CALL: Final = 50
SCORING_BATCH: Final = 8192
HELD_OUT_SHARE: Final = 0.1


@dataclass(frozen=True)
class Settings:
    """What training itself reads of the hyperparameters; the model reads the rest.

    Attributes:
        epochs: At most so many passes over the rows.
        batch_size: Rows a step.
        learning_rate: Adam's.
        early_stopping_days: How many of the last train days decide when to stop.
        patience: Epochs without a better loss on those days before training stops.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    early_stopping_days: int
    patience: int


def settings_of(hyperparameters: Mapping[str, Any]) -> Settings:
    """Reads and checks what training needs.

    Raises:
        ConfigError: One is missing, of another type, or not positive; says which and what is expected.
    """
    return Settings(
        epochs=_whole(hyperparameters, "epochs"),
        batch_size=_whole(hyperparameters, "batch_size"),
        learning_rate=_number(hyperparameters, "learning_rate"),
        early_stopping_days=_whole(hyperparameters, "early_stopping", "days"),
        patience=_whole(hyperparameters, "early_stopping", "patience"),
    )


def run_fn(fn_args: Any) -> None:
    """Trains and exports; TFX's Trainer calls it.

    Reads the `train` files alone; those of `eval` are never opened. Leaves the servable model in
    `fn_args.serving_model_dir`, and in `fn_args.model_run_dir` the Keras model (`model.keras`), TensorBoard's loss
    curves (`logs/`) and what was done (`training.json`).

    Args:
        fn_args: TFX's `FnArgs`; `custom_config` has `model` (dotted module with `build_model`), `label`,
            `time_column` (or null), `task` ("binary"), `seed` and `hyperparameters`.

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
    table = read_table(fn_args.train_files, transform, columns, config["label"], config["time_column"])
    learn, stop = split(table, settings.early_stopping_days, by_day=config["time_column"] is not None)
    model = _built(config, transform)
    run_dir = Path(fn_args.model_run_dir)
    history = fit(model, learn, stop, settings, config["seed"], run_dir / LOGS_FOLDER)
    run_dir.mkdir(parents=True, exist_ok=True)
    model.save(run_dir / MODEL_FILE)
    _write_summary(run_dir / SUMMARY_FILE, config, learn, stop, history)
    export(model, transform, schema, Path(fn_args.serving_model_dir))


def split(table: Table, days: int, by_day: bool) -> tuple[Table, Table]:
    """Splits off the rows that decide when to stop: the last `days` days, or the last tenth by hash.

    Never random rows: neighbours share a day's weather, and would make the loss look better than it is.

    Returns:
        The rows to learn from, and those to stop by.

    Raises:
        NodeFailed: There are not more days than that.
    """
    if not by_day:
        order = np.argsort(table.order, kind="stable")
        held_out = np.zeros(len(table), bool)
        held_out[order[len(table) - math.ceil(len(table) * HELD_OUT_SHARE) :]] = True
    else:
        present = np.unique(table.order)
        if len(present) <= days:
            raise NodeFailed(
                f"Early stopping needs {days} days and more to learn from, and the train split has {len(present)}.",
                "Widen the window, or lower early_stopping.days.",
            )
        held_out = table.order >= present[-days]
    return table.rows(~held_out), table.rows(held_out)


def fit(
    model: keras.Model, learn: Table, stop: Table, settings: Settings, seed: int, logs: Path
) -> Mapping[str, list[float]]:
    """Trains with Adam on the log loss until it no longer falls on `stop`; the best weights are kept.

    Returns:
        `loss` and `val_loss` of each epoch.

    Raises:
        NodeFailed: A loss is not finite.
    """
    batch = min(settings.batch_size, len(learn))
    steps = len(learn) // batch
    # XLA would be tried on its own account, and costs more to compile than it saves.
    model.compile(
        optimizer=keras.optimizers.Adam(settings.learning_rate),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        steps_per_execution=min(STEPS_PER_CALL, steps),
        jit_compile=False,
    )
    history = model.fit(
        _shuffled(model, learn, batch, steps, settings.epochs, seed),
        validation_data=_in_order(model, stop),
        epochs=settings.epochs,
        steps_per_epoch=steps,
        verbose=0,
        callbacks=[
            _Watch(settings.epochs),
            keras.callbacks.EarlyStopping("val_loss", patience=settings.patience, restore_best_weights=True),
            keras.callbacks.TensorBoard(str(logs), write_graph=False),
        ],
    )
    return history.history


class _Watch(keras.callbacks.Callback):
    """Reports each epoch, and stops at a loss that is not finite."""

    def __init__(self, epochs: int) -> None:
        super().__init__()
        self._epochs = epochs

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        if not all(math.isfinite(loss) for loss in (logs or {}).values()):
            raise NodeFailed(
                f"The loss was not finite in epoch {epoch + 1} of {self._epochs}.",
                "Lower learning_rate, and see that every transformed number is finite and of moderate size.",
            )
        report(epoch + 1, self._epochs, "epochs")


def _shuffled(model: keras.Model, table: Table, batch: int, steps: int, epochs: int, seed: int) -> tf.data.Dataset:
    """Batches of every epoch one after another, each epoch in an order of its own that the seed fixes."""
    inputs, label = _tensors(model, table)

    def epoch_of_indices(epoch: Any) -> tf.data.Dataset:
        order = tf.random.experimental.stateless_shuffle(tf.range(len(table)), seed=tf.stack([seed, epoch]))
        return tf.data.Dataset.from_tensor_slices(tf.reshape(order[: steps * batch], [steps, batch]))

    def gather(indices: Any) -> Any:
        return tf.nest.map_structure(lambda values: tf.gather(values, indices), (inputs, label))

    return tf.data.Dataset.range(epochs).flat_map(epoch_of_indices).map(gather).prefetch(tf.data.AUTOTUNE)


def _in_order(model: keras.Model, table: Table) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensor_slices(_tensors(model, table)).batch(SCORING_BATCH)


def _tensors(model: keras.Model, table: Table) -> tuple[dict[str, Any], Any]:
    label = tf.constant(table.label.reshape(-1, 1), tf.float32)
    return model_inputs({name: tf.constant(values) for name, values in table.features.items()}, model), label


def _built(config: Mapping[str, Any], transform: Transform) -> keras.Model:
    sizes = {name: size for name, size in transform.vocabulary_sizes.items() if name != config["label"]}
    try:
        return importlib.import_module(config["model"]).build_model(config["hyperparameters"], sizes)
    except KeyError as error:
        raise ConfigError(
            f"The model expected {error} among its hyperparameters and the transform's features, and it is in neither.",
            "Set it under model.hyperparameters of the use case, or return it from the preprocessing_fn.",
        ) from error


def _write_summary(
    file: Path, config: Mapping[str, Any], learn: Table, stop: Table, history: Mapping[str, list[float]]
) -> None:
    best = int(np.argmin(history["val_loss"]))
    summary = {
        "format": 1,
        "model": config["model"],
        "label": config["label"],
        "rows": {"learn": len(learn), "stop": len(stop)},
        "epochs": len(history["loss"]),
        "best_epoch": best + 1,
        "loss": history["loss"][best],
        "early_stopping_loss": history["val_loss"][best],
    }
    file.write_text(json.dumps(summary, indent=2, sort_keys=True) + "\n")


def _whole(hyperparameters: Mapping[str, Any], *path: str) -> int:
    value = _at(hyperparameters, path, "a whole number above 0")
    if type(value) is not int or value < 1:
        raise _unlike(path, "a whole number above 0", value)
    return value


def _number(hyperparameters: Mapping[str, Any], *path: str) -> float:
    value = _at(hyperparameters, path, "a number above 0")
    if type(value) not in (int, float) or not 0 < value < math.inf:
        raise _unlike(path, "a number above 0", value)
    return float(value)


def _at(hyperparameters: Mapping[str, Any], path: tuple[str, ...], expected: str) -> Any:
    value: Any = hyperparameters
    for key in path:
        if not isinstance(value, Mapping) or key not in value:
            raise ConfigError(
                f"Expected {expected} as the hyperparameter {'.'.join(path)}, and there is none.",
                "Set it under model.hyperparameters of the use case.",
            )
        value = value[key]
    return value


def _unlike(path: tuple[str, ...], expected: str, value: Any) -> ConfigError:
    return ConfigError(
        f"Expected {expected} as the hyperparameter {'.'.join(path)}, and {type(value).__name__} came.",
        "Set it under model.hyperparameters of the use case.",
    )
