"""How the engine loads a version and scores raw rows with it."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from serving.model.columns import RowError
from serving.model.engine import Engine, InputError
from serving.model.saved_model import LoadError
from serving.requests.forms import as_csv_line, as_example
from tests import tiny_use_case

REPOSITORY = Path(__file__).resolve().parents[3]


def test_the_three_forms_of_a_row_score_alike(engine: Engine) -> None:
    rows = tiny_use_case.rows(100, seed=5)
    scores = engine.score_rows(rows)
    assert scores.dtype == np.float32
    assert scores.shape == (100,)
    assert np.array_equal(scores, engine.score_csv([as_csv_line(row, engine.columns) for row in rows]))
    assert np.array_equal(scores, engine.score_examples([as_example(row, engine.columns) for row in rows]))


def test_a_session_scores_as_the_loaded_model_does(engine: Engine, tiny: Any) -> None:
    examples = [as_example(row, engine.columns) for row in tiny_use_case.rows(20)]
    signature = tf.saved_model.load(tiny.serving_model_dir).signatures["serving_default"]
    assert np.allclose(
        engine.score_examples(examples), signature(tf.constant(examples))["probability"], rtol=0, atol=1e-6
    )


def test_null_absent_and_empty_score_alike(engine: Engine) -> None:
    scores = engine.score_rows([{}, dict.fromkeys(("colour", "size", "heat")), {"colour": ""}])
    assert len(set(scores.tolist())) == 1


def test_no_rows_give_no_scores(engine: Engine) -> None:
    assert (
        engine.score_rows([]).shape == engine.score_csv([]).shape == engine.score_examples([]).shape == (0,)
    )


def test_a_cell_of_the_wrong_kind_is_named(engine: Engine) -> None:
    with pytest.raises(RowError, match="Row 1, column 'size'"):
        engine.score_rows([{}, {"size": "SECRET"}])


@pytest.mark.parametrize("line", ["SECRET", "a,b,SECRET,1.0", 'a,"SECRET,1,1.0'])
def test_a_line_that_cannot_be_read_is_refused_without_its_values(engine: Engine, line: str) -> None:
    with pytest.raises(InputError, match=r"expected 4 columns.*heat \(float\)") as raised:
        engine.score_csv([line])
    assert "SECRET" not in str(raised.value)


def test_bytes_that_are_no_example_are_refused(engine: Engine) -> None:
    with pytest.raises(InputError):
        engine.score_examples([b"not an example"])


@pytest.mark.parametrize("lost", ["saved_model.pb", "variables/variables.index", "assets.extra/schema.json"])
def test_a_folder_that_is_not_whole_is_refused(tiny: Any, tmp_path: Path, lost: str) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny.serving_model_dir, folder)
    (folder / lost).unlink()
    with pytest.raises(LoadError, match=r"Cannot load (the SavedModel|a model that takes raw rows)"):
        Engine.load(folder)


def test_a_closed_engine_leaves_others_alone(engine: Engine, tiny: Any) -> None:
    Engine.load(Path(tiny.serving_model_dir)).close()
    assert engine.score_rows([{}]).shape == (1,)


def test_serving_imports_no_tfx_and_nothing_else_of_the_repository() -> None:
    code = (
        "import importlib, pkgutil, sys, serving\n"
        "names = [found.name for found in pkgutil.walk_packages(serving.__path__, 'serving.')]\n"
        "[importlib.import_module(name) for name in names if name != 'serving.__main__']\n"
        "others = ('tfx', 'tfx_bsl', 'tensorflow_transform', 'tensorflow_metadata', 'apache_beam', 'pyarrow',"
        " 'commands', 'pipeline', 'components', 'perennial', 'models', 'transforms')\n"
        "assert len(names) > 60, names\n"
        "print([name for name in sys.modules if name.split('.')[0] in others])"
    )
    # The slim environment is what serves: what is not in its lock cannot be imported there at all.
    python = REPOSITORY / ".venv-serving/bin/python"
    done = subprocess.run([python, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
