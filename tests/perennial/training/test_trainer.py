"""What `run_fn` learns, leaves behind, and refuses."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from perennial import progress
from perennial.errors import ConfigError, NodeFailed, UserCodeError
from perennial.training.fitting import compiled, search, split, train
from perennial.training.head import Head
from perennial.training.loop import Loop, in_order
from perennial.training.settings import Hyperparameters
from perennial.training.table import Layout, Table, layout_of
from perennial.training.trainer import run_fn
from tests import tiny_use_case


def _table(order: Any) -> Table:
    rows = len(order)
    numbers = np.arange(rows, dtype=np.float32).reshape(-1, 1)
    ids = np.zeros((rows, 0), np.int32)
    chosen = np.arange(rows, dtype=np.int32)
    label = np.zeros((rows, 1), np.float32)
    return Table(Layout({"x": (1,)}, {}), numbers, ids, label, np.array(order), chosen)


def test_the_last_days_are_held_out_whatever_the_order_of_rows() -> None:
    parts = split(_table([4, 1, 2, 3, 4, 1]), days=2, by_day=True)
    assert parts is not None
    learn, stop = parts
    assert learn.chosen.tolist() == [1, 2, 5]
    assert stop.chosen.tolist() == [0, 3, 4]


def test_days_that_are_not_there_do_not_count() -> None:
    parts = split(_table([1, 2, 20, 30]), days=2, by_day=True)
    assert parts is not None
    assert len(parts[0]) == 2


def test_of_too_few_days_fewer_are_held_out() -> None:
    parts = split(_table([1, 1, 2, 3]), days=2, by_day=True)
    assert parts is not None
    assert [part.chosen.tolist() for part in parts] == [[0, 1, 2], [3]]


@pytest.mark.parametrize("order", [[1] * 40, [1] * 10 + [2] * 30])
def test_of_days_that_cannot_be_parted_some_rows_are_drawn(order: list[int]) -> None:
    parts, again = (split(_table(order), days=7, by_day=True) for _ in range(2))
    assert parts is not None
    assert again is not None
    assert len(parts[1]) == 10
    assert parts[1].chosen.tolist() == again[1].chosen.tolist() != [*range(30, 40)]


@pytest.mark.parametrize(("rows", "held_out"), [(40, 10), (1000, 250), (2500, 250), (5000, 500)])
def test_of_a_small_table_a_larger_share_decides_when_to_stop(rows: int, held_out: int) -> None:
    parts = split(_table([*range(rows)]), days=7, by_day=False)
    assert parts is not None
    assert [len(part) for part in parts] == [rows - held_out, held_out]


def test_one_row_leaves_nothing_to_stop_by() -> None:
    assert split(_table([1]), days=1, by_day=True) is None


def test_without_days_rows_are_held_out_by_hash() -> None:
    table = _table(np.arange(40)[::-1])
    parts = split(table, days=7, by_day=False)
    assert parts is not None
    assert parts[1].chosen.tolist() == [*range(10)]


def test_a_run_leaves_model_curves_and_summary(tiny: Any) -> None:
    run = Path(tiny.model_run_dir)
    assert (run / "model.keras").is_file()
    assert {path.parent.relative_to(run / "logs").as_posix() for path in run.glob("logs/*/*/events*")} == {
        "search/train",
        "search/validation",
        "final/train",
    }
    summary = tiny_use_case.read_summary(tiny)
    assert summary["rows"] == 400
    assert summary["epochs"] == 1 + int(np.argmin(summary["search"]["val_log_loss"]))


def test_the_model_learns(tiny: Any) -> None:
    losses = tiny_use_case.read_summary(tiny)["search"]["val_log_loss"]
    assert min(losses) < 0.45


def test_one_seed_gives_one_model(tiny: Any, tmp_path: Path) -> None:
    again = tiny_use_case.fn_args(tmp_path)
    run_fn(again)
    first, second = (
        keras.models.load_model(Path(args.model_run_dir) / "model.keras") for args in (tiny, again)
    )
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        assert np.array_equal(one, other)


def test_progress_is_reported_by_epoch(tmp_path: Path) -> None:
    seen: list[tuple[int, int | None, str]] = []
    progress.listen(lambda *event: seen.append(event))
    model, table = _small()
    train(model, table, _settings(epochs=1), seed=1, by_day=True, logs=tmp_path, stop_by="log_loss")
    assert seen == [(1, 1, "epochs"), (1, 1, "final epochs")]


def test_the_final_fit_starts_where_the_search_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (searched, table), (unsearched, _) = _small(), _small()
    unsearched.set_weights(searched.get_weights())
    outcome = train(
        searched, table, _settings(), seed=1, by_day=True, logs=tmp_path / "a", stop_by="log_loss"
    )
    monkeypatch.setattr("perennial.training.fitting.split", lambda *_: None)
    settings = _settings(epochs=outcome.epochs)
    train(unsearched, table, settings, seed=1, by_day=True, logs=tmp_path / "b", stop_by="log_loss")
    for one, other in zip(searched.get_weights(), unsearched.get_weights(), strict=True):
        assert np.array_equal(one, other)


def test_the_search_judges_the_averaged_weights(tmp_path: Path) -> None:
    model, table = _small()
    parts = split(table, days=2, by_day=True)
    assert parts is not None
    loop = Loop(model, _settings(epochs=1), 1, None)
    outcome = search(loop, *parts, tmp_path, "log_loss")
    # Keras leaves the averaged weights in the model when a fit ends.
    judged = model.evaluate(in_order(model, parts[1]), verbose=0, return_dict=True)
    assert judged["log_loss"] == pytest.approx(outcome.history["val_log_loss"][0], abs=1e-6)


def test_a_missing_hyperparameter_of_the_model_is_named(tmp_path: Path) -> None:
    args = tiny_use_case.fn_args(tmp_path, count=50)
    del args.custom_config["hyperparameters"]["width"]
    expected = r"^tests/tiny_use_case\.py:\d+: KeyError 'width': build_model reads a key that is neither"
    with pytest.raises(ConfigError, match=expected):
        run_fn(args)


def test_a_model_that_cannot_be_built_names_its_line_and_no_value(tmp_path: Path) -> None:
    args = tiny_use_case.fn_args(tmp_path, count=50)
    args.custom_config["model"] = "tests.perennial.training.broken_model"
    with pytest.raises(UserCodeError) as caught:
        run_fn(args)
    assert caught.value.problem == "tests/perennial/training/broken_model.py:6: RuntimeError."
    assert "4711" not in str(caught.value)
    args.custom_config["model"] = "tests.perennial"
    with pytest.raises(UserCodeError, match="there is no function `build_model`"):
        run_fn(args)


def test_a_hyperparameter_of_the_model_of_the_wrong_type_is_reported_as_one(tmp_path: Path) -> None:
    args = tiny_use_case.fn_args(tmp_path, count=50, width="four")
    with pytest.raises(
        ConfigError, match=r"^tests/tiny_use_case\.py:\d+: build_model does not accept .*: ValueError\."
    ) as caught:
        run_fn(args)
    assert "four" not in str(caught.value)


def test_a_module_that_cannot_be_loaded_is_no_matter_of_hyperparameters(tmp_path: Path) -> None:
    args = tiny_use_case.fn_args(tmp_path, count=50)
    args.custom_config["model"] = "tests.perennial.training.module_that_raises"
    with pytest.raises(UserCodeError) as caught:
        run_fn(args)
    assert caught.value.problem == "tests/perennial/training/module_that_raises.py:3: ValueError."


def test_a_loss_that_is_not_finite_fails_the_node(tmp_path: Path) -> None:
    model, table = _small(label=(np.nan,) * 16)
    with pytest.raises(NodeFailed, match="not finite in epoch 1 of 4"):
        train(model, table, _settings(), seed=1, by_day=True, logs=tmp_path, stop_by="log_loss")


def _settings(**changed: Any) -> Hyperparameters:
    return Hyperparameters.model_validate({**tiny_use_case.HYPERPARAMETERS, **changed})


def _small(label: tuple[float, ...] = (0.0, 1.0) * 8) -> tuple[keras.Model, Table]:
    rows = 16
    numbers = tf.repeat(tf.reshape(tf.linspace(-1.0, 1.0, rows), [-1, 1]), 3, axis=1)
    model = compiled(
        tiny_use_case.build_model(tiny_use_case.HYPERPARAMETERS, {}), _settings(), Head(tiny_use_case.TASK)
    )
    table = Table(
        layout_of(model),
        numbers,
        tf.zeros([rows, 1], tf.int32),
        tf.constant(label, tf.float32, [rows, 1]),
        np.arange(rows) % 8,
        np.arange(rows, dtype=np.int32),
    )
    return model, table


def _with_module(tmp_path: Path, key: str, module: str) -> tiny_use_case.FnArgs:
    args = tiny_use_case.fn_args(tmp_path, count=50)
    args.custom_config[key] = module
    return args


def test_an_operation_of_the_model_that_fails_on_rows_names_its_line_and_no_value(tmp_path: Path) -> None:
    args = _with_module(tmp_path, "model", "tests.perennial.users.model_with_a_check")
    with pytest.raises(UserCodeError) as caught:
        run_fn(args)
    assert caught.value.where == "tests/perennial/users/model_with_a_check.py:18"
    assert caught.value.what == "this operation fails on some rows (InvalidArgumentError)"
    assert "logit" not in str(caught.value)


@pytest.mark.parametrize("kind", ["none", "text"])
def test_what_is_no_keras_model_is_a_fault_of_build_model(tmp_path: Path, kind: str) -> None:
    args = _with_module(tmp_path, "model", f"tests.perennial.users.model_that_is_{kind}")
    made = {"none": "None", "text": "an object of type str"}[kind]
    with pytest.raises(UserCodeError) as caught:
        run_fn(args)
    assert caught.value.problem == (
        f"tests/perennial/users/model_that_is_{kind}.py:4: build_model returns {made};"
        " it must return a keras.Model."
    )
