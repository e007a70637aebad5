"""A model's answers by day: their form, their file, and what a damaged one is."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from perennial.drift.day_file import FILE
from perennial.drift.day_summaries import NumberDays, TextDays
from perennial.drift.prediction_facts import FACTS_FILE, PredictionFacts
from perennial.drift.predictions import CONFIDENCE, PREDICTION, SCORES_FILE, Predictions
from perennial.errors import DaysDamaged
from perennial.task import Task

FACTS = PredictionFacts(span="2013-01", version=2, digest="d", model="m", model_version=3)
TIMES = np.array([b"2013-01-01 10:00:00", b"2013-01-02 09:00:00", b"2013-01-01", b""], object)


def binary() -> Predictions:
    answers = np.array([0.25, 0.5, 0.75, 0.125], np.float32)
    return Predictions.of_answers(FACTS, Task("binary", "late"), answers, TIMES)


def test_scores_are_summarised_by_day_and_kept_by_row() -> None:
    made = binary()
    assert made.days.days.astype(str).tolist() == ["2013-01-01", "2013-01-02"]
    assert made.days.rows.tolist() == [2, 1]  # a row without a time is of no day
    column = made.days.columns[PREDICTION]
    assert isinstance(column, NumberDays)
    assert column.mean.tolist() == [0.5, 0.5]
    assert column.quantiles[0, [0, -1]].tolist() == [0.25, 0.75]
    assert list(made.days.columns) == [PREDICTION]
    assert made.scores.tolist() == [0.25, 0.5, 0.75, 0.125]
    assert (made.facts.rows, made.facts.not_finite) == (4, 0)


def test_without_times_all_rows_are_of_one_day() -> None:
    made = Predictions.of_answers(FACTS, Task("regression", "fare"), np.array([3, 5], np.float32), None)
    assert made.days.rows.tolist() == [2]
    assert made.days.columns[PREDICTION].present.tolist() == [2]


def test_of_several_classes_it_is_the_likeliest_with_its_probability() -> None:
    task = Task("multiclass", "kind", ("a", "b", 3))
    answers = np.array([[0.2, 0.7, 0.1], [0.1, 0.1, 0.8], [np.nan, 0.5, 0.5]], np.float32)
    made = Predictions.of_answers(FACTS, task, answers, None)
    column, confidence = made.days.columns[PREDICTION], made.days.columns[CONFIDENCE]
    assert isinstance(column, TextDays)
    assert dict(zip(column.values, column.counts[0].tolist(), strict=True)) == {b"3": 1, b"b": 1}
    assert isinstance(confidence, NumberDays)
    assert confidence.mean[0] == pytest.approx(0.75)
    assert made.classes.tolist() == [1, 2, -1]
    assert (made.facts.rows, made.facts.not_finite) == (3, 1)


def test_answers_that_are_not_finite_count_as_missing() -> None:
    answers = np.array([0.25, np.nan, np.inf], np.float32)
    made = Predictions.of_answers(FACTS, Task("binary", "late"), answers, None)
    assert made.facts.not_finite == 2
    assert made.days.columns[PREDICTION].present.tolist() == [1]
    assert made.days.rows.tolist() == [3]


@pytest.mark.parametrize("made", [binary(), Predictions.absent(FACTS, "it cannot be loaded")])
def test_what_is_written_is_read_again(made: Predictions, tmp_path: Path) -> None:
    made.write(tmp_path / "predictions")
    read = Predictions.read(tmp_path / "predictions")
    assert read.facts == made.facts
    assert read.days.days.tolist() == made.days.days.tolist()
    assert list(read.days.columns) == list(made.days.columns)
    assert read.scores.dtype == np.float32
    assert read.scores.tolist() == made.scores.tolist()


def test_the_same_answers_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "other"):
        binary().write(tmp_path / name)
    for file in (FILE, SCORES_FILE, FACTS_FILE):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "other" / file).read_bytes()


@pytest.mark.parametrize("file", [FILE, SCORES_FILE, FACTS_FILE])
@pytest.mark.parametrize(
    "damage", [Path.unlink, lambda path: os.truncate(path, 9), lambda path: path.write_bytes(b"{}")]
)
def test_a_damaged_file_is_an_error_that_names_it(
    file: str, damage: Callable[[Path], object], tmp_path: Path
) -> None:
    binary().write(tmp_path / "LivePredictions" / "predictions" / "7")
    damage(tmp_path / "LivePredictions" / "predictions" / "7" / file)
    with pytest.raises(DaysDamaged, match=file):
        Predictions.read(tmp_path / "LivePredictions" / "predictions" / "7")
