"""Writes what `:predict` answers to raw rows: TF Serving's JSON of the model's outputs."""

from typing import Any, Final

import numpy.typing as npt
import orjson

from serving.errors import printable
from serving.model.answers import CLASSES, PREDICTION, PROBABILITIES, Answers
from serving.model.columns import RowError
from serving.model.engine import ScoredRows
from serving.requests.json_tensor import Format

_MOST_ERRORS: Final = 100


def predictions(scored: ScoredRows, answers: Answers, columnar: bool) -> bytes:
    """Writes the answer: a number a row, or of named classes an object of the three outputs.

    Args:
        scored: What became of the rows; a refused one has null in its place, and its error beside.
        answers: The model's.
        columnar: Whether the request had columns (`inputs`); the reply then has columns, too.
    """
    form = Format.COLUMNAR if columnar else Format.ROW
    # NumPy's float32 is written with the digits that read back to it; NaN, a refused row's, as null.
    values: Any = scored.scores
    if answers.classes:
        refused = {error.row for error in scored.errors}
        probabilities = answers.probabilities(scored.scores)
        names = answers.plain()
        predicted = [names[code] for code in probabilities.argmax(axis=1).tolist()]
        values = (_columns if columnar else _rows)(predicted, orjson.dumps(names), probabilities, refused)
    reply: dict[str, Any] = {form.value: values}
    if scored.errors:
        reply["errors"] = [_error_json(error) for error in scored.errors]
    return _dumps(reply)


def refusal(scored: ScoredRows) -> bytes:
    """Writes why rows were refused: the first one's error in a sentence, and of each up to `_MOST_ERRORS`."""
    errors = [_error_json(error) for error in scored.errors[:_MOST_ERRORS]]
    return _dumps({"error": printable(scored.refusal), "errors": errors})


def _rows(
    predicted: list[Any], names: bytes, probabilities: npt.NDArray[Any], refused: set[int]
) -> list[Any]:
    written = orjson.Fragment(names)
    return [
        None if row in refused else {PREDICTION: one, CLASSES: written, PROBABILITIES: each}
        for row, (one, each) in enumerate(zip(predicted, probabilities, strict=True))
    ]


def _columns(
    predicted: list[Any], names: bytes, probabilities: npt.NDArray[Any], refused: set[int]
) -> dict[str, Any]:
    return {
        PREDICTION: [None if row in refused else one for row, one in enumerate(predicted)],
        CLASSES: [orjson.Fragment(names)] * len(predicted),
        PROBABILITIES: probabilities,
    }


def _dumps(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)


def _error_json(error: RowError) -> dict[str, Any]:
    return {"row": error.row, "column": printable(error.column), "error": printable(error.problem)}
