"""What is a model's fault, and what is a bug of ours."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from components.evaluator.scoring import _answers
from perennial.saved_models import ModelFault, OtherTask, load_model
from perennial.task import Task
from serving.model.folder import TASK_FILE
from tests.components.evaluator.small_windows import Logistic

TASK = Task("binary", "late")
NAMED = Task("binary", "late", ("no", "yes"))


class Picky(tf.Module):
    """Gives the output called `name`, and fails on an example that is empty."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name_of_output = name

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")], autograph=False)
    def serve(self, examples: Any) -> dict[str, Any]:
        lengths = tf.strings.length(examples)
        with tf.control_dependencies([tf.debugging.assert_positive(lengths, "the text of a row")]):
            return {self.name_of_output: tf.cast(lengths, tf.float32)}


def saved(folder: Path, module: Any, task: Task = TASK) -> str:
    tf.saved_model.save(module, str(folder), signatures={"serving_default": module.serve})
    (folder / TASK_FILE).parent.mkdir(exist_ok=True)
    (folder / TASK_FILE).write_text(task.to_json())
    return str(folder)


def _removed(folder: Path) -> None:
    shutil.rmtree(folder)


def _damaged(folder: Path) -> None:
    (folder / "saved_model.pb").write_bytes(b"\xff" * 8)


def _without_variables(folder: Path) -> None:
    shutil.rmtree(folder / "variables")


def _task_file(text: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / TASK_FILE).write_text(text)

    return write


@pytest.mark.parametrize(
    "damage",
    [
        _removed,
        _damaged,
        _without_variables,
        _task_file("{"),
        _task_file("[]"),
        _task_file(json.dumps({"task": "binary"})),
        _task_file(json.dumps({"task": "binary", "label": "late", "classes": None})),
        _task_file(json.dumps({"task": "binary", "label": "late", "classes": 2})),
    ],
)
def test_a_folder_that_is_damaged_is_a_fault_of_the_model(
    damage: Callable[[Path], None], tmp_path: Path
) -> None:
    path = saved(tmp_path / "model", Logistic(1.0, 0.0, broken=False))
    load_model(path, TASK)
    load_model.cache_clear()
    damage(tmp_path / "model")
    with pytest.raises(ModelFault):
        load_model(path, TASK)


def test_a_missing_signature_or_output_is_a_fault_of_the_model(tmp_path: Path) -> None:
    tf.saved_model.save(tf.Module(), str(tmp_path / "none"))
    with pytest.raises(ModelFault, match="KeyError"):
        load_model(str(tmp_path / "none"), TASK)
    path = saved(tmp_path / "other", Picky("score"))
    with pytest.raises(ModelFault, match="no output `probability`"):
        load_model(path, TASK)


def test_a_signature_that_fails_on_rows_is_a_fault_without_their_values(tmp_path: Path) -> None:
    path = saved(tmp_path / "model", Picky("probability"))
    score = load_model(path, TASK)
    assert score(tf.constant([b"a", b"bc"])).tolist() == [1.0, 2.0]
    with pytest.raises(ModelFault, match=r"^InvalidArgumentError$"):
        score(tf.constant([b"a", b""]))
    assert np.isnan(_answers("champion", path, TASK, tf.constant([b""]))[0]).all()


def test_probabilities_of_a_wrong_shape_are_a_fault_of_the_model(tmp_path: Path) -> None:
    path = saved(tmp_path / "model", Picky("probabilities"), NAMED)
    with pytest.raises(ModelFault, match=r"`probabilities` of shape \(1,\)"):
        load_model(path, NAMED)(tf.constant([b"a"]))


def test_a_model_of_another_task_is_none_to_compare_with(tmp_path: Path) -> None:
    path = saved(tmp_path / "model", Logistic(1.0, 0.0, broken=False))
    with pytest.raises(OtherTask):
        load_model(path, NAMED)


def test_a_bug_of_ours_is_no_fault_of_the_model(tmp_path: Path) -> None:
    """A wrong argument raises as it is: it fails the node, and no champion counts as absent for it."""
    nowhere: Any = None
    with pytest.raises(TypeError):
        load_model(nowhere, TASK)
    path = saved(tmp_path / "model", Logistic(1.0, 0.0, broken=False))
    no_examples: Any = [b""]
    with pytest.raises(AttributeError):
        _answers("champion", path, TASK, no_examples)


def test_running_out_of_memory_is_no_fault_of_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path / "model", Logistic(1.0, 0.0, broken=False))

    def exhausted(path: str) -> Any:
        raise MemoryError(path)

    monkeypatch.setattr("tensorflow.saved_model.load", exhausted)
    with pytest.raises(MemoryError):
        load_model(path, TASK)
