"""Real tables of every task are learned, exported, and scored alike by all signatures and by training."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from components.serving_probe.candidate import Candidate, probe_candidate
from perennial.errors import NodeFailed, UserCodeError
from perennial.schema import read_schema
from perennial.training.trainer import run_fn
from pipeline import config
from serving.requests.forms import as_csv_line, as_example
from tests import table_use_case
from tests.table_use_case import LABEL, RealTable


def _summary(table: RealTable) -> Any:
    return json.loads((Path(table.args.model_run_dir) / "training.json").read_text())


def _served(table: RealTable, signature: str = "serving_default") -> dict[str, Any]:
    loaded = tf.saved_model.load(str(table.model))
    if signature == "csv_lines":
        lines = [as_csv_line(row, table.columns) for row in table.rows]
        return dict(loaded.signatures[signature](lines=tf.constant(lines)))
    examples = [as_example(row, table.columns) for row in table.rows]
    return dict(loaded.signatures[signature](examples=tf.constant(examples)))


@pytest.mark.parametrize("name", ["wine", "diabetes"])
def test_a_table_of_each_task_is_servable_as_it_was_trained(real_table: Any, name: str) -> None:
    table: RealTable = real_table(name)
    folder = Path(table.args.model_run_dir)
    schema = read_schema(Path(table.args.schema_path))
    candidate = Candidate(table.model, folder, Path(table.args.transform_graph_path), schema)
    python = str(config.serving_python())
    verdict = probe_candidate(candidate, table.args.train_files, 30, python, timeout=60)
    assert verdict.verdict == "SERVABLE", verdict.reason


@pytest.mark.parametrize("name", ["wine", "breast_cancer"])
@pytest.mark.parametrize("signature", ["serving_default", "csv_lines"])
def test_a_classifier_gives_the_likeliest_class_and_is_mostly_right(
    real_table: Any, name: str, signature: str
) -> None:
    table: RealTable = real_table(name)
    outputs = {key: one.numpy() for key, one in _served(table, signature).items()}
    named = np.array([each.encode() if isinstance(each, str) else each for each in table.task.named])
    assert sorted(outputs) == ["classes", "prediction", "probabilities"]
    assert (outputs["classes"] == named).all()
    assert (outputs["prediction"] == named[outputs["probabilities"].argmax(axis=1)]).all()
    right = [each.encode() if isinstance(each, str) else each for each in table.labels.tolist()]
    assert (outputs["prediction"] == np.array(right)).mean() > 0.9


def test_a_regression_predicts_in_the_labels_units(real_table: Any) -> None:
    table: RealTable = real_table("diabetes")
    outputs = _served(table)
    assert list(outputs) == ["prediction"]
    error = outputs["prediction"].numpy() - table.labels
    assert abs(error.mean()) < 15
    assert np.sqrt((error**2).mean()) < 0.8 * table.labels.std()
    summary = _summary(table)
    assert summary["metric"] == "rmse"
    # In the label's units: the label's deviation is 77.
    assert 40 < min(summary["search"]["val_rmse"]) < 77
    assert summary["answer"]["mean"] == pytest.approx(table.labels.mean())


def test_the_task_travels_with_the_model(real_table: Any) -> None:
    table: RealTable = real_table("breast_cancer")
    task_file = json.loads((table.model / "assets.extra" / "task.json").read_text())
    assert task_file == {"task": "binary", "label": LABEL, "classes": ["benign", "malignant"]}


def test_batches_and_epochs_may_be_larger_than_the_table(tmp_path: Path) -> None:
    table = table_use_case.train("diabetes", tmp_path, steps_per_epoch=2, epochs=2, batch_size=5000)
    assert _summary(table)["rows"] == len(table.rows)


def _trained_on(folder: Path, name: str, change: Any) -> RealTable:
    args, table = table_use_case.fn_args(name, folder, steps_per_epoch=2, epochs=1)
    rows = [change(row) for row in table.rows]
    kept = [row for row in rows if row]
    label = table_use_case.label_column(table.task)
    table_use_case.write_examples(kept, (*table.columns, label), Path(args.train_files[0]))
    run_fn(args)
    return table


def test_a_class_that_no_row_has_is_merely_unlikely(tmp_path: Path) -> None:
    table = _trained_on(tmp_path, "wine", lambda row: row if row[LABEL] != 2 else None)
    assert _served(table)["probabilities"].shape == (len(table.rows), 3)


def test_a_regression_whose_label_never_changes_answers_it(tmp_path: Path) -> None:
    table = _trained_on(tmp_path, "diabetes", lambda row: {**row, LABEL: 7.0})
    assert set(_served(table)["prediction"].numpy().tolist()) == {7.0}


def test_a_label_that_is_no_class_fails_the_node(tmp_path: Path) -> None:
    with pytest.raises(
        NodeFailed, match=r"label `what it is` must be one of the 3 classes.*; 48 rows have none"
    ):
        _trained_on(tmp_path, "wine", lambda row: {**row, LABEL: 5} if row[LABEL] == 2 else row)


def test_a_model_of_the_wrong_width_is_refused_before_it_is_trained(tmp_path: Path) -> None:
    with pytest.raises(UserCodeError, match=r"shape \(batch, 3\)"):
        table_use_case.train("wine", tmp_path, outputs=1)
