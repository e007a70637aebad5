"""The boundary around a graph of a user's operations, one of which may fail on the rows that it is given.

TensorFlow runs them long after the user's function has returned, so no line of it is in the traceback. The
line is the one that made the operation; only the operation's name is taken from TensorFlow's text, which may
have values of the rows (docs/decisions/user-code.md).
"""

import functools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import tensorflow as tf

from perennial.disk import reports_full_disk
from perennial.errors import PerennialError, UserCodeError
from perennial.user_code import blamed_line, file_of, users_line

# Name of an operation -> the line of the user's that made it.
OpLines = Mapping[str, str]
_LINES_FILE: Final = "lines.json"
_NODE: Final = re.compile(r"\{\{node ([^}\s]+)\}\}")
# The text names a function that another one calls; `__wrapped__` is what feeds it.
_CALLED: Final = re.compile(r"\{\{function_node (?!__wrapped__)|\[Op:__inference_")
_FRAME: Final = re.compile(r'^ +File "([^"\n]+)", line (\d+), in ', re.MULTILINE)
# Of the machine, not of an operation.
_OF_MACHINE: Final = (MemoryError, tf.errors.ResourceExhaustedError)
_REMEDY: Final = "Make it accept every row: the values of some rows are not what it takes. Then run again."


@contextmanager
def user_graph(module: str, lines: Callable[[], OpLines] | None = None) -> Iterator[None]:
    """Turns what an operation or a layer of a user's raises into a `UserCodeError`.

    What is the fault of none of them stays as it is.

    Args:
        module: Dotted name of the module whose functions made the graph, such as `models.rain`.
        lines: Of a graph whose lines TensorFlow's text does not name: gives them.

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
    error: BaseException, module: str, lines: Callable[[], OpLines] | None = None
) -> UserCodeError | None:
    """The error at the line of the user's that made the operation; None where it is not at fault."""
    if isinstance(error, _OF_MACHINE) or reports_full_disk(str(error)):
        return None
    called = blamed_line(error, module)
    if not isinstance(error, tf.errors.OpError):
        return called
    # An operation that ran at once, outside a graph, has its line in the traceback alone.
    where = _line_in_text(error, module)
    if where is None and lines is not None:
        where = _place_of_node(error, module, lines())
    if where is None and called is not None:
        where = called.where
    if where is None:
        return None
    return UserCodeError(where, f"this operation fails on some rows ({type(error).__name__})", _REMEDY)


def lines_of_graph(graph: Any, module: str) -> OpLines:
    """The deepest line of the user's for each operation of a graph that was traced in this process."""
    line_of = functools.cache(functools.partial(users_line, module=module))
    lines = {}
    for operation in graph.get_operations():
        calls = ((frame.filename, frame.lineno) for frame in reversed(operation.traceback))
        if where := next(filter(None, (line_of(*call) for call in calls)), None):
            lines[operation.name] = where
    return lines


def write_lines(lines: OpLines, folder: Path) -> None:
    """Keeps the lines of a graph in its folder: a loaded graph does not know them."""
    (folder / _LINES_FILE).write_text(json.dumps(lines, indent=1, sort_keys=True) + "\n")


def read_lines(folder: Path) -> OpLines:
    """The lines that `write_lines` kept; empty where there are none, as of a graph that Beam made."""
    file = folder / _LINES_FILE
    return dict(json.loads(file.read_text())) if file.is_file() else {}


def _line_in_text(error: tf.errors.OpError, module: str) -> str | None:
    """The deepest line of the user's among those by which TensorFlow says where an operation was made."""
    frames = _FRAME.findall(error.message.partition("[[")[0])
    return next(filter(None, (users_line(file, int(line), module) for file, line in reversed(frames))), None)


def _place_of_node(error: tf.errors.OpError, module: str, lines: OpLines) -> str | None:
    """The line of the operation that TensorFlow's text names last; of one in a branch, that of the branch.

    Where no line of the graph is known, the module's file. None: it is none of a graph that ours calls.
    """
    names = _NODE.findall(error.message)
    if not names or not _CALLED.search(error.message):
        return None
    if not lines:
        return file_of(module)
    name = names[-1]
    while name and name not in lines:
        name = name.rpartition("/")[0]
    return lines.get(name)
