"""A column that its source renamed has two names in each form of a request."""

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from serving.errors import ServingError
from serving.grpc.rows import raw_form
from serving.model.checks import RowChecks
from serving.model.columns import RowError
from serving.model.engine import Engine
from serving.model.folder import schema_in
from serving.reading.rules import ReadingRules
from serving.reading.version_rules import VersionRules
from serving.requests import raw_rows

SCHEMA = {"feature": [{"name": "temp", "type": "FLOAT"}, {"name": "town", "type": "BYTES"}]}
CHECKS = RowChecks(SCHEMA, VersionRules(ReadingRules(rename={"temperature": "temp", "t": "temp"})))
TWICE = r"olumn 'temp': expected the column under one name, got it as `(temp|temperature|t)` and `"


def _example(row: dict[str, Any]) -> bytes:
    features = {
        name: tf.train.Feature(float_list=tf.train.FloatList(value=[] if value is None else [value]))
        for name, value in row.items()
    }
    example = tf.train.Example(features=tf.train.Features(feature=features))
    return bytes(example.SerializeToString())


def _rows(form: str, row: dict[str, float]) -> Any:
    if form == "csv":
        lines = [",".join(map(str, line)) for line in (row, row.values())]
        return raw_rows.from_csv("\n".join(lines).encode(), CHECKS).rows
    requests: dict[str, dict[str, Any]] = {
        "rows": {"instances": [row]},
        "columns": {"inputs": {name: [value] for name, value in row.items()}},
        "examples": {"inputs": {"examples": [{"b64": base64.b64encode(_example(row)).decode()}]}},
    }
    return raw_rows.from_json(requests[form], CHECKS).rows


FORMS = ("rows", "columns", "csv", "examples")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["temp", "temperature", "t"])
def test_either_name_is_the_column(form: str, name: str) -> None:
    read = CHECKS.read(_rows(form, {name: 1.5}))
    assert not read.errors
    assert read.arrays[0].tolist() == [1.5]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("names", [("temp", "temperature"), ("temperature", "t")])
def test_two_names_of_one_column_are_refused(form: str, names: tuple[str, str]) -> None:
    try:
        error: Any = next(iter(CHECKS.read(_rows(form, dict.fromkeys(names, 1.5))).errors.values()))
    except ServingError as refused:
        error = refused
    assert isinstance(error, ServingError if form in ("columns", "csv") else RowError)
    with pytest.raises(type(error), match=TWICE):
        raise error


def test_a_row_with_two_names_of_a_column_does_not_refuse_the_others() -> None:
    rows = [{"temp": 1, "t": 1}, {"t": 2}, {"town": "a"}]
    read = CHECKS.read(raw_rows.from_json({"instances": rows}, CHECKS).rows)
    assert list(read.errors) == [0]
    assert read.sound.arrays[0][0] == 2


@pytest.mark.parametrize("form", ["rows", "examples"])
def test_null_under_another_name_is_as_absent(form: str) -> None:
    row: dict[str, Any] = {"temp": 1.5, "temperature": None}
    read = CHECKS.read(_rows(form, row))
    assert not read.errors
    assert read.arrays[0].tolist() == [1.5]


def test_columns_of_grpc_have_either_name(engine: Engine, tiny: Any) -> None:
    rules = VersionRules(ReadingRules(rename={"warmth": "heat"}))
    renamed = Engine(engine.saved, RowChecks(schema_in(Path(tiny.serving_model_dir)), rules), engine.answers)
    for name in ("heat", "warmth"):
        form = raw_form(renamed, "", {name})
        assert form
        assert form({name: np.array([1.5])}, renamed) == [{"heat": 1.5}]
    form = raw_form(renamed, "", {"heat", "warmth"})
    assert form
    with pytest.raises(ServingError, match="under one name, got it as `heat` and `warmth`"):
        form({"heat": np.array([1.5]), "warmth": np.array([1.5])}, renamed)
