"""The node on small spans and models whose answers are known, some of which cannot answer."""

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tfx.types import artifact_utils, standard_artifacts

from components.live_predictions.executor import Executor
from perennial.drift.predictions import PREDICTION, Predictions
from perennial.saved_models import load_model
from perennial.store import registry
from perennial.store.ledger import Ledger
from perennial.task import Task
from serving.model.folder import TASK_FILE
from tests.components.evaluator.small_windows import SCHEMA, Logistic, make_rows, write_split

TASK = Task("binary", "late")
ROWS = make_rows(60, 3)
Publish = Callable[..., str]


@pytest.fixture
def inputs(tmp_path: Path) -> dict[str, list[Any]]:
    """A span with rows in three splits, and the schema."""
    examples, schema = standard_artifacts.Examples(), standard_artifacts.Schema()
    examples.uri, schema.uri = str(tmp_path / "examples"), str(tmp_path / "schema")
    examples.split_names = artifact_utils.encode_split_names(["head", "tail", "anchor", "stray"])
    examples.set_string_custom_property("span", "2013-03")
    examples.set_int_custom_property("version", 2)
    examples.set_string_custom_property("digest", "content")
    for split, rows in {"head": ROWS[:40], "tail": ROWS[40:55], "anchor": ROWS[55:]}.items():
        write_split(tmp_path / "examples" / f"Split-{split}", rows, 1)
    (tmp_path / "schema").mkdir()
    (tmp_path / "schema" / "schema.pbtxt").write_text(SCHEMA)
    return {"examples": [examples], "schema": [schema]}


@pytest.fixture
def publish(tmp_path: Path) -> Publish:
    """Makes a model live; gives the digest of its files."""

    def of(module: Any, task: Task = TASK) -> str:
        folder = tmp_path / "saved"
        shutil.rmtree(folder, ignore_errors=True)
        tf.saved_model.save(module, str(folder), signatures={"serving_default": module.serve})
        (folder / TASK_FILE).parent.mkdir(exist_ok=True)
        (folder / TASK_FILE).write_text(task.to_json())
        models = tmp_path / "models"
        live = registry.live(models)
        with closing(Ledger(tmp_path / "ledger.db")) as ledger:
            registry.publish(
                models, ledger, folder, {}, champion=live.number if live else None, run_id="", why="A test."
            )
        return registry.model_digest(folder)

    return of


def executed(
    folder: Path, inputs: dict[str, list[Any]], live: str, time_column: str = "when", task: Task = TASK
) -> tuple[Predictions, Any]:
    """What the node wrote, and its artifact."""
    output = standard_artifacts.InferenceResult()
    output.uri = str(folder / "predictions")
    shutil.rmtree(output.uri, ignore_errors=True)
    properties = {"models": str(folder / "models"), "live": live, "task": task.to_json(), "source": ""}
    Executor().Do(inputs, {"predictions": [output]}, {**properties, "time_column": time_column})
    return Predictions.read(Path(output.uri)), output


def test_every_row_of_every_split_is_scored_and_summarised_by_day(
    tmp_path: Path, inputs: dict[str, list[Any]], publish: Publish
) -> None:
    digest = publish(Logistic(2.0, -1.0, broken=False))
    made, artifact = executed(tmp_path, inputs, digest)
    expected = 1 / (1 + np.exp(1 - 2 * np.array([row["x"] for row in ROWS])))
    assert made.scores == pytest.approx(expected, abs=1e-6)
    days = np.array([row["when"][:10] for row in ROWS])
    assert made.days.days.astype(str).tolist() == sorted(set(days))
    by_day = [expected[days == day].mean() for day in sorted(set(days))]
    column: Any = made.days.columns[PREDICTION]
    assert column.mean == pytest.approx(by_day, abs=1e-6)
    assert column.quantiles[:, -1] == pytest.approx(
        [expected[days == day].max() for day in sorted(set(days))], abs=1e-6
    )
    assert (made.facts.rows, made.facts.model, made.facts.model_version) == (60, digest, 1)
    identity = [artifact.get_string_custom_property(name) for name in ("span", "digest", "model")]
    assert identity == ["2013-03", "content", digest]
    assert artifact.get_int_custom_property("version") == 2


def test_without_a_time_column_the_span_is_one_day(
    tmp_path: Path, inputs: dict[str, list[Any]], publish: Publish
) -> None:
    made, _ = executed(tmp_path, inputs, publish(Logistic(2.0, -1.0, broken=False)), time_column="")
    assert made.days.rows.tolist() == [60]


def test_the_model_is_that_of_the_digest_whatever_is_live_and_whatever_number_it_has(
    tmp_path: Path, inputs: dict[str, list[Any]], publish: Publish
) -> None:
    first = publish(Logistic(2.0, -1.0, broken=False))
    before, _ = executed(tmp_path, inputs, first)
    second = publish(Logistic(-2.0, 1.0, broken=False))
    other, _ = executed(tmp_path, inputs, second)
    assert other.scores == pytest.approx(1 - before.scores, abs=1e-6)
    with closing(Ledger(tmp_path / "ledger.db")) as ledger:
        registry.rollback(tmp_path / "models", ledger, None, "The other is wrong.")
    again, _ = executed(tmp_path, inputs, first)
    assert (again.facts.model_version, again.scores.tolist()) == (3, before.scores.tolist())


class Fails(tf.Module):
    """Fails on every row."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")], autograph=False)
    def serve(self, examples: Any) -> dict[str, Any]:
        with tf.control_dependencies([tf.debugging.assert_less(tf.strings.length(examples), 0)]):
            return {"probability": tf.cast(tf.strings.length(examples), tf.float32)}


class OneAnswer(tf.Module):
    """Gives one answer, however many rows there are."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")], autograph=False)
    def serve(self, examples: Any) -> dict[str, Any]:
        return {
            "probability": tf.reduce_mean(tf.cast(tf.strings.length(examples), tf.float32), keepdims=True)
        }


def _damaged(folder: Path) -> None:
    (folder / "saved_model.pb").write_bytes(b"\xff" * 8)


@pytest.mark.parametrize(
    ("module", "task", "damage", "why"),
    [
        (Logistic(2.0, -1.0, False), TASK, _damaged, "it cannot be loaded, or does not take the rows ("),
        (Logistic(2.0, -1.0, False), TASK, shutil.rmtree, "its files are not in the models folder any more"),
        (Logistic(2.0, -1.0, False), Task("binary", "late", (0, 1)), None, "it answers another task"),
        (Fails(), TASK, None, "it cannot be loaded, or does not take the rows (InvalidArgumentError)"),
        (OneAnswer(), TASK, None, "another number of answers than rows"),
    ],
)
def test_a_model_that_cannot_score_is_absent_and_fails_no_node(
    tmp_path: Path,
    inputs: dict[str, list[Any]],
    publish: Publish,
    module: Any,
    task: Task,
    damage: Callable[[Path], Any] | None,
    why: str,
) -> None:
    load_model.cache_clear()
    digest = publish(module, task)
    if damage:
        damage(tmp_path / "models" / "1")
    made, _ = executed(tmp_path, inputs, digest)
    assert why in made.facts.absent
    assert (made.facts.rows, len(made.days.days), len(made.scores)) == (0, 0, 0)


def test_rows_without_a_finite_answer_are_counted_and_missing(
    tmp_path: Path, inputs: dict[str, list[Any]], publish: Publish
) -> None:
    made, _ = executed(tmp_path, inputs, publish(Logistic(2.0, -1.0, broken=True)))
    assert (made.facts.rows, made.facts.not_finite, made.facts.absent) == (60, 60, "")
    assert made.days.columns[PREDICTION].present.tolist() == [0, 0, 0]
