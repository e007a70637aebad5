"""The boundary around a use case's own modules: what they raise names their file and line, by a type.

Only calls of a user's functions and the loading of their modules stand inside it, so that an error of another
type is a bug of ours (docs/decisions/user-code.md).
"""

import functools
import importlib
import inspect
import linecache
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from perennial.disk import reports_full_disk
from perennial.errors import PerennialError, UserCodeError

_PROJECT: Final = Path(__file__).resolve().parents[1]
# Folders of use cases: all modules in them are a user's.
_FOLDERS: Final = ("transforms", "models")
# What stands before a name where code writes it; patterns of `re`.
_BEFORE_NAME: Final[Mapping[type[Exception], str]] = {
    NameError: "",
    AttributeError: r"\.\s*",
    ImportError: r"\b(?:from|import)\s(?:.*[\s,])?",
}


@contextmanager
def user_code(
    module: str, elsewhere: Callable[[BaseException], PerennialError] | None = None
) -> Iterator[None]:
    """Turns what code of a user's module raises into a `UserCodeError`.

    An error that is one of ours already stays as it is, and so does a full disk. A `SystemExit` is the
    module's, too.

    Args:
        module: Dotted name, such as `transforms.rain`.
        elsewhere: Of a call into a library that may call the module: gives the error to raise where no line
            of the module was passed. None: the call is of the module, and such an error names its file.

    Raises:
        UserCodeError: Names the deepest line of the user's that the error went through, in the module or in
            one that it calls. It has the text of an error only where that comes from the code: a data value
            must not get into a message.
    """
    try:
        yield
    except PerennialError:
        raise
    except (Exception, SystemExit) as error:  # the edge between a user's code and ours
        if reports_full_disk(str(error)):
            raise
        blamed = blamed_line(error, module)
        if blamed is None and elsewhere is not None:
            raise elsewhere(error) from error
        raise (blamed or UserCodeError(file_of(module), _described(error, ""))) from error


def user_module(module: str) -> ModuleType:
    """Loads a user's module.

    Raises:
        UserCodeError: It raises.
    """
    with user_code(module):
        return importlib.import_module(module)


def user_function(module: str, name: str) -> Callable[..., Any]:
    """A function of a user's module, each call of which is inside the boundary.

    Raises:
        UserCodeError: The module raises, or has no such function.
    """
    function = getattr(user_module(module), name, None)
    if not callable(function):
        raise UserCodeError(file_of(module), f"there is no function `{name}`")

    @functools.wraps(function)
    def bounded(*arguments: Any, **keywords: Any) -> Any:
        with user_code(module):
            return function(*arguments, **keywords)

    return bounded


def defined_at(function: Callable[..., Any], module: str) -> str:
    """File and line of a user's function (`transforms/rain.py:48`); the module's file if it has no line."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    line = users_line(code.co_filename, code.co_firstlineno, module) if code else None
    return line or file_of(module)


def users_line(filename: str, line: int, module: str) -> str | None:
    """A line of a user's file as a message names it; None where the file is not a user's.

    A user's are all files of the folders of use cases, and of the folder that the module is in.
    """
    path = Path(filename).resolve()
    folders = [*(_PROJECT / name for name in _FOLDERS), (_PROJECT / file_of(module)).parent]
    if not path.is_relative_to(_PROJECT) or not any(path.is_relative_to(folder) for folder in folders):
        return None
    return f"{path.relative_to(_PROJECT).as_posix()}:{line}"


def blamed_line(error: BaseException, module: str) -> UserCodeError | None:
    """The error at the deepest line of the user's that it went through; None where it went through none."""
    if isinstance(error, SyntaxError) and error.filename and error.lineno and _is_of_project(error.filename):
        where = f"{Path(error.filename).relative_to(_PROJECT)}:{error.lineno}"
        return UserCodeError(where, _described(error, ""))
    # A library may raise an error of its own for the user's: Keras does, while it loads a model.
    raised: BaseException | None = error
    while raised is not None:
        for frame in reversed(traceback.extract_tb(raised.__traceback__)):
            line = users_line(frame.filename, frame.lineno, module) if frame.lineno else None
            if line and frame.lineno:
                source = linecache.getline(frame.filename, frame.lineno)
                return UserCodeError(line, _described(error, source))
        raised = raised.__cause__ or raised.__context__
    return None


def file_of(module: str) -> str:
    """The file of a module as a message names it: `transforms/rain.py`."""
    return f"{module.replace('.', '/')}.py"


def _described(error: BaseException, source: str) -> str:
    """The error's class, and its text where Python made that of the code; no data value."""
    name = type(error).__name__
    if isinstance(error, SyntaxError):
        return f"{name}: {error.msg}" if _is_of_project(error.filename) else name
    if isinstance(error, KeyError):
        key = error.args[0] if error.args else None
        return f"{name} {key!r}" if isinstance(key, str) and _is_quoted(key, source) else name
    # Python sets `name`, though not of what a user's code raises; the text of an AttributeError may still be
    # that of an object's own `__getattr__`.
    if isinstance(error, NameError | AttributeError | ImportError) and error.name:
        is_pythons = not isinstance(error, AttributeError) or f"has no attribute '{error.name}'" in str(error)
        if is_pythons and _is_written(error, error.name, source):
            return f"{name}: {error}".replace(f"{_PROJECT}/", "")
    return name


def _is_written(error: Exception, name: str, source: str) -> bool:
    """Whether the code itself has the name; one that is computed (`getattr(row, value)`) may be a value."""
    before = next(pattern for kind, pattern in _BEFORE_NAME.items() if isinstance(error, kind))
    return _is_quoted(name, source) or re.search(rf"{before}\b{re.escape(name)}\b", source) is not None


def _is_quoted(text: str, source: str) -> bool:
    return f'"{text}"' in source or f"'{text}'" in source


def _is_of_project(filename: str | None) -> bool:
    """Whether it is a file of the project; a text that was parsed as Python is `<string>` or `<unknown>`."""
    return filename is not None and Path(filename).is_relative_to(_PROJECT)
