"""How any SavedModel is loaded, run and closed."""

import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from serving.model.saved_model import LoadError, SavedModel, kind_of

ONE = np.array([1, 2], np.float32)


@pytest.fixture(scope="module")
def saved(plus_ten: Path) -> SavedModel:
    return SavedModel.load(plus_ten)


def test_its_signatures_are_those_that_were_exported(saved: SavedModel) -> None:
    assert set(saved.signatures) == {"serving_default", "slowly"}
    assert set(saved.signatures["serving_default"].inputs) == {"x"}


def test_it_computes_what_was_exported(saved: SavedModel) -> None:
    outputs = saved.run("serving_default", {"x": ONE})
    assert outputs.keys() == {"y"}
    assert outputs["y"].dtype == np.float32
    assert outputs["y"].tolist() == [11, 12]
    assert saved.run("slowly", {"x": ONE})["y"].tolist() == [11, 12]
    assert saved.run("serving_default", {"x": ONE[:0]})["y"].shape == (0,)


def test_outputs_can_be_chosen_in_any_order(tmp_path: Path) -> None:
    class Two(tf.Module):
        @tf.function(
            input_signature=[tf.TensorSpec([None], tf.int64, "a"), tf.TensorSpec([None], tf.string, "b")]
        )
        def both(self, a, b):  # type: ignore[no-untyped-def]
            return {"double": a * 2, "joined": tf.strings.join([b, b]), "length": tf.strings.length(b)}

    two = Two()
    tf.saved_model.save(two, str(tmp_path), signatures={"serving_default": two.both})
    saved = SavedModel.load(tmp_path)
    inputs = {"b": np.array([b"\xff"], object), "a": np.array([2**40])}
    outputs = saved.run("serving_default", inputs)
    assert {key: array.tolist() for key, array in outputs.items()} == {
        "double": [2**41],
        "joined": [b"\xff\xff"],
        "length": [1],
    }
    assert list(saved.run("serving_default", inputs, ["length", "double"])) == ["length", "double"]
    saved.close()


def test_an_input_or_output_that_is_not_there_is_a_key_error(saved: SavedModel) -> None:
    with pytest.raises(KeyError):
        saved.run("serving_default", {})
    with pytest.raises(KeyError):
        saved.run("serving_default", {"x": ONE}, ["z"])
    with pytest.raises(KeyError):
        saved.run("other", {"x": ONE})


def test_the_order_of_names_makes_no_further_calls(saved: SavedModel) -> None:
    saved.run("serving_default", {"x": ONE})
    made = len(saved._calls)
    saved.run("serving_default", {"x": ONE}, ["y"])
    saved.run("serving_default", {"x": ONE}, ["y", "y"])
    assert len(saved._calls) == made


def test_it_may_be_run_from_several_threads(saved: SavedModel) -> None:
    sums: list[float] = []
    threads = [
        threading.Thread(
            target=lambda number=number: sums.append(
                float(saved.run("serving_default", {"x": np.array([number], np.float32)})["y"][0])
            )
        )
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(sums) == [float(10 + number) for number in range(8)]


def test_each_model_has_variables_of_its_own_and_closes_alone(saved: SavedModel, plus_ten: Path) -> None:
    other = SavedModel.load(plus_ten)
    other.close()
    with pytest.raises(tf.errors.CancelledError):
        other.run("serving_default", {"x": ONE})
    assert saved.run("serving_default", {"x": ONE})["y"].tolist() == [11, 12]


@pytest.mark.parametrize("lost", ["saved_model.pb", "variables/variables.index"])
def test_a_folder_that_is_not_whole_is_refused_in_a_sentence(
    plus_ten: Path, tmp_path: Path, lost: str
) -> None:
    folder = tmp_path / "1"
    shutil.copytree(plus_ten, folder)
    (folder / lost).unlink()
    with pytest.raises(LoadError, match=r"Cannot load the SavedModel in .*: "):
        SavedModel.load(folder)


def test_a_graph_that_is_garbage_is_refused(plus_ten: Path, tmp_path: Path) -> None:
    folder = tmp_path / "1"
    shutil.copytree(plus_ten, folder)
    (folder / "saved_model.pb").write_bytes(b"\xff garbage")
    with pytest.raises(LoadError):
        SavedModel.load(folder)


def test_an_error_is_named_by_its_kind_and_first_line() -> None:
    assert kind_of(ValueError("one\ntwo")) == "ValueError (one)"
    assert kind_of(KeyError()) == "KeyError (no message)"
