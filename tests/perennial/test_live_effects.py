"""Effects on a model that was really trained and exported, and on models that cannot be asked."""

from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from perennial.drift.day_summaries import DayTable
from perennial.drift.summarise import days_of
from perennial.live_effects import LiveEffects
from perennial.saved_models import load_model
from perennial.store import registry
from perennial.store.ledger import Ledger
from perennial.task import Task
from serving.requests.forms import as_example
from tests import tiny_use_case

TYPES = {"string": pa.binary(), "int": pa.int64(), "float": pa.float32()}


def table_of(rows: list[tiny_use_case.Row]) -> pa.Table:
    columns = (*tiny_use_case.COLUMNS, tiny_use_case.LABEL)
    return pa.table(
        {each.name: pa.array([row[each.name] for row in rows], TYPES[each.kind]) for each in columns}
    )


def days(rows: list[tiny_use_case.Row]) -> DayTable:
    return days_of(table_of(rows), text_format.Parse(tiny_use_case.SCHEMA, schema_pb2.Schema()), "day")


@pytest.fixture
def live(tiny: Any, tmp_path: Path) -> tuple[Path, str]:
    """The models folder with the trained model, and the digest of its files."""
    source = Path(tiny.serving_model_dir)
    with closing(Ledger(tmp_path / "ledger.db")) as ledger:
        registry.publish(tmp_path / "models", ledger, source, {}, champion=None, run_id="", why="A test.")
    return tmp_path / "models", registry.model_digest(source)


def test_rows_of_columns_are_answered_as_rows_of_examples(tiny: Any) -> None:
    rows = tiny_use_case.rows(60)
    model = load_model(tiny.serving_model_dir, tiny_use_case.TASK)
    examples = tf.constant([as_example(row, tiny_use_case.COLUMNS) for row in rows])
    table = table_of(rows)
    assert np.array_equal(model.of_table(table), model(examples))
    # A column that the table lacks is missing; one that the model does not have is ignored.
    without = [{**row, "heat": None} for row in rows]
    examples = tf.constant([as_example(row, tiny_use_case.COLUMNS) for row in without])
    other = table.drop(["heat"]).append_column("more", pa.array([1] * 60))
    assert np.array_equal(model.of_table(other), model(examples))


def test_the_copy_of_a_model_is_not_loaded_a_second_time(tiny: Any, live: tuple[Path, str]) -> None:
    load_model.cache_clear()
    model = load_model(tiny.serving_model_dir, tiny_use_case.TASK)
    assert load_model(str(live[0] / "1"), tiny_use_case.TASK) is model


def test_a_colour_that_is_gone_and_heat_that_falls_move_the_scores(live: tuple[Path, str]) -> None:
    reference, rows = days(tiny_use_case.rows(900)), tiny_use_case.rows(900, days=3, seed=5)
    effects = LiveEffects(*live, tiny_use_case.TASK)
    colder = [{**row, "heat": None if row["heat"] is None else row["heat"] - 4} for row in rows]  # type: ignore[operator]
    fell = effects.of(["heat"], days(colder), reference)
    gone = [{**row, "colour": "blue" if row["colour"] == "red" else row["colour"]} for row in rows]
    paler = effects.of(["colour"], days(gone), reference)
    same = effects.of(["colour", "heat", "size"], days(rows), reference)
    assert fell is not None
    assert paler is not None
    assert same is not None
    assert fell.effect < paler.effect < -0.005
    assert abs(same.effect) < 0.02
    assert fell.text.startswith("It moves the predicted probability that `good` is 1 by -")
    assert effects.absent == ""


@pytest.mark.parametrize(
    ("digest", "task", "why"),
    [
        ("", tiny_use_case.TASK, "no model is live"),
        ("other", tiny_use_case.TASK, "no model is live"),
        (None, Task("regression", "good"), "it answers another task"),
    ],
)
def test_a_model_that_cannot_be_asked_is_absent(
    live: tuple[Path, str], digest: str | None, task: Task, why: str
) -> None:
    models, own = live
    effects = LiveEffects(models, own if digest is None else digest, task)
    some = days(tiny_use_case.rows(60))
    assert effects.of(["heat"], some, some) is None
    assert effects.absent == why


def test_a_column_of_another_type_than_the_model_has_makes_it_absent(live: tuple[Path, str]) -> None:
    effects = LiveEffects(*live, tiny_use_case.TASK)
    text = tiny_use_case.SCHEMA.replace('name: "heat" type: FLOAT', 'name: "heat" type: BYTES')
    table = table_of(tiny_use_case.rows(60))
    at = table.schema.get_field_index("heat")
    table = table.set_column(at, "heat", pa.array([b"warm"] * 60))
    some = days_of(table, text_format.Parse(text, schema_pb2.Schema()), "day")
    assert effects.of(["heat"], some, some) is None
    assert effects.absent.startswith("it does not take the rows (")
