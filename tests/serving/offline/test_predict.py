"""The scoring process's work: batches of columns, and rows that the graph cannot take."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from serving.model.engine import Engine
from serving.model.folder import SCHEMA_FILE
from serving.model.row_arrays import arrays_of_rows
from serving.offline import predict
from tests import tiny_use_case

SCHEMA = '{"feature": [{"name": "n", "type": "INT"}, {"name": "s", "type": "BYTES"}]}'


class _Picky(tf.Module):
    """Gives the probability n / 100, and fails at a row whose text is no number."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        text = tf.TensorSpec([None], tf.string)
        numbers = tf.TensorSpec([None], tf.int64)
        tf.saved_model.save(
            self,
            str(folder),
            signatures={
                "raw_columns": tf.function(self.score).get_concrete_function(n=numbers, s=text),
                "serving_default": tf.function(self.lines).get_concrete_function(examples=text),
                "csv_lines": tf.function(self.lines).get_concrete_function(lines=text),
            },
        )
        (folder / SCHEMA_FILE).parent.mkdir(exist_ok=True)
        (folder / SCHEMA_FILE).write_text(SCHEMA)

    def score(self, n: Any, s: Any) -> Any:
        return {"probability": tf.cast(n, tf.float32) / 100 + 0 * tf.strings.to_number(s)}

    def lines(self, **text: Any) -> Any:
        return {"probability": tf.strings.to_number(next(iter(text.values())))}


def test_batches_score_as_one(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine.load(Path(tiny.serving_model_dir))
    arrays = arrays_of_rows(tiny_use_case.rows(50), engine.columns)
    monkeypatch.setattr(predict, "BATCH_ROWS", 7)
    scores, failed = predict.scored(engine, arrays)
    # How rows are laid together moves the last digit.
    assert np.allclose(scores, engine.score_rows(tiny_use_case.rows(50)), rtol=0, atol=1e-6)
    assert not failed.any()


def test_a_row_that_the_graph_fails_at_does_not_take_the_others_with_it(tmp_path: Path) -> None:
    _Picky(tmp_path / "1")
    engine = Engine.load(tmp_path / "1")
    texts = np.array([b"0"] * 20, object)
    texts[[3, 11, 12]] = b"none"
    scores, failed = predict.scored(engine, [np.arange(20), texts])
    assert np.flatnonzero(failed).tolist() == [3, 11, 12]
    assert np.isnan(scores[failed]).all()
    assert np.allclose(scores[~failed], np.delete(np.arange(20), [3, 11, 12]) / 100)
