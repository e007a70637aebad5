"""What a version's answers come to in the metrics."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from serving.model.answers import Answers
from serving.observe.families import OURS
from serving.observe.metrics import MetricTable, text
from serving.observe.score_counts import MOST_CLASSES, ScoreCounts


def _counted(answers: Answers, scores: Any) -> str:
    table = MetricTable(OURS)
    version: Any = SimpleNamespace(model="m", number=4, engine=SimpleNamespace(answers=answers))
    ScoreCounts(table, version).add(np.array(scores, np.float32))
    return text(table).decode()


def test_a_probability_falls_into_its_bucket() -> None:
    metrics_text = _counted(Answers(), [0.04, np.nan, 0.96])
    assert 'perennial_score_bucket{model="m",version="4",le="0.05"} 1' in metrics_text
    assert 'perennial_score_count{model="m",version="4"} 2' in metrics_text


@pytest.mark.parametrize(
    ("answers", "scores"),
    [
        (Answers("binary", ("no", "yes")), [0.2, 0.3, 0.9, np.nan]),
        (
            Answers("multiclass", ("no", "yes", "x")),
            [[0.8, 0.1, 0.1], [0.7, 0.3, 0], [0, 0.9, 0.1], [np.nan] * 3],
        ),
    ],
)
def test_named_classes_are_counted_by_the_likeliest(answers: Answers, scores: Any) -> None:
    metrics_text = _counted(answers, scores)
    assert 'perennial_predictions_total{model="m",version="4",class="no"} 2' in metrics_text
    assert 'perennial_predictions_total{model="m",version="4",class="yes"} 1' in metrics_text
    assert 'perennial_score_count{model="m",version="4"} 3' in metrics_text


def test_a_regressions_numbers_have_a_count_and_a_sum() -> None:
    metrics_text = _counted(Answers("regression"), [150.0, -50.0, np.nan])
    assert 'perennial_value_sum{model="m",version="4"} 100' in metrics_text
    assert 'perennial_value_count{model="m",version="4"} 2' in metrics_text
    assert "perennial_score" not in metrics_text


def test_of_very_many_classes_the_last_are_counted_together() -> None:
    names = tuple(range(MOST_CLASSES + 5))
    scores = np.eye(len(names))[[3, MOST_CLASSES, MOST_CLASSES + 4]]
    metrics_text = _counted(Answers("multiclass", names), scores)
    assert 'class="3"} 1' in metrics_text
    assert 'class="(other)"} 2' in metrics_text
