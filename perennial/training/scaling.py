"""The constants by which a model's features and label are scaled: they travel with it, for a warm start."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from perennial.training.arrays import read_arrays

# Beside a transform graph.
CONSTANTS_FILE: Final = "constants.npz"
# In an exported model's folder.
SCALING_FILE: Final = "assets.extra/scaling.npz"
_LABEL: Final = "label"
_PREFIX: Final = "transform/"

# Name of what an analysis replaced in the graph -> its value. Vocabularies are none of them.
Constants = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Scaling:
    """What a model was scaled by.

    Attributes:
        constants: Of its transform.
        mean: Of a regression's label; else 0.
        std: Its standard deviation; else 1.
    """

    constants: Constants
    mean: float
    std: float

    def write(self, folder: Path) -> None:
        """Writes it into an exported model's folder; the same values give the same bytes."""
        arrays = {f"{_PREFIX}{name}": values for name, values in self.constants.items()}
        with (folder / SCALING_FILE).open("wb") as file:
            np.savez(file, **{_LABEL: np.array([self.mean, self.std])}, **arrays)

    @classmethod
    def of_version(cls, folder: Path) -> "Scaling | None":
        """What an exported model was scaled by; None where an older release or Beam made it."""
        arrays = read_arrays(folder / SCALING_FILE)
        if arrays is None or _LABEL not in arrays:
            return None
        constants = {
            name[len(_PREFIX) :]: values for name, values in arrays.items() if name.startswith(_PREFIX)
        }
        return cls(constants, *map(float, arrays[_LABEL]))


def write_constants(constants: Constants, graph: Path) -> None:
    """Writes a transform's constants beside its graph."""
    with (graph / CONSTANTS_FILE).open("wb") as file:
        np.savez(file, **dict(constants))


def constants_of(graph: Path) -> Constants | None:
    """The constants of a transform graph; None where Beam analysed, which does not tell them."""
    return read_arrays(graph / CONSTANTS_FILE)


def difference(kept: Constants, fresh: Constants) -> str:
    """Why a transform cannot keep the constants of a live version, as a sentence; empty: it can.

    Of a column that had no value then, or one value only, the constants say nothing of its values now. Nor do
    quantiles of which the values of now are beyond: they would all have one rank, as days do after a time.

    Args:
        kept: Those of the live version.
        fresh: Those of the rows of now, of the same `preprocessing_fn` or an edited one.
    """
    if sorted(kept) != sorted(fresh):
        return "The preprocessing_fn has other constants than the live version's."
    for name, values in fresh.items():
        former = kept[name]
        if former.shape != values.shape or former.dtype != values.dtype:
            return f"The constant `{name}` has another shape or type than in the live version."
        if _says_nothing(former, values):
            return (
                f"The live version's constant `{name}` is of a column that had no value or one then, and has"
                " more now."
            )
        if _beyond(former, values):
            return (
                f"The live version's constant `{name}` is of a column of which half of the values of now are"
                " beyond all that it had then."
            )
    return ""


def _says_nothing(former: npt.NDArray[Any], values: npt.NDArray[Any]) -> bool:
    if np.any(np.isfinite(former) != np.isfinite(values)):
        return True
    if former.ndim < 2:  # a mean, a variance, an extreme, of each column
        return bool(np.any((former == 0) & (values != 0)))
    # The quantiles of each column.
    return bool(np.any((np.ptp(former, axis=-1) == 0) & (np.ptp(values, axis=-1) > 0)))


def _beyond(former: npt.NDArray[Any], values: npt.NDArray[Any]) -> bool:
    """Whether the middle one of a column's quantiles is outside of all former ones."""
    if former.ndim < 2:
        return False
    middle = values[..., values.shape[-1] // 2]
    return bool(np.any((middle < former.min(axis=-1)) | (middle > former.max(axis=-1))))
