"""What the scoring of a batch keeps of a model that failed on it."""

from pathlib import Path

import numpy as np

from components.evaluator import scoring
from components.evaluator.eval_config import CANDIDATE, CHAMPION
from perennial.task import Task

TASK = Task("binary", "late")


def _batch(name: str, fault: str) -> scoring.Batch:
    answers = np.array([np.nan if fault else 0.5], np.float32)
    return {
        "split": scoring.EVAL,
        "source": "one.gz",
        "name": name,
        "labels": np.array([1], np.int8),
        CANDIDATE: answers,
        f"fault:{CANDIDATE}": fault,
    }


def test_the_class_of_an_error_is_kept_and_comes_back_from_a_cluster(tmp_path: Path) -> None:
    batches = [_batch("a", ""), _batch("b", "InvalidArgumentError"), _batch("c", "InvalidArgumentError")]
    for batch in batches:
        scoring.write_batch(batch, str(tmp_path))
    for each in (batches, scoring.read_batches(str(tmp_path))):
        assert scoring.faults_of(each, CANDIDATE) == ("InvalidArgumentError",)
        rows = scoring.rows_of(each, scoring.EVAL, TASK, (), {"one.gz": "2013-03"})
        assert rows.labels.tolist() == [1, 1, 1]
        assert rows.spans is not None
        assert rows.spans.tolist() == ["2013-03"] * 3
    assert scoring.faults_of(batches, CHAMPION) == ()
