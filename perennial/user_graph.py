"""The boundary around a graph of a user's operations, one of which may fail on the rows that it is given.

TensorFlow runs them long after the user's function has returned, so no line of it is in the traceback. The line
is the one that made the operation; only the operation's name is taken from TensorFlow's text, which may have
values of the rows (docs/decisions/user-code.md).
"""

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import tensorflow as tf
from tensorflow.core.framework import graph_debug_info_pb2

from perennial.disk import reports_full_disk
from perennial.errors import PerennialError, UserCodeError
from perennial.user_code import blamed_line, users_line

# Name of an operation -> the line of the user's that made it.
OpLines = Mapping[str, str]
# Keeps the lines beside a SavedModel, where `lines_of_saved` finds them.
WITH_LINES: Final = tf.saved_model.SaveOptions(save_debug_info=True)
_DEBUG_FILE: Final = "debug/saved_model_debug_info.pb"
# The operation, and the function that it is in where TensorFlow names that.
_NODE: Final = re.compile(r"(?:\{\{function_node ([^}\s]+)\}\})?\{\{node ([^}\s]+)\}\}")
# A function of ours that feeds rows to the user's graph.
_FEEDING: Final = "__inference_Dataset_"
_FRAME: Final = re.compile(r'^ +File "([^"\n]+)", line (\d+), in ', re.MULTILINE)
# Of the machine, not of an operation.
_OF_MACHINE: Final = (MemoryError, tf.errors.ResourceExhaustedError)
_REMEDY: Final = "Make it accept every row: the values of some rows are not what it takes. Then run again."


@contextmanager
def user_graph(module: str, lines: Callable[[], OpLines] = dict) -> Iterator[None]:
    """Turns what an operation or a layer of a user's raises into a `UserCodeError`.

    What is the fault of none of them stays as it is.

    Args:
        module: Dotted name of the module whose functions made the graph, such as `models.rain`.
        lines: Gives the lines of the operations, where TensorFlow's text does not name them.

    Raises:
        UserCodeError: Names the line that made the operation; no data value.
    """
    try:
        yield
    except PerennialError:
        raise
    except Exception as error:  # the edge between a user's code and ours
        blamed = blamed_operation(error, module, lines)
        if blamed is None:
            raise
        raise blamed from error


def blamed_operation(
    error: BaseException, module: str, lines: Callable[[], OpLines] = dict
) -> UserCodeError | None:
    """The error at the line of the user's that made the operation; None where it is no fault of the user's."""
    if isinstance(error, _OF_MACHINE) or reports_full_disk(str(error)):
        return None
    called = blamed_line(error, module)
    if not isinstance(error, tf.errors.OpError):
        return called
    # An operation that ran at once, outside a graph, has its line in the traceback alone.
    where = _line_in_text(error, module) or _line_of_node(error, lines()) or (called and called.where)
    if where is None:
        return None
    return UserCodeError(where, f"this operation fails on some rows ({type(error).__name__})", _REMEDY)


def lines_of_graph(graph: Any, module: str) -> OpLines:
    """The lines of the operations of a graph that was traced in this process."""
    frames = {
        operation.name: [(frame.filename, frame.lineno) for frame in operation.traceback]
        for operation in graph.get_operations()
    }
    return _deepest(frames, module)


def lines_of_saved(folder: Path, module: str) -> OpLines:
    """The lines of the operations of a SavedModel; none where it was not written `WITH_LINES`."""
    file = folder / _DEBUG_FILE
    if not file.is_file():
        return {}
    info = graph_debug_info_pb2.GraphDebugInfo.FromString(file.read_bytes())

    @functools.cache
    def trace(number: int) -> list[tuple[str, int]]:
        frames = [info.frames_by_id[frame] for frame in info.traces_by_id[number].frame_id]
        return [(info.files[frame.file_index], frame.line) for frame in frames]

    # A key is the operation's name, and after an @ the function that it is in.
    return _deepest({key.split("@")[0]: trace(number) for key, number in info.name_to_trace_id.items()}, module)


def _deepest(frames: Mapping[str, list[tuple[str, int]]], module: str) -> OpLines:
    """Of each operation the deepest line of the user's; its frames begin at the outermost."""
    line_of = functools.cache(functools.partial(users_line, module=module))
    lines = {}
    for name, calls in frames.items():
        if where := next(filter(None, (line_of(*call) for call in reversed(calls))), None):
            lines[name] = where
    return lines


def _line_in_text(error: tf.errors.OpError, module: str) -> str | None:
    """The deepest line of the user's among those by which TensorFlow says where an operation was made."""
    frames = _FRAME.findall(error.message.partition("[[")[0])
    return next(filter(None, (users_line(file, int(line), module) for file, line in reversed(frames))), None)


def _line_of_node(error: tf.errors.OpError, lines: OpLines) -> str | None:
    """The line of the operation that TensorFlow's text names last; of one in a branch, that of the branch."""
    nodes = _NODE.findall(error.message)
    function, name = nodes[-1] if nodes else ("", "")
    if function.startswith(_FEEDING):
        return None
    while name and name not in lines:
        name = name.rpartition("/")[0]
    return lines.get(name)
