"""The boundary around a use case's modules: an error names their file and line, and no data value."""

import pickle
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from perennial.errors import NodeFailed, UserCodeError
from perennial.user_code import defined_at, user_code, user_function, user_module

MODULE = "transforms.of_a_test"
FILE = "transforms/of_a_test.py"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project's folder whose `transforms/of_a_test.py` is what is imported."""
    folder = tmp_path / "transforms"
    folder.mkdir()
    monkeypatch.setattr("perennial.user_code._PROJECT", tmp_path)
    monkeypatch.setattr(sys.modules.get("transforms") or __import__("transforms"), "__path__", [str(folder)])
    yield tmp_path
    sys.modules.pop(MODULE, None)


class _Opaque:
    """Has no attributes, and a data value in the error that says so."""

    def __getattr__(self, name: str) -> object:
        raise AttributeError("a value: 4711")


def written(project: Path, text: str) -> None:
    (project / FILE).write_text(text)


def raised(project: Path, body: str, argument: object = None) -> UserCodeError:
    """What a call of a function with this body, which begins on line 2, raises."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    written(project, f"def function(value):\n{lines}")
    with pytest.raises(UserCodeError) as caught:
        user_function(MODULE, "function")(argument)
    return caught.value


@pytest.mark.parametrize(
    ("body", "line", "what"),
    [
        ("row = {}\nreturn row['visib']", 3, "KeyError 'visib'"),
        ('return {}["visib"]', 2, "KeyError 'visib'"),
        ("return nowhere", 2, "NameError: name 'nowhere' is not defined"),
        ("return ''.colour", 2, "AttributeError: 'str' object has no attribute 'colour'"),
        (
            "from perennial.errors import Absent",
            2,
            "ImportError: cannot import name 'Absent' from 'perennial.errors'",
        ),
        ("import a_package_of_nobody", 2, "ModuleNotFoundError: No module named 'a_package_of_nobody'"),
        ("def inner():\n    raise TypeError\ninner()", 3, "TypeError"),
        ("return int('x' * 3)", 2, "ValueError"),
        ("import sys\nsys.exit(0)", 3, "SystemExit"),
    ],
)
def test_an_error_names_file_line_and_error(project: Path, body: str, line: int, what: str) -> None:
    error = raised(project, body)
    assert error.where == f"{FILE}:{line}"
    assert error.what.startswith(what)
    assert error.problem == f"{error.where}: {error.what}."
    assert str(project) not in str(error)


@pytest.mark.parametrize(
    "body",
    [
        "raise RuntimeError(f'a value: {value}')",
        "return {}[value]",
        "key = value\nreturn {}[key]",
        "raise KeyError(f'{value}')",
        "raise NameError(f'{value}')",
        "raise AttributeError(f'{value}')",
        "raise ImportError(f'{value}')",
        "return float(f'{value} metres')",
        "return eval(f'{value} =')",
        "raise SystemExit(value)",
        "raise OSError(5, value)",
        "return getattr('x', value)",
        "return getattr('x', f'Mr{value}')",
        "return eval(f'Mr{value}')",
        "import importlib\nimportlib.import_module(value)",
    ],
)
def test_no_data_value_is_shown(project: Path, body: str) -> None:
    error = raised(project, body, "4711")
    assert error.where.startswith(f"{FILE}:")
    assert "4711" not in str(error)
    assert error.__cause__ is not None


def test_a_key_is_not_shown_because_the_line_holds_its_letters(project: Path) -> None:
    assert raised(project, "return {}[value]", "value").what == "KeyError"


def test_the_message_of_a_text_that_is_no_python_is_not_shown(project: Path) -> None:
    error = raised(project, "import ast\nast.literal_eval(value)", "4711x")
    assert (error.where, error.what) == (f"{FILE}:3", "SyntaxError")


def test_the_text_of_an_attribute_error_is_not_shown_unless_python_made_it(project: Path) -> None:
    assert raised(project, "return value.colour", _Opaque()).what == "AttributeError"


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("return getattr('x', value)", "AttributeError"),
        ("import importlib\nimportlib.import_module(value)", "ModuleNotFoundError"),
    ],
)
def test_a_name_is_not_shown_because_a_variable_is_called_so(project: Path, body: str, what: str) -> None:
    assert raised(project, body, "value").what == what


def test_the_deepest_line_of_the_module_is_named_and_not_one_of_a_library(project: Path) -> None:
    error = raised(project, "import json\nfor text in ('1', value):\n    json.loads(text)", "{")
    assert (error.where, error.what) == (f"{FILE}:4", "JSONDecodeError")


def test_what_is_no_python_names_its_line(project: Path) -> None:
    written(project, "x = 1\ndef function(:\n")
    with pytest.raises(UserCodeError, match=rf"^{FILE}:2: SyntaxError: invalid syntax\.") as caught:
        user_module(MODULE)
    assert isinstance(caught.value.__cause__, SyntaxError)


def test_a_module_that_fails_as_it_is_loaded_names_its_line(project: Path) -> None:
    written(project, "x = 1\ny = {}['z']\n")
    with pytest.raises(UserCodeError, match=rf"^{FILE}:2: KeyError 'z'\."):
        user_module(MODULE)


def test_a_function_that_is_not_there_is_named(project: Path) -> None:
    written(project, "pass\n")
    with pytest.raises(UserCodeError, match=rf"^{FILE}: there is no function `function`\."):
        user_function(MODULE, "function")


def test_arguments_that_the_function_does_not_take_name_its_file(project: Path) -> None:
    written(project, "def function():\n    pass\n")
    with pytest.raises(UserCodeError, match=rf"^{FILE}: TypeError\."):
        user_function(MODULE, "function")(1)


def test_what_is_no_fault_of_the_module_passes_as_it_is() -> None:
    for error in (NodeFailed("p", "r"), OSError(28, "No space left on device"), KeyboardInterrupt()):
        with pytest.raises(type(error)) as caught, user_code(MODULE):
            raise error
        assert caught.value is error


def test_it_crosses_a_process() -> None:
    error = pickle.loads(pickle.dumps(UserCodeError(f"{FILE}:3", "KeyError 'a'")))
    assert (error.where, error.what, error.exit_code) == (f"{FILE}:3", "KeyError 'a'", 1)


@pytest.fixture
def helper(project: Path) -> Iterator[Path]:
    """A second module beside the one that is called."""
    yield project / "transforms" / "helper_of_a_test.py"
    sys.modules.pop("transforms.helper_of_a_test", None)


def test_a_fault_in_a_module_that_the_module_imports_names_the_line_there(
    project: Path, helper: Path
) -> None:
    helper.write_text('def helped():\n    row = {}\n    return row["visib"]\n')
    error = raised(project, "from transforms.helper_of_a_test import helped\nreturn helped()")
    assert (error.where, error.what) == ("transforms/helper_of_a_test.py:3", "KeyError 'visib'")


def test_a_package_that_a_helper_lacks_is_named_with_the_helpers_line(project: Path, helper: Path) -> None:
    helper.write_text('"""Helps."""\nimport a_package_of_nobody\n')
    error = raised(project, "import transforms.helper_of_a_test")
    assert error.where == "transforms/helper_of_a_test.py:2"
    assert error.what == "ModuleNotFoundError: No module named 'a_package_of_nobody'"


def test_no_line_of_perennials_own_is_named(project: Path) -> None:
    error = raised(project, "from perennial.task import Task\nreturn Task.from_json({})")
    assert error.where == f"{FILE}:3"


def test_the_place_of_a_function_is_its_own_line(project: Path) -> None:
    written(project, "x = 1\n\n\ndef function():\n    pass\n")
    assert defined_at(user_function(MODULE, "function"), MODULE) == f"{FILE}:4"
    assert defined_at(print, MODULE) == FILE
