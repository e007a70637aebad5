"""Tables for the tests of `predict`: a published version of each task, and a scorer within the process."""

import functools
import gzip
import io
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from commands.predict import scoring_process
from perennial.files import write_json
from perennial.reading import chunks, source_files
from perennial.store import registry
from perennial.task import Task
from perennial.training.data import TransformGraph
from perennial.training.head import Head
from perennial.training.signatures import export
from pipeline import config
from pipeline.config import UseCase
from serving.model.engine import Engine
from serving.model.folder import CARD_FILE, READING_FILE
from serving.offline import frames
from serving.offline.predict import answer
from serving.reading.rules import ReadingRules
from serving.reading.version_rules import VersionRules
from tests import tiny_use_case
from tests.small_config import TEXT

SCHEMA = """
default_environment: "TRAINING" default_environment: "SERVING"
feature { name: "day" type: BYTES }
feature { name: "colour" type: BYTES presence { min_fraction: 1 min_count: 1 } }
feature { name: "size" type: INT int_domain { min: -5 max: 5 } }
feature { name: "heat" type: FLOAT float_domain { max: 99.5 } }
feature { name: "note" type: BYTES lifecycle_stage: DISABLED }
feature { name: "good" type: INT not_in_environment: "SERVING" }
"""
TASKS = {
    "plain": Task("binary", "good"),
    "two": Task("binary", "good", ("no", "yes, sir")),
    "three": Task("multiclass", "good", (1, 2, 30)),
    "number": Task("regression", "good"),
}
HEADER = "day,colour,size,heat,good,more\n"


class InProcess:
    """Scores as the scoring process does, in the same binary form, without one."""

    def __init__(self, version: Path) -> None:
        self._engine = engine(version)

    def score(self, columns: Sequence[Any]) -> tuple[Any, Any]:
        if not len(columns[0]):
            return self._engine.score_rows([]), np.empty(0, bool)
        asked, answered = io.BytesIO(), io.BytesIO()
        frames.write_count(asked, len(columns[0]))
        for column in columns:
            scoring_process.write(asked, column)
        asked.seek(0)
        answer(self._engine, asked, answered)
        answered.seek(0)
        return frames.read_scores(answered, self._engine.answers.width)


@functools.cache
def engine(version: Path) -> Engine:
    """The version, loaded once; nobody closes it."""
    return Engine.load(version)


def publish(home: Path, task: Task, transform: Path, number: int = 1) -> Path:
    """Writes an untrained version of the tiny use case; gives its folder."""
    folder = home / "flights" / "models" / str(number)
    folder.parent.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(number)
    base = tiny_use_case.build_model({"width": 4}, {})
    model = keras.Model(base.input, keras.layers.Dense(task.outputs)(base.layers[-1].input))
    schema = text_format.Parse(SCHEMA, schema_pb2.Schema())
    export(
        model,
        TransformGraph(str(transform)),
        schema,
        Head(task),
        folder,
        VersionRules(ReadingRules().with_dates("day")),
    )
    write_card(folder)
    return folder


def with_rules_of(use_case: UseCase, home: Path) -> Path:
    """Gives a use case the version of another home, which reads by the use case's rules; its folder."""
    folder = use_case.models_folder / "1"
    shutil.copytree(home / "flights" / "models" / "1", folder)
    (folder / READING_FILE).write_text(use_case.exports.csv_format.version_rules.to_json())
    write_card(folder)
    return folder


def write_card(folder: Path) -> None:
    """Writes the model card of a version whose files are as they shall be."""
    write_json(folder / CARD_FILE, {"model_digest": registry.model_digest(folder)})


def use_case(home: Path, exports: str = "{}", evaluation: str = "") -> UseCase:
    text = TEXT.replace("label: late", "label: good") + f"exports: {exports}\n"
    if evaluation:
        text = text.replace("evaluation: {", f"evaluation: {{{evaluation}, ")
    return config.parse(text, name="flights", home=home, source="flights.yaml")


def line_of(row: dict[str, Any]) -> str:
    """A row of the tiny use case as a line under HEADER."""
    cells = (
        "" if row[name] is None else str(row[name]) for name in ("day", "colour", "size", "heat", "good")
    )
    return ",".join(cells) + ',"more, and ""more"""\n'


ROWS = tiny_use_case.rows(50, seed=8)
GOOD = HEADER + "".join(map(line_of, ROWS))
EXPORTS = "{time_column: day}"


class StandsForProcess(InProcess):
    def __init__(self, _python: Path, version: Path, _width: object) -> None:
        super().__init__(version)

    def __enter__(self) -> "StandsForProcess":
        return self

    def __exit__(self, *_error: object) -> None:
        pass


def cut_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_files, "_CHUNK", 100)
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 300)


def csv_file(folder: Path, text: str, name: str = "in.csv") -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def server_scores(home: Path) -> Any:
    """What the server's engine makes of the rows, one by one as requests hold them."""
    wanted = ("day", "colour", "size", "heat")
    (scored,) = engine(home / "flights" / "models" / "1").score_requests(
        [[{name: row[name] for name in wanted} for row in ROWS]]
    )
    assert not scored.errors
    return scored.scores
