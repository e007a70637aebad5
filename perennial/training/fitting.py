"""Fits a model to a table: searches the number of epochs on rows held out, then trains anew on all."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from perennial.errors import NodeFailed
from perennial.progress import report
from perennial.training.head import Head
from perennial.training.settings import Hyperparameters
from perennial.training.table import Table

STEPS_PER_CALL: Final = 50
SCORING_BATCH: Final = 8192
# Of rows drawn to stop by: a tenth; of a small table up to a quarter, as a few dozen rows stop anywhere.
HELD_OUT_SHARE: Final = 0.1
HELD_OUT_ROWS: Final = 250
MOST_DRAWN: Final = 0.25
MOST_HELD_OUT: Final = 0.5

# What a model takes by input, and the labels.
Batch = tuple[dict[str, tf.Tensor], tf.Tensor]


@dataclass(frozen=True)
class Search:
    """What the search for the number of epochs found.

    Attributes:
        epochs: How many epochs the final fit takes.
        history: Loss and the task's metric, of training and of validation (`val_…`), by epoch; or empty.
    """

    epochs: int
    history: Mapping[str, list[float]]


def split(table: Table, days: int, by_day: bool) -> tuple[Table, Table] | None:
    """Splits off the rows that decide when to stop: the last `days` days, or a share by hash.

    Never random rows of the same days: neighbours share a day's weather, and would make the loss look better
    than it is. Where there are fewer than twice as many days, fewer of them are held out, up to half of days
    and rows; only of a single day, or of days that cannot be parted so, rows are drawn.

    Returns:
        The rows to learn from, and those to stop by. None: there is but one row.
    """
    order = table.order_of_rows()
    held_out = _last_days(order, days) if by_day else None
    if held_out is None:
        # Of equal days the order of the files says nothing; a hash is a draw already.
        drawn = (
            np.random.default_rng(0).permutation(len(table)) if by_day else np.argsort(order, kind="stable")
        )
        held_out = np.zeros(len(table), bool)
        share = min(max(HELD_OUT_SHARE, HELD_OUT_ROWS / len(table)), MOST_DRAWN)
        held_out[drawn[math.floor(len(table) * (1 - share)) :]] = True
    return None if held_out.all() else (table.where(~held_out), table.where(held_out))


def _last_days(order: npt.NDArray[np.integer[Any]], days: int) -> npt.NDArray[np.bool_] | None:
    """Where the rows of the last days are; None: too much would be held out."""
    present = np.unique(order)
    if len(present) >= 2 * days:
        return order >= present[-days]
    for fewer in range(len(present) // 2, 0, -1):
        held_out = order >= present[-fewer]
        if held_out.mean() <= MOST_HELD_OUT:
            return held_out
    return None


def compiled(model: keras.Model, settings: Hyperparameters, head: Head) -> keras.Model:
    """The model with Adam, averaged weights, and the loss and the metric of its task."""
    model.compile(
        optimizer=keras.optimizers.Adam(
            settings.learning_rate, use_ema=True, ema_momentum=settings.ema_momentum
        ),
        loss=head.loss(),
        metrics=[head.metric_beside()],
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
    model: keras.Model,
    table: Table,
    settings: Hyperparameters,
    seed: int,
    by_day: bool,
    logs: Path,
    stop_by: str,
    epochs: int | None = None,
) -> Search:
    """Searches the number of epochs, then trains from the same start on all rows; the averaged weights stay.

    Args:
        model: As `compiled` gives it.
        table: The train rows, with labels as `Head.targets` gives them.
        settings: Of the use case.
        seed: Of the orders of the rows.
        by_day: Whether the table's order is of days.
        logs: Folder for TensorBoard's curves.
        stop_by: The metric (`Head.metric`) that decides how many epochs.
        epochs: How many, where that is known already: then nothing is searched.

    Returns:
        What the search found.

    Raises:
        NodeFailed: A loss is not finite.
    """
    variables = [*model.variables, *model.optimizer.variables]
    start = [variable.numpy() for variable in variables]
    searched = Search(epochs or settings.epochs, {})
    parts = None if epochs else split(table, settings.early_stopping.days, by_day)
    if parts:
        searched = search(model, *parts, settings, seed, logs / "search", stop_by)
        # Instead of a second model, whose training step would have to be traced again.
        for variable, value in zip(variables, start, strict=True):
            variable.assign(value)
    model.fit(
        _shuffled(model, table, settings.batch_size, seed),
        epochs=searched.epochs,
        steps_per_epoch=settings.steps_per_epoch,
        verbose=0,
        callbacks=[_Watch(searched.epochs, "final epochs"), _curves(logs / "final")],
    )
    return searched


def search(
    model: keras.Model,
    learn: Table,
    stop: Table,
    settings: Hyperparameters,
    seed: int,
    logs: Path,
    stop_by: str,
) -> Search:
    """Trains on `learn` until the averaged weights no longer get better on `stop`; arguments as `train`'s.

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
            keras.callbacks.EarlyStopping(
                f"val_{stop_by}", mode="min", patience=settings.early_stopping.patience
            ),
            _curves(logs),
        ],
    ).history
    return Search(int(np.argmin(history[f"val_{stop_by}"])) + 1, history)


class _Watch(keras.callbacks.Callback):
    """Reports each epoch, and stops at a loss that is not finite."""

    def __init__(self, epochs: int, unit: str) -> None:
        super().__init__()
        self._epochs = epochs
        self._unit = unit

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        if not all(math.isfinite(loss) for loss in (logs or {}).values()):
            raise NodeFailed(
                f"The loss is not finite in epoch {epoch + 1} of {self._epochs}.",
                "Lower learning_rate, and check that every transformed number is finite and not huge.",
            )
        report(epoch + 1, self._epochs, self._unit)


def _curves(logs: Path) -> keras.callbacks.Callback:
    return keras.callbacks.TensorBoard(str(logs), write_graph=False)


def _shuffled(model: keras.Model, table: Table, batch_size: int, seed: int) -> tf.data.Dataset:
    """Batches without end, pass after pass, each in an order of its own that the seed fixes."""
    chosen, batch = tf.constant(table.chosen), min(batch_size, len(table))
    whole = len(table) // batch * batch
    gather = _gatherer(model, table)

    def one_pass(number: tf.Tensor) -> tf.data.Dataset:
        order = tf.random.experimental.stateless_shuffle(tf.range(len(table)), seed=tf.stack([seed, number]))
        rows = tf.gather(chosen, order[:whole])
        return tf.data.Dataset.from_tensor_slices(tf.reshape(rows, [-1, batch]))

    return tf.data.Dataset.counter().flat_map(one_pass).map(gather).prefetch(tf.data.AUTOTUNE)


def in_order(model: keras.Model, table: Table) -> tf.data.Dataset:
    """The rows once, in their order, in batches."""
    return tf.data.Dataset.from_tensor_slices(table.chosen).batch(SCORING_BATCH).map(_gatherer(model, table))


def _gatherer(model: keras.Model, table: Table) -> Callable[[tf.Tensor], Batch]:
    """Makes of row numbers what the model takes of these rows, and their labels, float32 (rows, 1)."""

    def gather(rows: tf.Tensor) -> Batch:
        features = table.layout.unpack(tf.gather(table.numbers, rows), tf.gather(table.ids, rows))
        inputs = {tensor.name: tf.cast(features[tensor.name], tensor.dtype) for tensor in model.inputs}
        return inputs, tf.gather(table.label, rows)

    return gather
