"""What a version's folder says of its answers, and what its scores come to."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from serving.model.answers import Answers
from serving.model.folder import TASK_FILE

NAMED = Answers("binary", ("no", "yes"))
THREE = Answers("multiclass", (1, 2, 3))


def _read(folder: Path, task: Any) -> Answers:
    file = folder / TASK_FILE
    file.parent.mkdir()
    file.write_text(task if isinstance(task, str) else json.dumps(task))
    return Answers.read(folder)


def test_a_version_without_the_file_answers_with_a_probability(tmp_path: Path) -> None:
    answers = Answers.read(tmp_path)
    assert answers.outputs == ("probability",)
    assert list(answers.tensors(np.array([0.5], np.float32))) == ["probability"]


def test_the_file_is_the_tasks_own(tmp_path: Path) -> None:
    task = {"task": "multiclass", "label": "y", "classes": ["a", "b", "c"]}
    assert _read(tmp_path, task) == Answers("multiclass", ("a", "b", "c"))


@pytest.mark.parametrize(
    "task",
    [
        "{",
        {"task": "multiclass"},
        {"task": "ranking", "classes": []},
        {"task": "binary", "classes": ["a", 1]},
        {"task": "binary", "classes": [True, False]},
        {"task": "binary", "classes": [["a"], ["b"]]},
    ],
)
def test_what_is_no_task_is_refused(tmp_path: Path, task: Any) -> None:
    with pytest.raises((ValueError, KeyError)):
        _read(tmp_path, task)


def test_of_two_classes_the_score_is_the_last_ones() -> None:
    assert NAMED.scores(np.array([[0.75, 0.25]], np.float32)).tolist() == [0.25]
    assert NAMED.probabilities(np.array([0.25], np.float32)).tolist() == [[0.75, 0.25]]
    assert NAMED.likeliest(np.array([0.25, 0.5, 0.75])).tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("classes", "dtype", "label"),
    [
        (("a", "b", "c"), object, b"b"),
        ((5, 6, 7), np.int64, 6),
        ((0.1, 0.2, 0.3), np.float32, np.float32(0.2)),
    ],
)
def test_tensors_are_of_the_classes_own_kind(classes: Any, dtype: Any, label: Any) -> None:
    answers = Answers("multiclass", classes)
    tensors = answers.tensors(np.array([[0.25, 0.5, 0.25]], np.float32))
    assert list(tensors) == list(answers.outputs) == ["prediction", "classes", "probabilities"]
    assert tensors["prediction"].dtype == tensors["classes"].dtype == dtype
    assert tensors["prediction"][0] == label
    assert tensors["classes"].shape == (1, 3)
    assert answers.plain() == list(classes)


@pytest.mark.parametrize(
    ("answers", "scores", "problem"),
    [
        (THREE, [[0.2, 0.3, 0.5]], None),
        (THREE, [[0.2, 0.3, 0.6]], "do not sum to 1"),
        (THREE, [0.2], "shape"),
        (THREE, [[0.5, 0.5]], "shape"),
        (NAMED, [1.5], "from 0 to 1"),
        (NAMED, [np.nan], "from 0 to 1"),
        (Answers("regression"), [-1e9], None),
        (Answers("regression"), [np.inf], "not a finite number"),
    ],
)
def test_invalid_scores_are_reported(answers: Answers, scores: Any, problem: str | None) -> None:
    actual = answers.problem(np.array(scores, np.float32), 1)
    assert (actual is None) if problem is None else (actual is not None and problem in actual)
