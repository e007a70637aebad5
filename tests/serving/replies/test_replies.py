"""How scores are written as the JSON of the model's outputs."""

import json
from typing import Any

import numpy as np
import pytest

from serving.model.answers import Answers
from serving.model.columns import RowError
from serving.model.engine import ScoredRows
from serving.replies.json_reply import predictions as tensors_as_json
from serving.replies.replies import predictions, refusal
from serving.requests.json_tensor import Format

THREE = Answers("multiclass", ("a", "b", "c"))
SCORES = np.array([[0.1, 0.7, 0.2], [0.6, 0.3, 0.1]], np.float32)


@pytest.mark.parametrize("columnar", [False, True])
@pytest.mark.parametrize(
    "answers", [THREE, Answers("multiclass", (3, 5, 7)), Answers("multiclass", (0.1, 0.25, 3.0))]
)
def test_named_classes_are_written_as_tf_serving_writes_the_outputs(answers: Answers, columnar: bool) -> None:
    written = json.loads(predictions(ScoredRows(SCORES), answers, columnar))
    form = Format.COLUMNAR if columnar else Format.ROW
    assert written == json.loads(tensors_as_json(answers.tensors(SCORES), form))


@pytest.mark.parametrize("answers", [Answers(), Answers("regression")])
@pytest.mark.parametrize("columnar", [False, True])
def test_one_number_is_written_as_it_is(answers: Answers, columnar: bool) -> None:
    scores = np.array([0.1, 0.25], np.float32)
    form = "outputs" if columnar else "predictions"
    assert json.loads(predictions(ScoredRows(scores), answers, columnar)) == {form: [0.1, 0.25]}


def test_a_refused_row_is_null_and_its_error_beside() -> None:
    scored = ScoredRows(np.array([[0.1, 0.7, 0.2], [np.nan] * 3], np.float32), (RowError(1, "x", "bad"),))
    errors = [{"row": 1, "column": "x", "error": "bad"}]
    rows: Any = json.loads(predictions(scored, THREE, False))
    assert (rows["predictions"][0]["prediction"], rows["predictions"][1]) == ("b", None)
    columns: Any = json.loads(predictions(scored, THREE, True))
    assert columns["outputs"]["prediction"] == ["b", None]
    assert columns["outputs"]["probabilities"][1] == [None] * 3
    assert rows["errors"] == columns["errors"] == errors
    assert json.loads(refusal(scored))["errors"] == errors
