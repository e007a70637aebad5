"""Raw rows in gRPC's Predict: which form they came in, and what is refused."""

from typing import Any

import numpy as np
import pytest

from serving.errors import ServingError
from serving.grpc.rows import raw_form
from serving.model.columns import RowError
from serving.model.engine import Engine
from serving.requests.forms import as_csv_line, as_example
from tests import tiny_use_case


def _read(engine: Engine, signature: str, inputs: dict[str, Any]) -> list[Any]:
    form = raw_form(engine, signature, set(inputs))
    assert form
    return form(inputs, engine)


def test_the_three_forms_give_rows_that_score_alike(engine: Engine) -> None:
    rows = tiny_use_case.rows(30, seed=9)
    examples = np.array([as_example(row, engine.columns) for row in rows], object)
    lines = np.array([as_csv_line(row, engine.columns).encode() for row in rows], object)
    expected = engine.score_rows(rows)
    for signature, inputs in (
        ("", {"examples": examples}),
        ("serving_default", {"examples": examples}),
        ("csv_lines", {"lines": lines}),
    ):
        (scored,) = engine.score_requests([_read(engine, signature, inputs)])
        assert scored.errors == ()
        np.testing.assert_allclose(scored.scores, expected, rtol=0, atol=1e-6)


def test_columns_may_be_left_out_and_sentinels_are_missing(engine: Engine) -> None:
    rows = _read(engine, "", {"size": np.array([-2147483648], np.int64), "colour": np.array([b""], object)})
    (scored,) = engine.score_requests([rows])
    assert scored.scores.tolist() == engine.score_rows([{}]).tolist()


@pytest.mark.parametrize(
    ("signature", "keys"),
    [
        ("", {"size", "other"}),
        ("serving_default", {"size"}),
        ("csv_lines", {"examples"}),
        ("", set()),
        ("x", {"size"}),
    ],
)
def test_other_inputs_are_no_raw_rows(engine: Engine, signature: str, keys: set[str]) -> None:
    assert raw_form(engine, signature, keys) is None


def test_what_has_another_shape_is_refused(engine: Engine) -> None:
    for inputs in (
        {"size": np.zeros((1, 1), np.int64)},
        {"size": np.zeros(1, np.int64), "colour": np.array([b"a", b"b"], object)},
    ):
        with pytest.raises(ServingError):
            _read(engine, "", inputs)
    with pytest.raises(ServingError, match="UTF-8"):
        _read(engine, "csv_lines", {"lines": np.array([b"\xff"], object)})
    (refused,) = _read(engine, "", {"examples": np.array([b"none"], object)})
    assert isinstance(refused, RowError)
