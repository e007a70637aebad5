"""Reads what training needs of a use case's hyperparameters, and says which one is not what it must be."""

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from perennial.errors import ConfigError

_SECTION = ("training", "hyperparameters")


@dataclass(frozen=True)
class Settings:
    """What training itself reads of the hyperparameters; the model reads the rest.

    Attributes:
        steps_per_epoch: An epoch is so many steps, not a pass: its time does not grow with the window.
        epochs: At most so many of them.
        batch_size: Rows a step.
        learning_rate: Adam's.
        ema_momentum: Of the moving average of the weights, which is what is validated and exported.
        early_stopping_days: How many of the last train days decide the number of epochs.
        patience: Epochs without a better loss on those days before the search ends.
    """

    steps_per_epoch: int
    epochs: int
    batch_size: int
    learning_rate: float
    ema_momentum: float
    early_stopping_days: int
    patience: int

    @property
    def rows_drawn(self) -> int:
        """How many rows a fit draws at most; more in memory are of no use to it."""
        return self.steps_per_epoch * self.epochs * self.batch_size


def settings_of(hyperparameters: Mapping[str, Any]) -> Settings:
    """Reads and checks what training needs.

    Raises:
        ConfigError: One is missing, of another type, or out of range; says which and what is expected.
    """
    return Settings(
        steps_per_epoch=_whole(hyperparameters, "steps_per_epoch"),
        epochs=_whole(hyperparameters, "epochs"),
        batch_size=_whole(hyperparameters, "batch_size"),
        learning_rate=_number(hyperparameters, "learning_rate", below=math.inf),
        ema_momentum=_number(hyperparameters, "ema_momentum", below=1),
        early_stopping_days=_whole(hyperparameters, "early_stopping", "days"),
        patience=_whole(hyperparameters, "early_stopping", "patience"),
    )


def _whole(hyperparameters: Mapping[str, Any], *path: str) -> int:
    value = _at(hyperparameters, path, "a whole number above 0")
    if type(value) is not int or value < 1:
        raise _unlike(path, "a whole number above 0", value)
    return value


def _number(hyperparameters: Mapping[str, Any], *path: str, below: float) -> float:
    expected = "a number above 0" + (f" and below {below:g}" if math.isfinite(below) else "")
    value = _at(hyperparameters, path, expected)
    if type(value) not in (int, float) or not 0 < value < below:
        raise _unlike(path, expected, value)
    return float(value)


def _at(hyperparameters: Mapping[str, Any], path: tuple[str, ...], expected: str) -> Any:
    value: Any = hyperparameters
    for key in path:
        if not isinstance(value, Mapping) or key not in value:
            near = _near(path, hyperparameters)
            raise ConfigError(
                f"Expected {expected} as the hyperparameter {'.'.join(path)}, and there is none{near}.",
                "Set it under training.hyperparameters of the use case.",
                (*_SECTION, *path),
            )
        value = value[key]
    return value


def _near(path: tuple[str, ...], hyperparameters: Mapping[str, Any]) -> str:
    """Of the keys that are there, the one that may have been meant for it."""
    near = difflib.get_close_matches(path[-1], [str(key) for key in hyperparameters], n=1)
    return f" (there is `{near[0]}`)" if near and near[0] != path[-1] else ""


def _unlike(path: tuple[str, ...], expected: str, value: Any) -> ConfigError:
    return ConfigError(
        f"Expected {expected} as the hyperparameter {'.'.join(path)}, and {type(value).__name__} came.",
        "Set it under training.hyperparameters of the use case.",
        (*_SECTION, *path),
    )
