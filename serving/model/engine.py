"""Scores raw rows with one version of a model, in the forms it takes: JSON rows, CSV lines, tf.Examples."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from serving.model.answers import Answers, Scores
from serving.model.checks import Row, RowChecks
from serving.model.columns import RowError, arrays_of_rows, input_names
from serving.model.folder import schema_in
from serving.model.saved_model import LOAD_ERRORS, LoadError, SavedModel, kind_of

RAW_COLUMNS: Final = "raw_columns"
# Name of each signature -> the names of its inputs; None: one for each raw column (`input_names`).
SIGNATURES: Final[Mapping[str, tuple[str, ...] | None]] = {
    "serving_default": ("examples",),
    RAW_COLUMNS: None,
    "csv_lines": ("lines",),
}


class InputError(ValueError):
    """Input that the model's graph could not read or transform; the message holds nothing of it."""


@dataclass(frozen=True)
class ScoredRows:
    """What became of the rows of one request.

    Attributes:
        scores: float32: of each row the positive class' probability or the predicted number, (rows,); or
            each class' probability, (rows, classes). NaN where the row was refused.
        errors: One of each refused row, in the order of rows.
    """

    scores: Scores
    errors: tuple[RowError, ...] = ()

    @property
    def refusal(self) -> str:
        """The message where rows are refused: the first one's error, and how many there are."""
        count, rows = len(self.errors), len(self.scores)
        return f"{self.errors[0]}" + (f" ({count} of {rows} rows are refused.)" if count > 1 else "")


class Engine:
    """One version that takes raw rows. Scoring may be called from several threads.

    Attributes:
        saved: The model below.
        checks: What the schema says of rows.
        columns: The raw columns the model takes, in the order of a CSV line.
        inputs: What the inputs of `raw_columns` are called, in the same order.
        answers: What its scores are.
    """

    def __init__(self, saved: SavedModel, checks: RowChecks, answers: Answers) -> None:
        """Prepares the calls of the three signatures.

        Raises:
            KeyError, ValueError: One of them is not there, or has other inputs or outputs.
        """
        self.saved = saved
        self.checks = checks
        self.answers = answers
        self.columns = checks.columns
        self.inputs = input_names(self.columns)
        self._none = np.empty((0, *answers.width), np.float32)
        self._calls = {
            name: _prepared(saved, name, inputs or self.inputs, answers)
            for name, inputs in SIGNATURES.items()
        }

    @classmethod
    def load(cls, path: Path) -> "Engine":
        """Loads a version from its folder.

        Args:
            path: The folder of a SavedModel with the three signatures, its schema and its task.

        Raises:
            LoadError: The folder is not such a model, or not whole.
        """
        saved = SavedModel.load(path)
        try:
            return cls(saved, RowChecks(schema_in(path)), Answers.read(path))
        except LOAD_ERRORS as error:
            saved.close()
            raise LoadError(
                f"Cannot load a model that takes raw rows, and its schema, from {path}: {kind_of(error)}."
            ) from error

    def score_requests(self, requests: Sequence[Sequence[Row | RowError]]) -> list[ScoredRows]:
        """Checks and scores the raw rows of several requests in one call of the graph.

        Args:
            requests: Of each the rows, or in the place of one why it could not be read. A row has column name
                -> int, float, str, bytes or None.

        Returns:
            Of each request its scores and what was refused.

        Raises:
            InputError: The graph fails at rows that are in order.
        """
        rows = [row for request in requests for row in request]
        try:
            scores = self._score(RAW_COLUMNS, *self.checks.arrays(rows)) if rows else self._none
        except RowError:
            return [self._score_one_by_one(request) for request in requests]
        ends = np.cumsum([len(request) for request in requests])[:-1]
        return [ScoredRows(part) for part in np.split(scores, ends)]

    def run(self, signature: str, inputs: Mapping[str, npt.NDArray[Any]]) -> Scores:
        """Scores what one of the three signatures takes: input (of `raw_columns`: of `inputs`) -> array.

        Raises:
            KeyError: An input is missing.
            InputError: The graph fails at the input.
        """
        names = SIGNATURES[signature] or self.inputs
        return self._score(signature, *(inputs[name] for name in names))

    def score_rows(self, rows: Sequence[Row]) -> Scores:
        """Scores raw rows as JSON gives them, whether or not they keep the schema's bounds.

        Args:
            rows: Column name -> int, float, str or None. Null or absent is missing, and so is "".

        Returns:
            As `ScoredRows.scores`.

        Raises:
            RowError: A value is of the wrong kind; names row, column and kinds.
        """
        return self._score(RAW_COLUMNS, *arrays_of_rows(rows, self.columns)) if rows else self._none

    def score_csv(self, lines: Sequence[str]) -> Scores:
        """Scores CSV lines: the cells in the order of `columns`, no label; an empty cell is missing.

        Returns:
            As `ScoredRows.scores`.

        Raises:
            InputError: A line has another number of cells, or a cell of another kind than its column.
        """
        if not lines:
            return self._none
        return self._score("csv_lines", np.array([line.encode() for line in lines], object))

    def score_examples(self, examples: Sequence[bytes]) -> Scores:
        """Scores serialized tf.Examples; an absent feature is missing.

        Returns:
            As `ScoredRows.scores`.

        Raises:
            InputError: One of them is no tf.Example, or a feature is of another type than its column.
        """
        return self._score("serving_default", np.array(list(examples), object)) if examples else self._none

    def close(self) -> None:
        """Frees the model's memory; scoring is over."""
        self.saved.close()

    def _score_one_by_one(self, rows: Sequence[Row | RowError]) -> ScoredRows:
        """Checks each row for itself, and scores those that are in order."""
        errors = self.checks.refusals(rows)
        kept = [index for index in range(len(rows)) if index not in errors]
        scores = np.full((len(rows), *self.answers.width), np.nan, np.float32)
        if kept:
            scores[kept] = self._score(RAW_COLUMNS, *self.checks.arrays([rows[index] for index in kept]))
        return ScoredRows(scores, tuple(errors.values()))

    def _score(self, signature: str, *arrays: npt.NDArray[Any]) -> Scores:
        try:
            return self.answers.scores(self._calls[signature](*arrays)[0])
        except tf.errors.InvalidArgumentError:
            # TensorFlow's own message repeats the offending value.
            raise InputError(
                f"The model cannot read the input of {signature}: expected {len(self.columns)} columns, in "
                f"this order and of these types: {', '.join(f'{c.name} ({c.kind})' for c in self.columns)}."
            ) from None


def _prepared(
    saved: SavedModel, name: str, inputs: Sequence[str], answers: Answers
) -> Callable[..., list[npt.NDArray[Any]]]:
    if (actual := set(saved.signatures[name].inputs)) != set(inputs):
        raise ValueError(
            f"signature {name} has {len(actual)} inputs; they are not the schema's {len(inputs)} columns"
        )
    if lacking := sorted({*answers.outputs} - {*saved.signatures[name].outputs}):
        raise KeyError(f"signature {name} has no output {', '.join(lacking)}")
    # One of them tells the others: what is not fetched is not computed.
    return saved.prepared(name, inputs, [answers.output])
