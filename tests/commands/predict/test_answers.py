"""What is added to a row: the prediction and the probability of each class."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from commands.predict import predict as command
from commands.predict.answers import AnswerColumns, texts
from perennial.errors import UsageError
from perennial.task import Task
from serving.model.answers import Answers
from serving.reading.csv_dialect import CsvDialect
from tests.commands.predict.tables import EXPORTS, GOOD, TASKS, csv_file, server_scores, use_case


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("task", TASKS)
def test_each_class_has_its_probability(task: str, homes: dict[str, Path], tmp_path: Path) -> None:
    scores = server_scores(homes[task])
    command.predict(use_case(homes[task], EXPORTS), csv_file(tmp_path, GOOD), tmp_path / "out.csv")
    scored = pd.read_csv(tmp_path / "out.csv")
    added = list(scored.columns[6:])
    if task == "number":
        assert added == ["prediction"]
        assert np.abs(scored["prediction"] - scores).max() < 1e-6 * max(1.0, np.abs(scores).max())
        return
    classes = TASKS[task].classes
    assert added == ["prediction", *(f"probability_{name}" for name in classes)]
    probabilities = np.stack([1 - scores, scores], 1) if scores.ndim == 1 else scores
    assert np.abs(scored[added[1:]].to_numpy() - probabilities).max() < 1e-6
    assert scored["prediction"].tolist() == [classes[code] for code in probabilities.argmax(1)]


@pytest.mark.usefixtures("quick")
def test_a_threshold_of_the_use_case_decides(homes: dict[str, Path], tmp_path: Path) -> None:
    always_one = use_case(homes["plain"], EXPORTS, evaluation="threshold: 0.0")
    command.predict(always_one, csv_file(tmp_path, GOOD), tmp_path / "out.csv")
    assert set(pd.read_csv(tmp_path / "out.csv")["prediction"]) == {1}


def columns(task: Task, threshold: float = 0.5) -> AnswerColumns:
    return AnswerColumns(Answers(task.kind, task.classes if task.named else ()), threshold)


def test_a_table_that_has_an_added_column_is_refused_with_its_names() -> None:
    with pytest.raises(UsageError) as refused:
        columns(TASKS["plain"]).refuse_taken("in.csv", ("size", "prediction", "probability_1"))
    assert refused.value.problem == (
        "in.csv already has columns `prediction`, `probability_1`, which `predict` adds."
    )
    assert refused.value.remedy == "Rename or remove them; nothing was scored."


def test_numbers_have_the_decimal_mark_and_text_is_quoted_where_it_has_to_be() -> None:
    answers = [pa.array(["yes, sir", "no"]), pa.array([0.25, 1.0], pa.float32()), pa.array([1, 2])]
    assert [column.to_pylist() for column in texts(answers, ",", CsvDialect())] == [
        [b'"yes, sir"', b"no"],
        [b"0,25", b"1"],
        [b"1", b"2"],
    ]
