"""What the exported model takes and what it makes of missing cells."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from perennial.schema import read_schema
from perennial.training.signatures import parse_lines
from perennial.training.training_side import TrainingSide
from serving.model.folder import READING_FILE
from serving.reading.values import MISSING_INT
from serving.reading.version_rules import VersionRules
from serving.requests.forms import as_csv_line, as_example
from tests import tiny_use_case
from tests.tiny_use_case import COLUMNS


@pytest.fixture(scope="module")
def signatures(tiny: Any) -> Any:
    return tf.saved_model.load(tiny.serving_model_dir).signatures


def test_every_signature_gives_a_float32_probability_a_row(signatures: Any) -> None:
    for name in ("serving_default", "raw_columns", "csv_lines"):
        assert signatures[name].structured_outputs == {
            "probability": tf.TensorSpec([None], tf.float32, "probability")
        }


def test_raw_columns_are_the_schemas_but_the_label(signatures: Any) -> None:
    inputs = signatures["raw_columns"].structured_input_signature[1]
    assert {name: (spec.dtype, spec.shape.as_list()) for name, spec in inputs.items()} == {
        "day": (tf.string, [None]),
        "colour": (tf.string, [None]),
        "size": (tf.int64, [None]),
        "heat": (tf.float32, [None]),
    }


def test_the_reading_rules_travel_with_the_version(tiny: Any) -> None:
    reading = VersionRules.from_json(tiny.custom_config["reading"])
    assert VersionRules.of(Path(tiny.serving_model_dir) / READING_FILE) == reading
    assert (Path(tiny.serving_model_dir) / READING_FILE).is_file()


def test_the_signatures_agree_with_the_model_before_its_export(tiny: Any, signatures: Any) -> None:
    rows = tiny_use_case.rows(200, seed=9)
    examples = [as_example(row, COLUMNS) for row in rows]
    side = TrainingSide(
        Path(tiny.transform_graph_path), Path(tiny.model_run_dir), read_schema(Path(tiny.schema_path))
    )
    expected = side.score(examples)
    scores = signatures["serving_default"](tf.constant(examples))["probability"].numpy()
    lines = [as_csv_line(row, COLUMNS) for row in rows]
    assert np.abs(scores - expected).max() <= 1e-6
    assert np.abs(signatures["csv_lines"](tf.constant(lines))["probability"].numpy() - expected).max() <= 1e-6
    assert expected.std() > 0.1


@pytest.mark.parametrize("line", [",,,", '"","","",""', ",,,nan"])
def test_empty_cells_are_missing_quoted_or_not(line: str) -> None:
    cells = parse_lines(tf.constant([line]), COLUMNS)
    assert cells["day"].numpy().tolist() == [b""]
    assert cells["size"].numpy().tolist() == [MISSING_INT]
    assert math.isnan(cells["heat"].numpy()[0])


def test_a_quoted_cell_may_hold_what_separates_cells() -> None:
    cells = parse_lines(tf.constant(['d,"a, ""b""\nc","+5",-1.5']), COLUMNS)
    assert cells["colour"].numpy().tolist() == [b'a, "b"\nc']
    assert cells["size"].numpy().tolist() == [5]
    assert cells["heat"].numpy().tolist() == [-1.5]


@pytest.mark.parametrize("value", [0.1, 1.2e-38, 3.4e38, 1 / 3, 16777217.0])
def test_floats_written_as_text_come_back_as_the_same_float32(value: float) -> None:
    single = float(np.float32(value))
    line = as_csv_line({"heat": single}, COLUMNS)
    assert parse_lines(tf.constant([line]), COLUMNS)["heat"].numpy()[0] == np.float32(single)
    assert np.float32(json.loads(json.dumps(single))) == np.float32(value)


def test_the_evaluation_files_are_never_opened(tiny: Any) -> None:
    assert not Path(tiny.eval_files[0]).parent.exists()
    assert (Path(tiny.serving_model_dir) / "assets.extra" / "schema.json").is_file()
