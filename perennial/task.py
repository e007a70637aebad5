"""What kind of answer a label is: its classes, in order, or a number; one description for the whole chain."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

Kind = Literal["binary", "multiclass", "regression"]
Class = str | int | float
NO_CLASS: Final = -1
_ZERO_OR_ONE: Final = (0, 1)


@dataclass(frozen=True)
class Task:
    """What a model is to answer.

    Attributes:
        kind: "binary", "multiclass" or "regression".
        label: The label's column.
        named: The classes that the use case names, in its order, the positive one of two last; () where it
            names none: a regression, or a binary label of 0 and 1.
    """

    kind: Kind
    label: str
    named: tuple[Class, ...] = ()

    @property
    def classes(self) -> tuple[Class, ...]:
        """The classes in order, as the label's column holds them; () of a regression."""
        return self.named or (() if self.kind == "regression" else _ZERO_OR_ONE)

    @property
    def is_zero_or_one(self) -> bool:
        """Whether the label is a number of 0 or 1, so that its mean is the share of positives."""
        return self.classes == _ZERO_OR_ONE

    @property
    def outputs(self) -> int:
        """How many numbers a model's last layer has: one a class of three or more, else one."""
        return len(self.classes) if self.kind == "multiclass" else 1

    def codes(self, values: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
        """Gives each label the place of its class.

        Args:
            values: Shape (rows,): int64, float, or objects that are bytes or text.

        Returns:
            Shape (rows,), from 0; `NO_CLASS` where the value is missing or no class.
        """
        codes = np.full(len(values), NO_CLASS, np.int32)
        for code, name in enumerate(self.classes):
            wanted: Any = name.encode() if isinstance(name, str) and _holds_bytes(values) else name
            codes[np.asarray(values == wanted)] = code
        return codes

    def to_json(self) -> str:
        """As one JSON object: `{"task", "label", "classes"}`, the classes those that are named."""
        return json.dumps({"task": self.kind, "label": self.label, "classes": list(self.named)})

    @classmethod
    def from_json(cls, text: str | Mapping[str, Any]) -> "Task":
        """The inverse of `to_json`, of its text or of what that holds."""
        fields = json.loads(text) if isinstance(text, str) else text
        return cls(fields["task"], fields["label"], tuple(fields["classes"]))


def _holds_bytes(values: npt.NDArray[Any]) -> bool:
    return bool(len(values)) and isinstance(values[0], bytes)
