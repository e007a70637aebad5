"""How scores become a verdict."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.serving_probe.verdict import judge
from perennial.task import Task
from perennial.training.head import Head

EXPECTED = [0.25, 0.5, 0.75]
HEAD = Head(Task("binary", "late"))
WHAT = ["a real row", "a row with heat = null", "a row without any value"]


def _reply(**changed: Any) -> dict[str, Any]:
    scores = {"rows": EXPECTED, "lines": EXPECTED, "examples": EXPECTED, **changed}
    return {"scores": scores, "startup_seconds": 0.5, "latency_ms": {"p50": 0.1, "p99": 0.2}}


def test_equal_scores_are_servable(tmp_path: Path) -> None:
    verdict = judge(EXPECTED, _reply(rows=[0.25, 0.5, 0.7500005]), WHAT, HEAD)
    assert verdict.verdict == "SERVABLE"
    assert verdict.max_difference == pytest.approx(5e-7)
    verdict.write(tmp_path)
    written = json.loads((tmp_path / "probe.json").read_text())
    assert written["rows"] == 3
    assert written["latency_ms"] == {"p50": 0.1, "p99": 0.2}


@pytest.mark.parametrize(
    ("form", "signature"), [("rows", "raw_columns"), ("lines", "csv_lines"), ("examples", "serving_default")]
)
def test_one_different_score_through_one_signature_is_unservable(form: str, signature: str) -> None:
    verdict = judge(EXPECTED, _reply(**{form: [0.25, 0.500002, 0.75]}), WHAT, HEAD)
    assert verdict.verdict == "UNSERVABLE"
    assert verdict.reason.startswith(f"A row with heat = null has a different score through {signature}")


def test_a_score_that_is_not_finite_is_unservable_on_either_side() -> None:
    served = judge(EXPECTED, _reply(lines=[0.25, None, 0.75]), WHAT, HEAD)
    assert served.reason == "A row with heat = null has no finite score through csv_lines."
    both = judge([0.25, float("nan"), 0.75], _reply(rows=[0.25, None, 0.75]), WHAT, HEAD)
    assert both.verdict == "UNSERVABLE"
    assert "in training" in both.reason


def test_the_first_of_several_rows_is_named() -> None:
    verdict = judge(EXPECTED, _reply(rows=[0.25, None, None]), WHAT, HEAD)
    assert verdict.reason.startswith("2 rows (the first: a row with heat = null) have no finite score")


def test_a_lost_row_is_unservable() -> None:
    verdict = judge(EXPECTED, _reply(examples=[0.25, 0.5]), WHAT, HEAD)
    assert verdict.reason == "serving_default gives 2 scores for 3 rows."


def test_an_error_of_the_serving_process_is_unservable_with_its_reason() -> None:
    verdict = judge(EXPECTED, {"error": "It broke.", "row": 1}, WHAT, HEAD)
    assert verdict.verdict == "UNSERVABLE"
    assert verdict.reason == "The serving process cannot score a row with heat = null: It broke."


def _judged(task: Task, expected: Any, served: Any, std: float = 1.0) -> Any:
    scores = dict.fromkeys(("rows", "lines", "examples"), served)
    return judge(np.array(expected), _reply(**scores), WHAT, Head(task, 0.0, std))


def test_every_cell_of_several_classes_is_compared() -> None:
    task = Task("multiclass", "y", ("a", "b", "c"))
    expected = [[0.2, 0.3, 0.5]] * 3
    assert _judged(task, expected, expected).verdict == "SERVABLE"
    other = [*expected[:2], [0.2, 0.300002, 0.499998]]
    verdict = _judged(task, expected, other)
    assert verdict.reason.startswith("A row without any value has a different score through raw_columns")
    assert verdict.max_difference == pytest.approx(2e-6)
    assert _judged(task, expected, [row[:2] for row in expected]).verdict == "UNSERVABLE"
    assert "no finite score" in _judged(task, [[np.nan, 0.5, 0.5]] * 3, expected).reason


@pytest.mark.parametrize(
    ("std", "away", "verdict"),
    [
        (1e6, 0.5, "SERVABLE"),  # rounding, where a million is what differs
        (1e6, 5.0, "UNSERVABLE"),
        (1e-6, 1e-9, "UNSERVABLE"),  # a thousandth of the deviation
        (0.0, 0.0, "SERVABLE"),
    ],
)
def test_a_regressions_difference_is_counted_in_deviations(std: float, away: float, verdict: str) -> None:
    assert _judged(Task("regression", "y"), [0.0] * 3, [away, 0.0, 0.0], std).verdict == verdict


def test_a_large_number_is_as_exact_as_float32_is() -> None:
    assert _judged(Task("regression", "y"), [1e9] * 3, [1e9 + 100] * 3).verdict == "SERVABLE"


@pytest.mark.parametrize(
    ("rows", "away", "verdict"),
    [(2, 5e-6, "SERVABLE"), (3, 5e-6, "UNSERVABLE"), (1, 2e-5, "UNSERVABLE"), (200, 9e-7, "SERVABLE")],
)
def test_rounding_may_show_in_one_row_of_a_hundred(rows: int, away: float, verdict: str) -> None:
    served = [0.5 + away] * rows + [0.5] * (200 - rows)
    scores = {"rows": [0.5] * 200, "lines": served, "examples": [0.5] * 200}
    judged = judge([0.5] * 200, _reply(**scores), ["a real row"] * 200, HEAD)
    assert judged.verdict == verdict
    assert judged.max_difference == pytest.approx(away)
