"""Training begins with a version's weights where features and answers are the same, and else says why not."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, cast

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from components.transform.in_memory import write_transform_graph
from perennial.schema import model_columns
from perennial.task import Task
from perennial.training.data import TransformGraph, read_table
from perennial.training.fitting import compiled, train
from perennial.training.head import Head
from perennial.training.predecessor import FeatureComparison, sampled
from perennial.training.scaling import Constants, Scaling
from perennial.training.settings import Hyperparameters
from perennial.training.signatures import export, scores_of
from perennial.training.starting_point import StartingPoint
from perennial.training.table import Table, layout_of
from perennial.training.trainer import known_epochs
from perennial.training.warm_start import Beginning, WarmStart
from serving.reading.version_rules import VersionRules
from serving.requests.forms import as_example
from tests import tiny_use_case

SCHEMA = text_format.Parse(tiny_use_case.SCHEMA, schema_pb2.Schema())
COLUMNS = model_columns(SCHEMA, "TRAINING")
# Named, so that a score has a column for each class.
HEAD = Head(Task("binary", "good", (0, 1)))
# Of ten days, the last five of which decide how many epochs.
ROWS = tiny_use_case.rows(400)


def preprocessing_fn(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Ids of colours by frequency, and the heat in standard deviations."""
    colour, heat = inputs["colour"], inputs["heat"]
    shaped = [tf.SparseTensor(each.indices, each.values, [each.dense_shape[0], 1]) for each in (colour, heat)]
    number = tft.scale_to_z_score(tf.sparse.to_dense(shaped[1], 0.0), name="heat")
    return {
        "colour_id": tft.compute_and_apply_vocabulary(
            tf.sparse.to_dense(shaped[0], "none"), frequency_threshold=5, num_oov_buckets=1, name="colours"
        ),
        "heat_scaled": tf.ensure_shape(number, [None, 1]),
    }


def network(colours: int, width: int = 4) -> keras.Model:
    """An embedding beside a number, into a hidden layer."""
    colour = keras.Input((1,), name="colour_id", dtype="int64")
    heat = keras.Input((1,), name="heat_scaled")
    embedded = keras.layers.Flatten()(keras.layers.Embedding(colours, 2)(colour))
    hidden = keras.layers.Dense(width, "relu")(keras.layers.Concatenate()([embedded, heat]))
    return keras.Model({"colour_id": colour, "heat_scaled": heat}, keras.layers.Dense(1)(hidden))


class Prepared(NamedTuple):
    """Rows, their transform, and a network."""

    file: Path
    transform: TransformGraph
    model: keras.Model


def _prepared(folder: Path, rows: list[tiny_use_case.Row], kept: Constants | None = None) -> Prepared:
    file = folder / "Split-train" / "data_tfrecord-00000-of-00001.gz"
    tiny_use_case.write_examples(rows, file)
    (folder / "window.json").write_text(json.dumps({"spans": []}))
    write_transform_graph(preprocessing_fn, SCHEMA, [str(file)], folder / "graph", folder / "work", kept)
    transform = TransformGraph(str(folder / "graph"))
    keras.utils.set_random_seed(len(rows))
    return Prepared(file, transform, network(transform.vocabulary_sizes["colour_id"]))


def _begin(prepared: Prepared, point: StartingPoint, *, searches: bool = True) -> tuple[Beginning, Table]:
    layout = layout_of(prepared.model)
    start = WarmStart(point, prepared.transform, layout)
    table = read_table(
        [str(prepared.file)],
        prepared.transform,
        COLUMNS,
        tiny_use_case.TASK,
        "day",
        layout,
        most=10_000,
        beside=start.comparison,
    )
    files = [str(prepared.file)]
    return start.begin(prepared.model, table, HEAD, COLUMNS, files, days=7, searches=searches), table


@pytest.fixture(scope="module")
def point(tmp_path_factory: pytest.TempPathFactory) -> StartingPoint:
    """An exported version, trained up to the third day, that knows blue, green and red."""
    folder = tmp_path_factory.mktemp("version")
    made = _prepared(folder, ROWS[:120])
    export(made.model, made.transform, SCHEMA, HEAD, folder / "1", VersionRules())
    return StartingPoint(1, str(folder / "1"), "digest", "2013-01-03")


@pytest.fixture(scope="module")
def kept(point: StartingPoint) -> Constants:
    """The constants of that version."""
    scaling = Scaling.of_version(Path(point.folder))
    assert scaling is not None
    return scaling.constants


@pytest.fixture(scope="module")
def prepared(kept: Constants, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """All rows, with the constants of that version."""
    return _prepared(tmp_path_factory.mktemp("all"), ROWS, kept)


def test_the_network_scores_as_the_version_though_its_ids_moved(
    tmp_path: Path, point: StartingPoint, kept: Constants
) -> None:
    # Red is the most frequent now, half of the rows are of a colour that the version did not know.
    rows = [{**row, "colour": "red" if row["colour"] == "blue" else row["colour"]} for row in ROWS]
    rows[::2] = [{**row, "colour": "pink"} for row in rows[::2]]
    prepared = _prepared(tmp_path, rows, kept)
    beginning, table = _begin(prepared, point)
    assert beginning.why_cold == ""
    parts = beginning.parts_of(table)
    assert parts is not None
    assert [len(part) for part in parts] == [200, 200]
    served = tuple(column for column in COLUMNS if column.name != "good")
    raw = {
        column.name: tf.constant(
            [row[column.name] if row[column.name] is not None else missing for row in rows]
        )
        for column, missing in zip(served, ("", "", -2147483648, float("nan")), strict=True)
        if column.name in ("colour", "heat")
    }
    version = tf.saved_model.load(point.folder)
    examples = tf.constant([as_example(row, (*tiny_use_case.COLUMNS, tiny_use_case.LABEL)) for row in rows])
    theirs = version.signatures["serving_default"](examples=examples)["probabilities"][:, 1]
    np.testing.assert_allclose(scores_of(prepared.model, prepared.transform, raw, HEAD), theirs, atol=1e-6)


def test_training_that_makes_the_weights_worse_stops_after_one_epoch(
    tmp_path: Path, point: StartingPoint, prepared: Prepared
) -> None:
    beginning, table = _begin(prepared, point)
    model = prepared.model
    settings = Hyperparameters.model_validate({**tiny_use_case.HYPERPARAMETERS, "learning_rate": 50.0})
    compiled(model, settings, HEAD)
    table = replace(table, label=HEAD.targets(table.label))
    parts = beginning.parts_of(table)
    searched = train(model, table, settings, 17, True, tmp_path, "log_loss", warm=parts)
    assert searched.epochs == 1
    assert len(searched.history["val_log_loss"]) == 1
    assert searched.history["start_log_loss"][0] < searched.history["val_log_loss"][0]


def test_another_scale_is_no_start(tmp_path: Path, point: StartingPoint) -> None:
    beginning, _ = _begin(_prepared(tmp_path, ROWS), point)
    assert beginning.why_cold == (
        "Version 1 cannot be continued: its feature `heat_scaled` has other values."
    )


def test_what_speaks_against_a_warm_start_is_reported(point: StartingPoint, prepared: Prepared) -> None:
    other = prepared._replace(model=network(prepared.transform.vocabulary_sizes["colour_id"], width=5))
    before = other.model.get_weights()
    beginning, table = _begin(other, point)
    assert "the shape (3, 4); now (3, 5)" in beginning.why_cold
    assert beginning.parts_of(table) is None
    for one, same in zip(other.model.get_weights(), before, strict=True):
        assert np.array_equal(one, same)


def test_a_version_that_cannot_be_loaded_is_no_start(
    tmp_path: Path, point: StartingPoint, prepared: Prepared
) -> None:
    layout = layout_of(prepared.model)
    gone = WarmStart(replace(point, folder=str(tmp_path)), prepared.transform, layout)
    assert gone.why_cold == "Version 1 cannot be loaded (OSError)."
    none = WarmStart(StartingPoint(why_cold="No version is live."), prepared.transform, layout)
    assert (none.why_cold, none.comparison) == ("No version is live.", None)


def test_a_refit_needs_no_rows_to_stop_by(point: StartingPoint, prepared: Prepared) -> None:
    beginning, table = _begin(prepared, replace(point, last_day="2013-01-10"), searches=False)
    assert beginning.why_cold == ""
    assert beginning.parts_of(table) is None


def test_a_refit_searches_its_epochs_where_it_cannot_begin_as_the_judged_model_did(
    point: StartingPoint,
) -> None:
    warm = {"start": point.to_json(), "epochs": 1}
    cold = Beginning(HEAD, why_cold="It cannot be loaded.")
    assert known_epochs(warm, cold) is None
    assert known_epochs(warm, Beginning(HEAD)) == 1
    assert known_epochs({**warm, "start": point.cold("It is damaged.").to_json()}, cold) == 1
    assert known_epochs({"epochs": 1}, Beginning(HEAD)) == 1


def _fails(_raw: Any) -> Any:
    raise tf.errors.InvalidArgumentError(None, None, "It takes no such text.")


def test_rows_that_a_transform_fails_on_are_no_error(point: StartingPoint, prepared: Prepared) -> None:
    layout = layout_of(prepared.model)
    comparison = FeatureComparison(cast(Any, _fails), layout)
    comparison.add_made_up(prepared.transform, {"colour": tf.constant(["\x01unknown"]), "heat": tf.ones(1)})
    assert comparison.mappings()["colour_id"].same
    start = WarmStart(point, prepared.transform, layout)
    start.give_up()
    beginning = start.begin(prepared.model, cast(Any, None), HEAD, COLUMNS, [], days=7)
    assert beginning.why_cold == "Version 1 cannot be continued: its transform fails on some rows."


def test_rows_are_sampled_from_the_oldest_and_the_newest_file_that_has_any(tmp_path: Path) -> None:
    files = [str(tmp_path / f"{number}.gz") for number in range(4)]
    for file, rows in zip(files, ([], ROWS[:2], ROWS[2:5], []), strict=True):
        tiny_use_case.write_examples(rows, Path(file))
    assert [len(batch) for batch in sampled(files)] == [2, 3]
    assert [len(batch) for batch in sampled(files[1:2])] == [2]
    assert sampled(files[:1]) == []
