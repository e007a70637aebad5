"""What a model answers with, as its export says: a probability, named classes with theirs, or a number."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from serving.model.folder import TASK_FILE, task_in

PROBABILITY: Final = "probability"
PROBABILITIES: Final = "probabilities"
PREDICTION: Final = "prediction"
CLASSES: Final = "classes"
_KINDS: Final = ("binary", "multiclass", "regression")

# float32: (rows,), the positive class' probability or the number; or (rows, classes), of three and more.
Scores = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Answers:
    """What a model is asked for.

    Attributes:
        kind: "binary", "multiclass" or "regression".
        classes: Those that are named, in order, all of them text, integers or floats; () where the
            answer is one number: a regression, or the probability of a label of 0 and 1.
    """

    kind: str = "binary"
    classes: tuple[str | int | float, ...] = ()

    @classmethod
    def read(cls, folder: Path) -> "Answers":
        """Reads it from a version's folder; a version without the file answers with a probability.

        Raises:
            OSError, ValueError, KeyError: It is no such file.
        """
        task = task_in(folder)
        if task is None:
            return cls()
        kind, classes = task["task"], tuple(task["classes"])
        if (
            kind not in _KINDS
            or len({*map(type, classes)} - {str, int, float})
            or len({*map(type, classes)}) > 1
        ):
            raise ValueError(f"{TASK_FILE} has an unknown task, or classes of different types")
        return cls(kind, classes)

    @property
    def output(self) -> str:
        """The output that holds the scores."""
        if self.kind == "regression":
            return PREDICTION
        return PROBABILITIES if self.classes else PROBABILITY

    @property
    def outputs(self) -> tuple[str, ...]:
        """All outputs, as TF Serving answers with them."""
        return (PREDICTION, CLASSES, PROBABILITIES) if self.classes else (self.output,)

    @property
    def width(self) -> tuple[int, ...]:
        """The shape of one row's score: () or (classes,)."""
        return (len(self.classes),) if self.kind == "multiclass" else ()

    def scores(self, output: npt.NDArray[Any]) -> Scores:
        """The scores that the output of that name holds."""
        return output[:, -1] if self.kind == "binary" and self.classes else output

    def probabilities(self, scores: Scores) -> npt.NDArray[Any]:
        """Of named classes the probability of each, in their order: float32 (rows, classes)."""
        return scores if scores.ndim == 2 else np.stack([1 - scores, scores], axis=1)

    def likeliest(self, scores: Scores) -> npt.NDArray[Any]:
        """Of named classes the place of the likeliest one of each row: int (rows,)."""
        return self.probabilities(scores).argmax(axis=1)

    def named(self) -> npt.NDArray[Any]:
        """The classes as an array: objects (UTF-8 bytes), int64 or float32."""
        if isinstance(self.classes[0], str):
            return np.array([str(name).encode() for name in self.classes], object)
        return np.array(self.classes, np.float32 if isinstance(self.classes[0], float) else np.int64)

    def plain(self) -> list[str | int | float]:
        """The classes as JSON has them: a float with the digits of its float32."""
        return [float(str(np.float32(name))) if type(name) is float else name for name in self.classes]

    def tensors(self, scores: Scores) -> dict[str, npt.NDArray[Any]]:
        """What the model's own outputs are for these scores, by name."""
        if not self.classes:
            return {self.output: scores}
        named, probabilities = self.named(), self.probabilities(scores)
        return {
            PREDICTION: named[probabilities.argmax(axis=1)],
            CLASSES: np.broadcast_to(named, probabilities.shape),
            PROBABILITIES: probabilities,
        }

    def problem(self, scores: Scores, rows: int) -> str | None:
        """What is wrong with the scores of so many rows; None: they are what they should be."""
        if scores.shape != (rows, *self.width):
            return f"scores of shape {scores.shape} for {rows} rows"
        if self.kind == "regression":
            return None if np.isfinite(scores).all() else f"a {PREDICTION} that is not a finite number"
        if not ((scores >= 0) & (scores <= 1)).all():
            return f"a value of {self.output} that is not from 0 to 1"
        if self.width and (np.abs(scores.sum(axis=1) - 1) > _SUM_OFF).any():
            return f"{self.output} that do not sum to 1"
        return None


# What float32 sums of a thousand probabilities are off by stays far below it.
_SUM_OFF: Final = 1e-3
