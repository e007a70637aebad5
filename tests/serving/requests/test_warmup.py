"""Warm-up requests in TF Serving's format, and what a version has to answer to them."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from serving.model.engine import Engine
from serving.model.folder import WARMUP_FILE
from serving.model.saved_model import LoadError, SavedModel
from serving.requests.tensor_protos import proto_of
from serving.requests.warmup import prove, write_warmup
from tests import half_plus, tiny_use_case


@pytest.fixture
def folder(tiny: Any, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny.serving_model_dir, tmp_path / "1"))


def _prove(folder: Path) -> None:
    engine = Engine.load(folder)
    try:
        prove(engine.saved, engine, folder)
    finally:
        engine.close()


def _records(folder: Path) -> list[Any]:
    records = tf.data.TFRecordDataset(str(folder / WARMUP_FILE)).as_numpy_iterator()
    return [prediction_log_pb2.PredictionLog.FromString(record).predict_log.request for record in records]


def test_a_trained_model_carries_rows_in_all_three_forms_without_what_is_private(folder: Path) -> None:
    requests = _records(folder)
    assert [request.model_spec.signature_name for request in requests] == [
        "raw_columns", "serving_default", "csv_lines",
    ] * 2  # fmt: skip
    assert [next(iter(r.inputs.values())).tensor_shape.dim[0].size for r in requests] == [1] * 3 + [16] * 3
    assert set(requests[3].inputs["colour"].string_val) == {b""}
    assert len(set(requests[3].inputs["size"].int64_val)) > 1
    _prove(folder)


def test_the_same_rows_give_the_same_bytes(folder: Path) -> None:
    columns = Engine.load(folder).columns
    written = []
    for _ in range(2):
        write_warmup(folder, tiny_use_case.rows(20), columns)
        written.append((folder / WARMUP_FILE).read_bytes())
    assert written[0] == written[1]


def test_a_model_without_requests_is_asked_about_a_row_of_nothing(folder: Path) -> None:
    (folder / WARMUP_FILE).unlink()
    _prove(folder)


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-20])


def _no_request(file: Path) -> None:
    with tf.io.TFRecordWriter(str(file)) as out:
        out.write(b"\xff\xff")


def _another_input(file: Path) -> None:
    log: Any = prediction_log_pb2.PredictionLog()
    log.predict_log.request.model_spec.signature_name = "csv_lines"
    log.predict_log.request.inputs["other"].CopyFrom(proto_of(np.array([b"x"], object)))
    with tf.io.TFRecordWriter(str(file)) as out:
        out.write(log.SerializeToString())


def _a_row_that_fails(file: Path) -> None:
    log: Any = prediction_log_pb2.PredictionLog()
    log.predict_log.request.model_spec.signature_name = "csv_lines"
    log.predict_log.request.inputs["lines"].CopyFrom(proto_of(np.array([b"one cell"], object)))
    with tf.io.TFRecordWriter(str(file)) as out:
        out.write(log.SerializeToString())


@pytest.mark.parametrize("damage", [_cut, _no_request, _another_input, _a_row_that_fails])
def test_requests_that_cannot_be_answered_fail_the_version(
    folder: Path, damage: Callable[[Path], None]
) -> None:
    damage(folder / WARMUP_FILE)
    with pytest.raises(LoadError, match="fails its warm-up requests"):
        _prove(folder)


class _Wrong(tf.Module):
    """Takes what the tiny use case takes, and answers `factor` for every row."""

    def __init__(self, factor: float, columns: Any) -> None:
        super().__init__()
        self.factor = tf.Variable(factor)
        kinds = {"int": tf.int64, "float": tf.float32, "string": tf.string}
        raw = {c.name: tf.TensorSpec([None], kinds[c.kind], c.name) for c in columns}
        one = tf.TensorSpec([None], tf.string)
        self.answers = {
            "raw_columns": tf.function(lambda **inputs: self._answer(next(iter(inputs.values()))))
            .get_concrete_function(**raw),
            "serving_default": tf.function(lambda examples: self._answer(examples))
            .get_concrete_function(tf.TensorSpec([None], tf.string, "examples")),
            "csv_lines": tf.function(lambda lines: self._answer(lines))
            .get_concrete_function(tf.TensorSpec(one.shape, tf.string, "lines")),
        }  # fmt: skip

    def _answer(self, column: Any) -> dict[str, Any]:
        return {"probability": tf.fill(tf.shape(column), self.factor)}


@pytest.mark.parametrize("score", [float("nan"), float("inf"), -0.5, 1.5])
def test_scores_that_are_no_probability_fail_the_version(folder: Path, score: float) -> None:
    engine = Engine.load(folder)
    wrong = folder.parent / "2"
    module = _Wrong(score, engine.columns)
    tf.saved_model.save(module, str(wrong), signatures=module.answers)
    (wrong / "assets.extra").mkdir(exist_ok=True)
    shutil.copy(folder / "assets.extra/schema.json", wrong / "assets.extra")
    with pytest.raises(LoadError, match="not from 0 to 1"):
        _prove(wrong)


def test_a_schema_of_other_columns_than_the_model_takes_fails_it(folder: Path) -> None:
    file = folder / "assets.extra/schema.json"
    schema = json.loads(file.read_text())
    schema["feature"][0]["name"] = "another"
    file.write_text(json.dumps(schema))
    with pytest.raises(LoadError, match="takes raw rows"):
        _prove(folder)


def test_a_plain_model_replays_its_own_requests(tmp_path: Path) -> None:
    half_plus.save_tf1(tmp_path / "1", 2.0)
    saved = SavedModel.load(tmp_path / "1")
    prove(saved, None, tmp_path / "1")
    log: Any = prediction_log_pb2.PredictionLog()
    log.predict_log.request.inputs["x"].CopyFrom(proto_of(np.array([1.0], np.float32)))
    (tmp_path / "1/assets.extra").mkdir()
    with tf.io.TFRecordWriter(str(tmp_path / "1" / WARMUP_FILE)) as out:
        out.write(log.SerializeToString())
    prove(saved, None, tmp_path / "1")
    log.predict_log.request.model_spec.signature_name = "none such"
    with tf.io.TFRecordWriter(str(tmp_path / "1" / WARMUP_FILE)) as out:
        out.write(log.SerializeToString())
    with pytest.raises(LoadError):
        prove(saved, None, tmp_path / "1")
