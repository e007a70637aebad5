"""What is added to a row: the prediction and the probability of each class, as columns and as CSV cells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perennial.errors import UsageError
from serving.model.answers import PREDICTION, Answers
from serving.reading.csv_dialect import CsvDialect

# Of a binary label of 0 and 1, whose classes are not named.
_ZERO_AND_ONE: Final = (0, 1)
_TYPES: Final[Mapping[type, pa.DataType]] = {str: pa.string(), int: pa.int64(), float: pa.float32()}


@dataclass(frozen=True)
class AnswerColumns:
    """How scores become columns.

    Attributes:
        answers: What the version answers.
        threshold: The probability from which on the answer is 1, where the classes are 0 and 1 unnamed.
    """

    answers: Answers
    threshold: float = 0.5

    @property
    def classes(self) -> tuple[str | int | float, ...]:
        """The classes in order; () of a regression."""
        return self.answers.classes or (() if self.answers.kind == "regression" else _ZERO_AND_ONE)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns: `prediction`, and `probability_<class>` for each class."""
        return (PREDICTION, *(f"probability_{name}" for name in self.classes))

    def refuse_taken(self, file: str, header: Sequence[str]) -> None:
        """Refuses a table that has one of the columns already.

        Raises:
            UsageError: It has.
        """
        taken = [name for name in self.names if name in header]
        if taken:
            raise UsageError(
                f"{file} already has column{'s' * (len(taken) > 1)} {_listed(taken)}, which `predict` adds.",
                f"Rename or remove {'it' if len(taken) == 1 else 'them'}; nothing was scored.",
            )

    def columns(self, scores: Any) -> list[pa.Array]:
        """The columns, in the order of `names`.

        Args:
            scores: float32, shape (rows,) or (rows, classes), as `Answers` has them.
        """
        if self.answers.kind == "regression":
            return [pa.array(scores)]
        probabilities = self.answers.probabilities(scores)
        if self.answers.classes:
            codes = self.answers.likeliest(scores)
        else:
            codes = (scores >= np.float32(self.threshold)).astype(np.int64)
        classes = pa.array(self.classes, _TYPES[type(self.classes[0])])
        return [
            classes.take(pa.array(codes)),
            *(pa.array(np.ascontiguousarray(part)) for part in probabilities.T),
        ]


def texts(columns: Sequence[pa.Array], decimal: str, dialect: CsvDialect) -> list[pa.Array]:
    """Columns of answers as masked cells of a CSV, binary: the shortest text that reads as the same number.

    Args:
        columns: Of `AnswerColumns.columns`.
        decimal: What stands before the fraction of a number.
        dialect: How a class is quoted or escaped that holds a delimiter, a quote or a line break.
    """
    return [_text(column, decimal, dialect) for column in columns]


def _text(column: pa.Array, decimal: str, dialect: CsvDialect) -> pa.Array:
    if pa.types.is_string(column.type):
        distinct: list[str] = column.dictionary_encode().dictionary.to_pylist()
        cells = pa.array([dialect.masked_cell(name.encode()) for name in distinct], pa.binary())
        return cells.take(column.dictionary_encode().indices)
    text = column.cast(pa.string())
    if decimal != "." and pa.types.is_floating(column.type):
        text = pc.replace_substring(text, pattern=".", replacement=decimal)
    return text.cast(pa.binary())


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:3])
    return shown + (f" and {len(names) - 3} more" if len(names) > 3 else "")
