"""The node on small spans and a model whose answers are known."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tfx.types import standard_artifacts

from components.next_span_scores.executor import Executor
from perennial import scores
from perennial.errors import NodeFailed
from perennial.task import Task
from serving.model.folder import TASK_FILE
from tests.components.evaluator.small_windows import SCHEMA, Logistic, make_rows, write_split

TASK = Task("binary", "late")


def span(folder: Path, name: str, rows: list[dict[str, Any]]) -> Any:
    """Examples of a span with rows in each split, the last three of a day that is not believed."""
    artifact = standard_artifacts.Examples()
    artifact.uri = str(folder / name)
    artifact.set_string_custom_property("span", name)
    parts = {
        "head": rows[:20],
        "tail": rows[20:30],
        "anchor": rows[30:40],
        "late": rows[40:-3],
        "stray": rows[-3:],
    }
    for split, part in parts.items():
        write_split(folder / name / f"Split-{split}", part, 1)
    return artifact


def scored(folder: Path, examples: list[Any], *, broken: bool = False) -> Any:
    """What the node writes."""
    model, schema, output = (
        standard_artifacts.Model(),
        standard_artifacts.Schema(),
        standard_artifacts.ModelEvaluation(),
    )
    model.uri, schema.uri, output.uri = str(folder / "model"), str(folder / "schema"), str(folder / "scores")
    serving = folder / "model" / "Format-Serving"
    logistic = Logistic(2.0, -1.0, broken)
    tf.saved_model.save(logistic, str(serving), signatures={"serving_default": logistic.serve})
    (serving / TASK_FILE).parent.mkdir(exist_ok=True)
    (serving / TASK_FILE).write_text(TASK.to_json())
    (folder / "schema").mkdir()
    (folder / "schema" / "schema.pbtxt").write_text(SCHEMA)
    properties = {"task": TASK.to_json(), "time_column": "when", "source": ""}
    Executor().Do(
        {"examples": examples, "model": [model], "schema": [schema]}, {"scores": [output]}, properties
    )
    return json.loads((folder / "scores" / "scores.json").read_text())


def test_every_believed_row_of_each_span_is_judged_by_the_signature_for_raw_rows(tmp_path: Path) -> None:
    rows = {name: make_rows(60, 3, seed) for name, seed in (("a", 1), ("b", 2))}
    content = scored(tmp_path, [span(tmp_path, name, each) for name, each in rows.items()])
    for name, each in rows.items():
        judged = each[:-3]
        x, late = np.array([row["x"] for row in judged]), np.array([row["late"] for row in judged])
        losses = scores.row_losses(late, 1 / (1 + np.exp(1 - 2 * x)))
        days = [row["when"][:10] for row in judged]
        by_day = content["spans"][name]
        assert {day: count for day, (count, _) in by_day.items()} == {day: days.count(day) for day in days}
        for day, (_, total) in by_day.items():
            own = losses[[each == day for each in days]].sum()
            assert total == pytest.approx(own, rel=1e-5)
    assert content["cpu_seconds"] > 0


def test_a_model_without_a_finite_answer_fails_the_node(tmp_path: Path) -> None:
    with pytest.raises(NodeFailed, match="no finite answer"):
        scored(tmp_path, [span(tmp_path, "a", make_rows(60, 3))], broken=True)
