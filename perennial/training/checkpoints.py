"""Checkpoints of a long training: a killed one goes on from the last of them, to the same weights.

Every batch follows from the seed and its number, and all that training changes is in variables; so the
weights are the same to the bit as those of an undisturbed training (docs/decisions/warm-start.md).
"""

import hashlib
import json
import logging
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import keras
import numpy as np
import numpy.typing as npt

from perennial.files import sweep_aside, sync, written_aside
from perennial.training.arrays import read_arrays

# Seconds between two of them, at least; and writing them takes at most this share of the time.
EVERY: Final = 10.0
MOST_SHARE: Final = 0.02
_FILE: Final = "checkpoint.npz"
_POSITION: Final = "position"
_CONTENT: Final = "content"
_LOG: Final = logging.getLogger(__name__)

Phase = Literal["search", "final"]
Curves = dict[str, list[float]]


@dataclass
class Position:
    """How far a training is.

    Attributes:
        phase: Whether the number of epochs is searched, or the final fit is made.
        epoch: The epoch that runs or comes next, from 0.
        step: Steps of it that are done.
        history: Curves of the phase's whole epochs.
        epochs: In the final fit, how many the search chose.
        searched: In the final fit, the search's curves.
    """

    phase: Phase
    epoch: int = 0
    step: int = 0
    history: Curves = field(default_factory=dict)
    epochs: int = 0
    searched: Curves = field(default_factory=dict)


@dataclass(frozen=True)
class Resumed:
    """What a checkpoint holds: where training was, and the value of each variable there."""

    position: Position
    values: Sequence[npt.NDArray[Any]]


class Checkpoints:
    """The checkpoint of one training, the newest only, in a folder of its own."""

    def __init__(self, folder: Path, every: float = EVERY) -> None:
        """Reads nothing yet.

        Args:
            folder: Of this training alone, in a folder of checkpoints alone; it need not exist.
            every: Seconds between two checkpoints, at least.
        """
        self._folder = folder
        self._every = every
        self._due = time.monotonic() + every
        self._content: Callable[[], str] = str

    def resumed(self, content: Callable[[], str]) -> Resumed | None:
        """What a killed training left; None: there is nothing, it is damaged, or it is of other content.

        Args:
            content: Gives a digest of the rows and of the weights that training begins with. It is called
                where a checkpoint is read or written: a short training does not pay for it.
        """
        self._content = cache(content)
        if not self._folder.is_dir():
            return None
        sweep_aside(self._folder)
        arrays = read_arrays(self._folder / _FILE) or {}
        if _POSITION not in arrays or str(arrays.pop(_CONTENT, "")) != self._content():
            return None
        position = Position(**json.loads(str(arrays.pop(_POSITION))))
        return Resumed(position, [arrays[name] for name in sorted(arrays)])

    @property
    def due(self) -> bool:
        """Whether it is time for the next one."""
        return time.monotonic() >= self._due

    def write(self, position: Position, variables: Sequence[Any]) -> None:
        """Replaces the checkpoint, by a rename; it is on the disk when this returns.

        If it cannot be written, as on a full disk, training goes on without: the former one stays.
        """
        began = time.monotonic()
        try:
            self._write(position, variables)
        except OSError as error:
            _LOG.warning("No checkpoint was written: %s.", error.strerror or type(error).__name__)
        now = time.monotonic()
        self._due = now + max(self._every, (now - began) / MOST_SHARE)

    def _write(self, position: Position, variables: Sequence[Any]) -> None:
        self._make_folder()
        texts = {_POSITION: json.dumps(asdict(position)), _CONTENT: self._content()}
        named = {name: np.array(text) for name, text in texts.items()}
        values = {f"{number:06d}": np.asarray(variable) for number, variable in enumerate(variables)}
        with written_aside(self._folder / _FILE) as aside, aside.open("wb") as file:
            np.savez(file, **named, **values)
            file.flush()
            sync(aside)

    def _make_folder(self) -> None:
        """Makes it, and removes those of other trainings: one at a time trains, so they were given up."""
        if self._folder.is_dir():
            return
        shutil.rmtree(self._folder.parent, ignore_errors=True)
        self._folder.mkdir(parents=True)

    def remove(self) -> None:
        """Removes it: the training has ended."""
        shutil.rmtree(self._folder, ignore_errors=True)


def key_of(*parts: Any) -> str:
    """A name for all that a training follows from: plain values; 32 hexadecimal digits."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def content_of(arrays: Iterable[npt.ArrayLike]) -> str:
    """A name for the content of arrays, in their order: 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for values in map(np.asarray, arrays):
        digest.update(f"{values.dtype} {values.shape} ".encode())
        digest.update(np.ascontiguousarray(values).data)
    return digest.hexdigest()


def variables_of(model: keras.Model, *, metrics: bool = True) -> list[Any]:
    """All that a training step changes: weights, states of draws, the optimizer's, and metrics so far."""
    return [*model.variables, *model.optimizer.variables, *(model.metrics_variables if metrics else [])]
