"""Whose fault it is that a trained model cannot be loaded: its module's or its file's."""

import json
import logging
from pathlib import Path

import keras
import pytest
from tensorflow_metadata.proto.v0 import schema_pb2

from perennial.errors import Unservable, UserCodeError
from perennial.training.training_side import TrainingSide
from tests.perennial.training.layer_that_does_not_load import Unloadable

MODULE = "tests.perennial.training.layer_that_does_not_load"
FILE = "tests/perennial/training/layer_that_does_not_load.py"


def loaded(run: Path) -> None:
    (run / "training.json").write_text(json.dumps({"model": MODULE, "preprocessing": MODULE}))
    TrainingSide(run, run, schema_pb2.Schema())


@pytest.mark.parametrize("kind", [ValueError, TypeError])
def test_a_layer_that_raises_is_a_fault_of_its_line(tmp_path: Path, kind: type[Exception]) -> None:
    keras.Sequential([keras.Input((1,)), Unloadable(kind)]).save(tmp_path / "model.keras")
    with pytest.raises(UserCodeError) as caught:
        loaded(tmp_path)
    assert caught.value.where.startswith(f"{FILE}:")
    assert caught.value.what == kind.__name__
    assert "4711" not in str(caught.value)


def test_a_damaged_file_is_no_fault_of_the_module(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "model.keras").write_bytes(b"no model")
    with pytest.raises(Unservable, match=r"model\.keras\) cannot be loaded \(ValueError\)\."):
        loaded(tmp_path)
    (record,) = [each for each in caplog.records if each.name == "perennial.training.training_side"]
    assert record.levelno == logging.WARNING
    assert record.exc_info
