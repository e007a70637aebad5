"""Scores raw rows with one version of a model, in the forms it takes: JSON rows, CSV lines, tf.Examples."""

from collections.abc import Callable, Mapping, Sequence, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from serving.model.answers import Answers, Scores
from serving.model.checks import ReadRows, RequestRows, Row, RowChecks
from serving.model.columns import RowError, input_names
from serving.model.folder import READING_FILE, schema_in
from serving.model.row_arrays import RowReader
from serving.model.saved_model import LOAD_ERRORS, LoadError, SavedModel, kind_of
from serving.reading.rules import plain_rules
from serving.reading.version_rules import VersionRules

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
        self._read_already = RowReader(self.columns, plain_rules())
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
            return cls(
                saved, RowChecks(schema_in(path), VersionRules.of(path / READING_FILE)), Answers.read(path)
            )
        except LOAD_ERRORS as error:
            saved.close()
            raise LoadError(
                f"Cannot load a model that takes raw rows, and its schema, from {path}: {kind_of(error)}."
            ) from error

    def score_requests(self, requests: Sequence[RequestRows]) -> list[ScoredRows]:
        """Reads, checks and scores the raw rows of several requests in one call of the graph.

        Args:
            requests: Of each the rows, or in the place of one why it could not be read; or what `checks.read`
                made of them. A row has column name -> JSON value or bytes.

        Returns:
            Of each request its scores and what was refused.

        Raises:
            InputError: The graph fails at rows that are in order.
        """
        read = [one if isinstance(one, ReadRows) else self.checks.read(one) for one in _together(requests)]
        sound = [one.sound if one.errors else one for one in read]
        parts = [one.arrays for one in sound if len(one)]
        scored = self._none
        if parts:
            arrays = parts[0] if len(parts) == 1 else map(np.concatenate, zip(*parts, strict=True))
            scored = self._score(RAW_COLUMNS, *arrays)
        return _split(requests, scored, _refused(read))

    def run(self, signature: str, inputs: Mapping[str, npt.NDArray[Any]]) -> Scores:
        """Scores what one of the three signatures takes: input (of `raw_columns`: of `inputs`) -> array.

        Raises:
            KeyError: An input is missing.
            InputError: The graph fails at the input.
        """
        names = SIGNATURES[signature] or self.inputs
        return self._score(signature, *(inputs[name] for name in names))

    def score_rows(self, rows: Sequence[Row]) -> Scores:
        """Scores rows that are read already, whether or not they keep the schema's bounds.

        Args:
            rows: Column name -> int, float, str or None; dates as ISO text. Null or absent is missing, and so
                is "".

        Returns:
            As `ScoredRows.scores`.

        Raises:
            RowError: A value is of the wrong kind; names row, column and kinds.
        """
        return self._score(RAW_COLUMNS, *self._read_already.arrays(rows)) if rows else self._none

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

    def _score(self, signature: str, *arrays: npt.NDArray[Any]) -> Scores:
        try:
            return self.answers.scores(self._calls[signature](*arrays)[0])
        except tf.errors.InvalidArgumentError:
            # TensorFlow's own message repeats the offending value.
            raise InputError(
                f"The model cannot read the input of {signature}: expected {len(self.columns)} columns, in "
                f"this order and of these types: {', '.join(f'{c.name} ({c.kind})' for c in self.columns)}."
            ) from None


def _together(
    requests: Sequence[RequestRows],
) -> Sequence[Sequence[Row | RowError] | ReadRows]:
    """Requests that are not read yet as one where they are side by side: one array a column is made of it."""
    if len(requests) == 1 or any(isinstance(one, ReadRows) for one in requests):
        return requests
    return [[row for request in requests for row in cast(Sequence[Row | RowError], request)]]


def _refused(read: Sequence[ReadRows]) -> dict[int, RowError]:
    """What is refused, by the row's number among those of all requests."""
    errors: dict[int, RowError] = {}
    before = 0
    for one in read:
        errors.update((before + index, error) for index, error in one.errors.items())
        before += len(one)
    return errors


def _split(requests: Sequence[Sized], scored: Scores, errors: Mapping[int, RowError]) -> list[ScoredRows]:
    """Gives each request its scores, NaN where a row is refused, and its errors by its own rows."""
    rows = sum(map(len, requests))
    scores = scored
    if errors:
        scores = np.full((rows, *scored.shape[1:]), np.nan, np.float32)
        scores[[row for row in range(rows) if row not in errors]] = scored
    results, first = [], 0
    for request in requests:
        end = first + len(request)
        own = tuple(error.at(row - first) for row, error in errors.items() if first <= row < end)
        results.append(ScoredRows(scores[first:end], own))
        first = end
    return results


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
