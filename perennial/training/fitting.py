"""Fits a model to a table: searches the number of epochs on rows held out, then trains anew on all."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import numpy.typing as npt

from perennial.training.checkpoints import Checkpoints, Position, content_of, variables_of
from perennial.training.head import Head
from perennial.training.loop import EpochWatch, Loop, StopByLoss, in_order
from perennial.training.settings import Hyperparameters
from perennial.training.table import Table

STEPS_PER_CALL: Final = 50
# Of rows drawn to stop by: a tenth; of a small table up to a quarter, as a few dozen rows stop anywhere.
HELD_OUT_SHARE: Final = 0.1
HELD_OUT_ROWS: Final = 250
MOST_DRAWN: Final = 0.25
MOST_HELD_OUT: Final = 0.5


@dataclass(frozen=True)
class Search:
    """What the search for the number of epochs found.

    Attributes:
        epochs: How many epochs the final fit takes.
        history: Loss and the task's metric, of training and of validation (`val_…`), by epoch; or empty.
            After a warm start also the metric before it (`start_…`), one value.
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
    warm: tuple[Table, Table] | None = None,
    checkpoints: Checkpoints | None = None,
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
        warm: Of a model with the weights of another, the rows to learn from and those to stop by. None:
            the rows are split here.
        checkpoints: Where a killed training was, and where this one leaves how far it is.

    Returns:
        What the search found.

    Raises:
        NodeFailed: A loss is not finite.
    """
    variables = variables_of(model, metrics=False)
    start = [variable.numpy() for variable in variables]
    rows = (table.numbers, table.ids, table.label, table.order, table.chosen)
    resumed = checkpoints.resumed(lambda: content_of([*rows, *start])) if checkpoints else None
    loop = Loop(model, settings, seed, checkpoints, resumed)
    searched = Search(settings.epochs if epochs is None else epochs, {})
    if loop.phase == "final":
        searched = Search(loop.position.epochs, loop.position.searched)
    elif epochs is None and (parts := warm or split(table, settings.early_stopping.days, by_day)):
        searched = search(loop, *parts, logs / "search", stop_by, warm=warm is not None)
        # Instead of a second model, whose training step would have to be traced again.
        for variable, value in zip(variables, start, strict=True):
            variable.assign(value)
    loop.enter(Position("final", epochs=searched.epochs, searched=dict(searched.history)))
    loop.fit(table, searched.epochs, [EpochWatch(searched.epochs, "final epochs"), _curves(logs / "final")])
    if checkpoints:
        checkpoints.remove()
    return searched


def search(loop: Loop, learn: Table, stop: Table, logs: Path, stop_by: str, *, warm: bool = False) -> Search:
    """Trains on `learn` until the averaged weights no longer get better on `stop`; arguments as `train`'s.

    Args:
        loop: Trains the model.
        learn: The rows to learn from.
        stop: The rows that decide.
        logs: Folder for TensorBoard's curves.
        stop_by: The metric that decides.
        warm: Whether the weights before training are another model's: it also stops if it gets no better than
            those.

    Returns:
        The epoch that was best on `stop`, counted from 1, and the losses of all; that of the weights before
        training is `start_…`.
    """
    loop.enter(Position("search"))
    known, epochs = loop.position.history, loop.settings.epochs
    validation = in_order(loop.model, stop)
    start = f"start_{stop_by}"
    if warm and start not in known:
        known[start] = [loop.model.evaluate(validation, verbose=0, return_dict=True)[stop_by]]
    history = loop.fit(
        learn,
        epochs,
        [
            # So that what is validated is the averaged weights, which are what is exported.
            keras.callbacks.SwapEMAWeights(),
            EpochWatch(epochs, "epochs"),
            StopByLoss(
                [*known.get(start, []), *known.get(f"val_{stop_by}", [])],
                f"val_{stop_by}",
                loop.settings.early_stopping.patience,
            ),
            _curves(logs),
        ],
        validation,
    )
    # One epoch at least: else the newest rows would never be learned from (docs/decisions/warm-start.md).
    return Search(int(np.argmin(history[f"val_{stop_by}"])) + 1, history)


def _curves(logs: Path) -> keras.callbacks.Callback:
    return keras.callbacks.TensorBoard(str(logs), write_graph=False)
