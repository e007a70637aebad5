"""Fits a model by steps, in an order that the seed fixes, from the beginning or from a checkpoint."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import keras
import tensorflow as tf

from perennial.errors import NodeFailed
from perennial.progress import report
from perennial.training.checkpoints import Checkpoints, Curves, Phase, Position, Resumed, variables_of
from perennial.training.settings import Hyperparameters
from perennial.training.table import Table

SCORING_BATCH: Final = 8192

# What a model takes by input, and the labels.
Batch = tuple[dict[str, tf.Tensor], tf.Tensor]


class Loop:
    """Trains one model, phase after phase.

    Attributes:
        model: As `fitting.compiled` gives it.
        settings: Of the use case.
        position: How far it is.
    """

    def __init__(
        self,
        model: keras.Model,
        settings: Hyperparameters,
        seed: int,
        checkpoints: Checkpoints | None,
        resumed: Resumed | None = None,
    ) -> None:
        """Begins where a killed training was, if there is one; `seed` is that of the rows' orders."""
        self.model = model
        self.settings = settings
        self._seed = seed
        self._checkpoints = checkpoints
        self.position = resumed.position if resumed else Position("search")
        self._values: Sequence[Any] | None = resumed.values if resumed else None

    @property
    def phase(self) -> Phase:
        """The phase that it is in, or begins with."""
        return self.position.phase

    def enter(self, position: Position) -> None:
        """Begins a phase, unless a killed training was in it."""
        if self._values is None or self.position.phase != position.phase:
            self.position, self._values = position, None

    def fit(
        self,
        table: Table,
        epochs: int,
        callbacks: Sequence[keras.callbacks.Callback],
        validation: tf.data.Dataset | None = None,
    ) -> Curves:
        """Trains up to so many epochs of the phase; the averaged weights are left in the model.

        Args:
            table: Rows to learn from.
            epochs: At most so many, those of a killed training included.
            callbacks: What else happens; each may stop it.
            validation: Batches to score after each epoch.

        Returns:
            Loss and metric by epoch, those of validation as `val_…`.
        """
        steps = self.settings.steps_per_epoch
        keeper = _Keeper(self.position, self._values, self._checkpoints, epochs, steps)
        self._values = None
        every = [*callbacks, keeper]
        if done := self.position.step:
            # Keras knows no step to begin an epoch with: the rest of it is an epoch of its own.
            self._part(table, self.position.epoch + 1, steps - done, every, validation)
            if self.model.stop_training or self.position.epoch == epochs:
                return self.position.history
            keeper.put_back()
        self._part(table, epochs, steps, every, validation)
        return self.position.history

    def _part(
        self,
        table: Table,
        epochs: int,
        steps: int,
        callbacks: Sequence[keras.callbacks.Callback],
        validation: tf.data.Dataset | None,
    ) -> None:
        done = self.position.epoch * self.settings.steps_per_epoch + self.position.step
        self.model.fit(
            shuffled(self.model, table, self.settings.batch_size, self._seed, done),
            validation_data=validation,
            initial_epoch=self.position.epoch,
            epochs=epochs,
            steps_per_epoch=steps,
            verbose=0,
            callbacks=list(callbacks),
        )


class _Keeper(keras.callbacks.Callback):
    """Notes how far a phase is, and writes checkpoints; the last of the callbacks, after what may stop it."""

    def __init__(
        self,
        position: Position,
        values: Sequence[Any] | None,
        checkpoints: Checkpoints | None,
        epochs: int,
        steps: int,
    ) -> None:
        super().__init__()
        self._position = position
        self._values = values
        self._checkpoints = checkpoints
        self._epochs = epochs
        self._steps = steps
        self._begun = position.step
        self._last: list[Any] = []

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        # Not earlier: Keras empties the metrics before.
        if self._values is not None:
            if self._position.step:
                # The metrics have variables once they have seen a row.
                answer = tf.zeros([1, *self.model.output_shape[1:]])
                self.model.compute_metrics(None, tf.zeros([1, 1]), answer)
            variables = variables_of(self.model, metrics=self._position.step > 0)
            for variable, value in zip(variables, self._values, strict=True):
                variable.assign(value)
            self._values = None

    def on_train_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
        self._position.step = self._begun + batch + 1
        if self._checkpoints and self._checkpoints.due and self._position.step < self._steps:
            self._checkpoints.write(self._position, variables_of(self.model))

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        for name, value in (logs or {}).items():
            self._position.history.setdefault(name, []).append(float(value))
        self._position.epoch, self._position.step = epoch + 1, 0
        if self._begun:
            self._last = [variable.numpy() for variable in self.model.trainable_variables]
            self._begun = 0
        ends = self.model.stop_training or epoch + 1 == self._epochs
        if self._checkpoints and self._checkpoints.due and not ends:
            self._checkpoints.write(self._position, variables_of(self.model, metrics=False))

    def put_back(self) -> None:
        """Puts the weights back that Keras replaced by the averaged ones, as at the end of every fit."""
        for variable, value in zip(self.model.trainable_variables, self._last, strict=True):
            variable.assign(value)


class EpochWatch(keras.callbacks.Callback):
    """Reports each epoch, and stops at a loss that is not finite."""

    def __init__(self, epochs: int, unit: str) -> None:
        """Takes how many epochs there are at most, and what they are called."""
        super().__init__()
        self._epochs = epochs
        self._unit = unit

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Raises `NodeFailed` if a loss is not finite."""
        if not all(math.isfinite(loss) for loss in (logs or {}).values()):
            raise NodeFailed(
                f"The loss is not finite in epoch {epoch + 1} of {self._epochs}.",
                "Lower learning_rate, and check that every transformed number is finite and not huge.",
            )
        report(epoch + 1, self._epochs, self._unit)


class StopByLoss(keras.callbacks.Callback):
    """Stops once a loss has not got better for some epochs; knows those before a checkpoint, too."""

    def __init__(self, losses: Sequence[float], name: str, patience: int) -> None:
        """Takes the losses so far, what the loss is called, and for how many epochs it may be no better."""
        super().__init__()
        self._losses = list(losses)
        self._name = name
        self._patience = patience

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Stops the fit."""
        self._losses.append(float((logs or {})[self._name]))
        if len(self._losses) - 1 - self._losses.index(min(self._losses)) >= self._patience:
            self.model.stop_training = True


def shuffled(model: keras.Model, table: Table, batch_size: int, seed: int, done: int = 0) -> tf.data.Dataset:
    """Batches without end, pass after pass, each in an order of its own that the seed fixes.

    Args:
        model: What takes them.
        table: The rows.
        batch_size: Rows of a batch; at most all.
        seed: Of the orders.
        done: How many batches to leave out at the beginning: they were learned from before.
    """
    chosen, batch = tf.constant(table.chosen), min(batch_size, len(table))
    whole = len(table) // batch * batch
    gather = _gatherer(model, table)

    def one_pass(number: tf.Tensor) -> tf.data.Dataset:
        order = tf.random.experimental.stateless_shuffle(tf.range(len(table)), seed=tf.stack([seed, number]))
        rows = tf.gather(chosen, order[:whole])
        return tf.data.Dataset.from_tensor_slices(tf.reshape(rows, [-1, batch]))

    passes, left_out = divmod(done, len(table) // batch)
    rows = tf.data.Dataset.counter(passes).flat_map(one_pass)
    if left_out:
        rows = rows.skip(left_out)
    return rows.map(gather).prefetch(tf.data.AUTOTUNE)


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
