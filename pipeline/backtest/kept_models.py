"""Models of the past that later ones begin with: kept with what each was trained on."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from perennial.files import folder_digest, remove, written_aside
from perennial.training.starting_point import StartingPoint
from pipeline.run.warm_start import learned_in

_START: Final = "start.json"
_MODEL: Final = "model"
# A model of the past is no version; messages about one that cannot be loaded name a number.
_NUMBER: Final = 1


class KeptModels:
    """Models by the key of their training, a folder each."""

    def __init__(self, folder: Path) -> None:
        """`folder` need not exist yet."""
        self._folder = folder

    def has(self, key: str) -> bool:
        """Whether the model of a training is there, and whole."""
        folder = self._folder / key
        try:
            point = StartingPoint.from_json((folder / _START).read_text(encoding="utf-8"))
        except (OSError, ValueError, TypeError, KeyError):
            return False
        return (folder / _MODEL).is_dir() and folder_digest(folder / _MODEL) == point.digest

    def start_of(self, key: str) -> str:
        """JSON of the model of a training, for one that begins with it."""
        folder = self._folder / key
        point = StartingPoint.from_json((folder / _START).read_text(encoding="utf-8"))
        return replace(point, folder=str(folder / _MODEL)).to_json()

    def keep(self, key: str, model: Path, window: Mapping[str, Any]) -> None:
        """Copies a model; it appears whole. A damaged one is replaced.

        Args:
            key: Of its training.
            model: Its SavedModel.
            window: The content of the `window.json` that it was trained by.
        """
        if self.has(key):
            return
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        last_day = window["train"].get("last_day") or ""
        remove(self._folder / key)
        with written_aside(self._folder / key) as aside:
            shutil.copytree(model, aside / _MODEL)
            point = StartingPoint(_NUMBER, "", folder_digest(model), last_day, learned_in(window))
            (aside / _START).write_text(point.to_json(), encoding="utf-8")
