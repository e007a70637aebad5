"""Small real windows and models, for the tests of the nodes that score."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.types import standard_artifacts

from tests.components.evaluator.small_windows import (
    SCHEMA,
    Logistic,
    make_rows,
    write_split,
)


@pytest.fixture(scope="session")
def save_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Returns a function that makes a Model artifact of a linear model."""
    made: dict[Any, Any] = {}

    def save(slope: float, offset: float = -1.0, broken: bool = False, card: Any = None) -> Any:
        key = (slope, offset, broken, json.dumps(card))
        if key not in made:
            folder = tmp_path_factory.mktemp("model")
            module = Logistic(slope, offset, broken)
            saved = folder / "Format-Serving"
            tf.saved_model.save(module, str(saved), signatures={"serving_default": module.serve})
            if card is not None:
                (saved / "model_card.json").write_text(json.dumps(card))
            made[key] = standard_artifacts.Model()
            made[key].uri = str(folder)
        return made[key]

    return save


@pytest.fixture(scope="session")
def make_window(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Returns a function that writes a window's Examples artifact."""

    def make(rows: list[dict[str, Any]], anchors: list[dict[str, Any]], files: int = 2) -> Any:
        folder = tmp_path_factory.mktemp("window")
        write_split(folder / "Split-eval", rows, files)
        write_split(folder / "Split-anchor", anchors, 1)
        window = {
            "format": 1,
            "train": {"rows": 9000, "label_distribution": [0.67, 0.33]},
            "files": {
                split: {path.name: "2013-03" for path in (folder / f"Split-{split}").iterdir()}
                for split in ("eval", "anchor")
            },
            "eval": {"rows": len(rows)},
            "anchor": {"rows": len(anchors)},
        }
        (folder / "window.json").write_text(json.dumps(window))
        artifact = standard_artifacts.Examples()
        artifact.uri, artifact.split_names = str(folder), '["train", "eval", "anchor"]'
        return artifact

    return make


@pytest.fixture(scope="session")
def window(make_window: Callable[..., Any]) -> Any:
    """Returns a window with 2,100 rows of 7 days, in two files, and 300 anchors."""
    return make_window(make_rows(2100, 7), make_rows(300, 7, seed=2))


@pytest.fixture(scope="session")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Returns the Schema artifact of the rows."""
    folder = tmp_path_factory.mktemp("schema")
    proto = text_format.Parse(SCHEMA, schema_pb2.Schema())
    (folder / "schema.pbtxt").write_text(text_format.MessageToString(proto))
    artifact = standard_artifacts.Schema()
    artifact.uri = str(folder)
    return artifact
