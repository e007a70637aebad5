"""What the Yardstick writes for a window on disk."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tfx.types import channel_utils, standard_artifacts

from components.yardstick import encode, models
from components.yardstick import rows as reading
from components.yardstick.component import Yardstick
from components.yardstick.executor import Executor
from perennial.task import Task
from tests import tiny_use_case


def _window(folder: Path, count: int, rows: list[tiny_use_case.Row] | None = None) -> None:
    made = rows or tiny_use_case.rows(count)
    tiny_use_case.write_examples(
        made[: count // 2], folder / "Split-train" / "data_tfrecord-00000-of-00002.gz"
    )
    tiny_use_case.write_examples(
        made[count // 2 :], folder / "Split-train" / "data_tfrecord-00001-of-00002.gz"
    )
    tiny_use_case.write_examples(
        tiny_use_case.rows(100, seed=4), folder / "Split-eval" / "data_tfrecord-00000-of-00001.gz"
    )
    (folder / "window.json").write_text(json.dumps({"train": {"rows": count}}))


def _do(
    folder: Path, schema: str = tiny_use_case.SCHEMA, rows: list[tiny_use_case.Row] | None = None
) -> dict[str, Any]:
    _window(folder / "window", 300, rows)
    (folder / "schema").mkdir()
    (folder / "schema" / "schema.pbtxt").write_text(schema)
    artifacts: list[Any] = [
        standard_artifacts.Examples(), standard_artifacts.Schema(), standard_artifacts.ModelEvaluation(),
    ]  # fmt: skip
    for artifact, name in zip(artifacts, ("window", "schema", "yardstick"), strict=True):
        artifact.uri = str(folder / name)
    Executor().Do(
        {"examples": artifacts[:1], "schema": artifacts[1:2]},
        {"yardstick": artifacts[2:]},
        {"task": Task("binary", "good").to_json(), "source": ""},
    )
    return dict(json.loads((folder / "yardstick" / "yardstick.json").read_text()))


def test_it_measures_what_scikit_learn_is_worth_on_the_window(tmp_path: Path) -> None:
    yardstick = _do(tmp_path)
    assert yardstick["format"] == 1
    assert yardstick["model"] == "HistGradientBoostingClassifier"
    assert yardstick["library"].startswith("scikit-learn ")
    assert (yardstick["why"], yardstick["train_rows"], yardstick["rows"], yardstick["columns"]) == (
        "",
        300,
        100,
        4,
    )
    assert yardstick["metrics"]["auc"] > 0.8
    assert yardstick["seconds"] > 0


def test_columns_set_aside_are_left_out(tmp_path: Path) -> None:
    aside = tiny_use_case.SCHEMA.replace('"heat" type: FLOAT', '"heat" type: FLOAT lifecycle_stage: DISABLED')
    assert _do(tmp_path, schema=aside)["columns"] == 3


def _without_boosting(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Rows of more categories than a tree of scikit-learn takes: each row's number is text."""
    monkeypatch.setattr(encode, "MOST_CATEGORIES", 1000)
    return [{**row, "colour": f"colour {number}"} for number, row in enumerate(tiny_use_case.rows(300))]


def test_where_one_of_the_two_cannot_be_fitted_the_other_is_the_yardstick(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    yardstick = _do(tmp_path, rows=_without_boosting(monkeypatch))
    assert (yardstick["why"], yardstick["name"]) == ("", "logistic regression")
    assert list(yardstick["losses"]) == ["LogisticRegression"]


def test_what_cannot_be_fitted_is_no_failure_and_its_traceback_is_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(models, "LEAST_ROWS_OF_A_TEXT", -1)
    yardstick = _do(tmp_path, rows=_without_boosting(monkeypatch))
    assert yardstick["why"] == "scikit-learn cannot be fitted to these rows (InvalidParameterError)."
    assert not (tmp_path / "yardstick" / "answers.npy").exists()
    assert yardstick["metrics"] == {}
    (record,) = [record for record in caplog.records if record.name == "components.yardstick.executor"]
    assert record.levelname == "WARNING"
    # scikit-learn's messages may quote values.
    assert not record.exc_info
    assert "cardinality" not in caplog.text
    assert "InvalidParameterError" in caplog.text
    assert re.search(r'File ".*/sklearn/.*", line \d+, in ', caplog.text)
    assert re.search(r'File ".*/components/yardstick/models\.py", line \d+, in ', caplog.text)


def test_a_bug_of_ours_is_no_failure_and_is_not_blamed_on_scikit_learn(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    yardstick = _do(tmp_path, schema=tiny_use_case.SCHEMA.replace('"good" type: INT', '"good" type: BYTES'))
    assert re.fullmatch(r"Unexpected error \(\w+\); the run's log has the traceback\.", yardstick["why"])
    assert yardstick["metrics"] == {}
    (record,) = [record for record in caplog.records if record.name == "components.yardstick.executor"]
    assert record.levelname == "ERROR"
    assert not record.exc_info
    assert re.search(r'File ".*/components/yardstick/.*\.py", line \d+, in ', caplog.text)


def test_no_data_value_gets_into_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def quoting(*arguments: Any) -> Any:
        return float(f"{4700 + 11} metres")

    monkeypatch.setattr("components.yardstick.executor.measure", quoting)
    assert _do(tmp_path)["why"].startswith("Unexpected error (ValueError);")
    assert "ValueError" in caplog.text
    assert "4711 metres" not in caplog.text


def test_a_long_window_is_sampled_alike_at_each_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_ROWS", 50)
    monkeypatch.setattr(reading, "_BATCH", 64)
    _window(tmp_path, 300)
    files = sorted((tmp_path / "Split-train").iterdir())
    whole = next(reading.batches(files, (tiny_use_case.LABEL, *tiny_use_case.COLUMNS)))
    assert whole.num_rows == 64
    first, second = (reading.sampled(files, tiny_use_case.COLUMNS, 300, 4) for _ in range(2))
    assert first.num_rows == 50
    assert first.equals(second)
    heats = [row["heat"] for row in tiny_use_case.rows(300)]
    sampled = [value for value in first["heat"].to_pylist() if value is not None]
    assert len(np.unique(sampled)) > 20
    assert set(sampled) <= set(heats)


def test_the_component_takes_what_the_chain_gives() -> None:
    node = Yardstick(
        examples=channel_utils.as_channel([standard_artifacts.Examples()]),
        schema=channel_utils.as_channel([standard_artifacts.Schema()]),
        task=Task("binary", "good").to_json(),
        source="digest",
    )
    assert node.id == "Yardstick"
    assert node.outputs["yardstick"].type is standard_artifacts.ModelEvaluation
