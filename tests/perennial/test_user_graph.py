"""The boundary around a user's operations: one that fails on rows names its line, and no value."""

import linecache
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from perennial.errors import NodeFailed, UserCodeError
from perennial.user_graph import lines_of_graph, read_lines, user_graph, write_lines
from tests.perennial.users import operations

MODULE = "tests.perennial.users.operations"
FILE = "tests/perennial/users/operations.py"
CASES = [
    (operations.asserts, tf.constant([-4711.0]), "tf.debugging.assert_positive(values)"),
    (operations.converts, tf.constant(["w4711"]), "return tf.strings.to_number(words)"),
]


def traced(function: Any, rows: tf.Tensor) -> Any:
    """The function as a graph of its own, for rows like these."""
    return tf.function(function, autograph=False).get_concrete_function(tf.TensorSpec([None], rows.dtype))


def run_over(function: Any, rows: tf.Tensor) -> None:
    """Runs it as analysis and training do."""
    list(tf.data.Dataset.from_tensors(rows).map(lambda batch: function(batch)).as_numpy_iterator())


def check(error: UserCodeError, line: str) -> None:
    """Sees that it names this line of the module, and no value."""
    file, _, number = error.where.partition(":")
    assert file == FILE
    assert linecache.getline(operations.__file__, int(number)).strip() == line
    assert error.what == "this operation fails on some rows (InvalidArgumentError)"
    assert "4711" not in str(error)


@pytest.mark.parametrize(("function", "rows", "line"), CASES)
def test_an_operation_that_fails_on_rows_names_its_line(function: Any, rows: Any, line: str) -> None:
    graph = traced(function, rows)
    with (
        pytest.raises(UserCodeError) as caught,
        user_graph(MODULE, lambda: lines_of_graph(graph.graph, MODULE)),
    ):
        run_over(graph, rows)
    check(caught.value, line)


@pytest.mark.parametrize(("function", "rows", "line"), CASES)
def test_tensorflows_own_account_of_the_line_is_taken(function: Any, rows: Any, line: str) -> None:
    graph = traced(function, rows)
    with pytest.raises(UserCodeError) as caught, user_graph(MODULE):
        graph(rows)
    check(caught.value, line)


@pytest.mark.parametrize(("function", "rows", "line"), CASES)
def test_a_loaded_graph_fails_at_the_lines_that_were_kept(
    function: Any, rows: Any, line: str, tmp_path: Path
) -> None:
    module = tf.Module()
    module.graph = tf.function(function, autograph=False, input_signature=[tf.TensorSpec([None], rows.dtype)])
    write_lines(lines_of_graph(module.graph.get_concrete_function().graph, MODULE), tmp_path)
    tf.saved_model.save(module, str(tmp_path))
    loaded = tf.saved_model.load(str(tmp_path))
    for run in (run_over, lambda graph, batch: graph(batch)):
        with pytest.raises(UserCodeError) as caught, user_graph(MODULE, lambda: read_lines(tmp_path)):
            run(loaded.graph, rows)
        check(caught.value, line)


def test_of_a_graph_without_lines_the_file_is_named(tmp_path: Path) -> None:
    graph = traced(operations.converts, tf.constant([""]))
    with pytest.raises(UserCodeError) as caught, user_graph(MODULE, lambda: read_lines(tmp_path)):
        run_over(graph, tf.constant(["w4711"]))
    assert caught.value.where == FILE


def test_an_operation_of_another_is_no_fault_of_the_users() -> None:
    graph = traced(operations.converts, tf.constant([""]))
    lines = lines_of_graph(graph.graph, MODULE)
    elsewhere = "transforms.of_nobody"
    with pytest.raises(tf.errors.InvalidArgumentError), user_graph(elsewhere, lambda: lines):
        run_over(tf.strings.to_number, tf.constant(["w4711"]))


def test_what_is_of_the_machine_or_ours_stays_as_it_is() -> None:
    exhausted = tf.errors.ResourceExhaustedError(None, None, "{{node StringToNumber}}")
    for error in (NodeFailed("p", "r"), MemoryError(), exhausted, OSError(28, "No space left on device")):
        with pytest.raises(type(error)) as caught, user_graph(MODULE, lambda: {"StringToNumber": "x:1"}):
            raise error
        assert caught.value is error
