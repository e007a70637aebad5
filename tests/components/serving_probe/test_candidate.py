"""A real candidate, served by a real process and compared with the model before its export."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import pytest

from components.serving_probe.candidate import Candidate, probe_candidate
from perennial.schema import read_schema
from perennial.training.data import TransformGraph
from perennial.training.head import Head
from perennial.training.raw_rows import read_rows
from perennial.training.signatures import export
from pipeline import config
from serving.reading.version_rules import VersionRules
from tests import tiny_use_case
from tests.tiny_use_case import COLUMNS

SERVING_PYTHON = str(config.serving_python())


@pytest.fixture
def candidate(tiny: Any) -> Candidate:
    return Candidate(
        model=Path(tiny.serving_model_dir),
        model_run=Path(tiny.model_run_dir),
        transform_graph=Path(tiny.transform_graph_path),
        schema=read_schema(Path(tiny.schema_path)),
    )


def test_a_good_candidate_is_servable_in_the_serving_environment(candidate: Candidate, tiny: Any) -> None:
    verdict = probe_candidate(candidate, _files(tiny), 300, SERVING_PYTHON, timeout=60)
    assert verdict.verdict == "SERVABLE", verdict.reason
    assert verdict.rows > 600
    assert verdict.max_difference is not None
    assert verdict.max_difference <= 1e-6
    assert verdict.startup_seconds is not None
    assert verdict.latency_ms is not None
    assert 0 < verdict.latency_ms["p50"] <= verdict.latency_ms["p99"]


def test_a_candidate_that_is_not_what_was_trained_is_unservable(
    candidate: Candidate, tiny: Any, tmp_path: Path
) -> None:
    trained = keras.models.load_model(candidate.model_run / "model.keras")
    trained.set_weights([weights + 0.01 for weights in trained.get_weights()])
    transform = TransformGraph(tiny.transform_graph_path)
    export(trained, transform, candidate.schema, Head(tiny_use_case.TASK), tmp_path / "other", VersionRules())
    verdict = probe_candidate(
        replace(candidate, model=tmp_path / "other"), _files(tiny), 50, SERVING_PYTHON, timeout=60
    )
    assert verdict.verdict == "UNSERVABLE"
    assert "a different score through raw_columns than in training" in verdict.reason


def test_an_answer_that_takes_too_long_is_unservable(candidate: Candidate, tiny: Any) -> None:
    verdict = probe_candidate(candidate, _files(tiny), 10, SERVING_PYTHON, timeout=0.01)
    assert verdict.verdict == "UNSERVABLE"
    assert "did not answer within 0.01 seconds" in verdict.reason


def test_a_missing_interpreter_is_unservable(candidate: Candidate) -> None:
    verdict = probe_candidate(candidate, [], 10, "/nowhere/python", timeout=1)
    assert verdict.verdict == "UNSERVABLE"
    assert "/nowhere/python, does not start" in verdict.reason


def test_a_bug_of_ours_is_no_verdict_on_the_candidate(
    candidate: Candidate, tiny: Any, tmp_path: Path
) -> None:
    shutil.copytree(candidate.model_run, tmp_path / "run")
    summary = tmp_path / "run" / "training.json"
    summary.write_text(summary.read_text().replace('"answer"', '"another"'))
    ours = replace(candidate, model_run=tmp_path / "run")
    with pytest.raises(KeyError, match="answer"):
        probe_candidate(ours, _files(tiny), 10, SERVING_PYTHON, timeout=60)


def test_a_damaged_model_is_unservable_and_not_blamed_on_its_module(
    candidate: Candidate, tiny: Any, tmp_path: Path
) -> None:
    shutil.copytree(candidate.model_run, tmp_path / "run")
    (tmp_path / "run" / "model.keras").write_bytes(b"no model")
    verdict = probe_candidate(
        replace(candidate, model_run=tmp_path / "run"), _files(tiny), 10, SERVING_PYTHON, timeout=60
    )
    assert verdict.verdict == "UNSERVABLE"
    assert verdict.reason.startswith("The trained model (model.keras) cannot be loaded (ValueError).")


def test_a_module_that_cannot_be_loaded_is_unservable_and_its_traceback_is_logged(
    candidate: Candidate, tiny: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.copytree(candidate.model_run, tmp_path / "run")
    summary = tmp_path / "run" / "training.json"
    raises = "tests.perennial.training.module_that_raises"
    summary.write_text(summary.read_text().replace("tests.tiny_use_case", raises))
    verdict = probe_candidate(
        replace(candidate, model_run=tmp_path / "run"), _files(tiny), 10, SERVING_PYTHON, timeout=60
    )
    assert verdict.verdict == "UNSERVABLE"
    assert verdict.reason.startswith(f"{raises.replace('.', '/')}.py:3: ValueError.")
    (record,) = [each for each in caplog.records if each.name == "components.serving_probe.candidate"]
    assert record.levelname == "WARNING"
    assert record.exc_info


def test_no_rows_to_probe_with_are_unservable(candidate: Candidate) -> None:
    assert probe_candidate(candidate, [], 10, SERVING_PYTHON, timeout=1).verdict == "UNSERVABLE"


def test_rows_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    rows = tiny_use_case.rows(30)
    tiny_use_case.write_examples(rows, tmp_path / "a.gz")
    read = read_rows([str(tmp_path / "a.gz")], COLUMNS, 20)
    assert read == [{column.name: row[column.name] for column in COLUMNS} for row in rows[:20]]


def _files(tiny: Any) -> list[str]:
    return [str(path) for path in Path(tiny.train_files[0]).parent.iterdir()]
