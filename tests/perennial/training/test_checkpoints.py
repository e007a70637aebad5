"""A training that is killed goes on to the same weights, to the bit."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from perennial.training.arrays import read_arrays
from perennial.training.checkpoints import Checkpoints, Position, content_of, key_of
from perennial.training.fitting import Search, compiled, train
from perennial.training.head import Head
from perennial.training.settings import Hyperparameters
from perennial.training.table import Table, layout_of
from tests import tiny_use_case

ROWS = 90
SETTINGS = Hyperparameters.model_validate(
    {
        **tiny_use_case.HYPERPARAMETERS,
        # A prime number: Keras calls the callbacks after each step. An epoch ends in the middle of a pass.
        **{"steps_per_epoch": 53, "batch_size": 10, "epochs": 2},
        "early_stopping": {"days": 2, "patience": 3},
    }
)


class Killed(Exception):
    """In the place of SIGKILL, of which `make proof-training` sends real ones."""


class KilledAt(Checkpoints):
    """Writes at every step, and is killed after so many of them."""

    def __init__(self, folder: Path, writes: int) -> None:
        super().__init__(folder, every=0.0)
        self._left = writes

    @property
    def due(self) -> bool:
        return True

    def write(self, position: Position, variables: Sequence[Any]) -> None:
        super().write(position, variables)
        self._left -= 1
        if not self._left:
            raise Killed


def _trained(folder: Path, checkpoints: Checkpoints | None) -> tuple[list[Any], Search]:
    """The weights and the search of a training whose every step draws rows and units."""
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(17)
    inputs = {"x": keras.Input((3,), name="x")}
    hidden = keras.layers.Dropout(0.5)(keras.layers.Dense(4, "relu")(inputs["x"]))
    model = keras.Model(inputs, keras.layers.Dense(1)(hidden))
    compiled(model, SETTINGS, Head(tiny_use_case.TASK))
    numbers = tf.reshape(tf.linspace(-1.0, 1.0, ROWS * 3), [ROWS, 3])
    label = tf.cast(numbers[:, :1] > 0.2, tf.float32)
    order, chosen = np.arange(ROWS) // 10, np.arange(ROWS, dtype=np.int32)
    table = Table(layout_of(model), numbers, tf.zeros([ROWS, 0], tf.int32), label, order, chosen)
    searched = train(model, table, SETTINGS, 17, True, folder, "log_loss", checkpoints=checkpoints)
    return [variable.numpy() for variable in [*model.variables, *model.optimizer.variables]], searched


def test_it_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    undisturbed, expected = _trained(tmp_path / "undisturbed", None)
    folder = tmp_path / "checkpoints" / "key"
    # In the middle of an epoch of the search, and in the middle of the final fit.
    places = []
    for writes in (20, 90):
        with pytest.raises(Killed):
            _trained(tmp_path / "logs", KilledAt(folder, writes))
        position = json.loads(str((read_arrays(folder / "checkpoint.npz") or {})["position"]))
        places.append((position["phase"], position["epoch"], position["step"]))
    assert places == [("search", 0, 20), ("final", 0, 5)]
    weights, searched = _trained(tmp_path / "logs", Checkpoints(folder))
    assert searched == expected
    for one, other in zip(weights, undisturbed, strict=True):
        assert np.array_equal(one, other)
    assert not folder.exists()


def _written(folder: Path, content: str = "rows") -> Checkpoints:
    checkpoints = Checkpoints(folder)
    checkpoints.resumed(lambda: content)
    checkpoints.write(Position("search", epoch=1), [np.zeros(3)])
    return checkpoints


def test_a_checkpoint_is_gone_on_with_by_a_training_of_the_same_content_alone(tmp_path: Path) -> None:
    # Without MLMD's file the numbers of executions, and so the names of folders, begin anew.
    folder = tmp_path / "checkpoints" / "key"
    _written(folder, "rows of March")
    same = Checkpoints(folder).resumed(lambda: "rows of March")
    assert same is not None
    assert (same.position.epoch, len(same.values)) == (1, 1)
    assert Checkpoints(folder).resumed(lambda: "rows of April") is None


def test_content_is_values_their_types_and_their_order() -> None:
    ones = np.ones(2, np.int32)
    different: tuple[list[Any], ...] = (
        [ones],
        [ones, ones],
        [ones * 2],
        [ones.astype(np.int64)],
        [ones.reshape(2, 1)],
        [],
    )
    assert len({content_of(arrays) for arrays in different}) == len(different)
    assert content_of([ones]) == content_of([tf.constant(ones)])


def test_a_damaged_checkpoint_is_none_and_what_a_kill_left_aside_goes(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints" / "key"
    _written(folder)
    file = folder / "checkpoint.npz"
    file.write_bytes(file.read_bytes()[:-30])
    (folder / f".checkpoint.npz.{'0' * 32}").touch()
    assert Checkpoints(folder).resumed(lambda: "rows") is None
    assert list(folder.iterdir()) == [file]


def test_training_goes_on_if_a_checkpoint_cannot_be_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "checkpoints").touch()
    checkpoints = _written(tmp_path / "checkpoints" / "key")
    assert "No checkpoint was written: " in caplog.text
    assert not checkpoints.due


def test_checkpoints_of_a_training_that_was_given_up_go_with_the_first_of_another(tmp_path: Path) -> None:
    _written(tmp_path / "checkpoints" / "former")
    _written(tmp_path / "checkpoints" / "key")
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["key"]


def test_writing_takes_a_small_share_of_the_time(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "checkpoints" / "key", every=0.0)
    assert checkpoints.due
    checkpoints.write(Position("search"), [np.zeros(1_000_000)])
    assert not checkpoints.due


def test_another_input_is_another_training() -> None:
    assert key_of({"seed": 1}, ["a"]) == key_of({"seed": 1}, ["a"]) != key_of({"seed": 2}, ["a"])
