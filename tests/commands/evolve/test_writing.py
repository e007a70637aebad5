"""An edit is written whole, or not at all; a kill halfway is seen, and the edit is finished."""

import subprocess
import sys
from pathlib import Path

import pytest

from commands.evolve.texts import FileEdit
from commands.evolve.writing import finish, refuse_half, write_all
from perennial.errors import UsageError

_FILES = ("schema", "pipeline/use_cases/yaml")
# The real writer, killed by the system at its second rename of a file of the use case.
_KILLED = """
import os, signal, sys
from pathlib import Path
sys.addaudithook(lambda event, given: event == "os.rename" and str(given[1]).endswith("/yaml")
    and os.kill(os.getpid(), signal.SIGKILL))
from commands.evolve.texts import FileEdit
from commands.evolve.writing import write_all
edits = [FileEdit(name, f"{name} before\\n", f"{name} after\\r\\n") for name in sys.argv[2:]]
write_all(edits, Path(sys.argv[1]), "shop")
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "pipeline" / "use_cases").mkdir(parents=True)
    for name in _FILES:
        (tmp_path / name).write_text(f"{name} before\n")
    return tmp_path


def _edits() -> list[FileEdit]:
    return [FileEdit(name, f"{name} before\n", f"{name} after\r\n") for name in _FILES]


def _texts(repository: Path) -> list[bytes]:
    return [(repository / name).read_bytes() for name in _FILES]


def _after() -> list[bytes]:
    return [edit.after.encode() for edit in _edits()]


def test_all_files_are_written_and_nothing_is_left_aside(repository: Path) -> None:
    write_all(_edits(), repository, "shop")
    assert _texts(repository) == _after()
    assert len([path for path in repository.rglob("*") if path.is_file()]) == 2
    refuse_half(repository, "shop")


def test_none_is_written_if_one_has_changed_since(repository: Path) -> None:
    (repository / _FILES[1]).write_text("edited by a person\n")
    with pytest.raises(UsageError, match="yaml has changed"):
        write_all(_edits(), repository, "shop")
    assert _texts(repository) == [b"schema before\n", b"edited by a person\n"]
    assert len([path for path in repository.rglob("*") if path.is_file()]) == 2


def test_an_edit_that_was_killed_halfway_is_refused_then_finished(repository: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(repository), *_FILES], check=False)
    assert killed.returncode == -9
    assert _texts(repository) == [_after()[0], b"pipeline/use_cases/yaml before\n"]
    with pytest.raises(UsageError, match="stopped halfway"):
        refuse_half(repository, "shop")
    (repository / "schema").write_text("edited by a person\n")
    with pytest.raises(UsageError, match="schema has changed since"):
        finish(repository, "shop")
    (repository / "schema").write_bytes(_after()[0])
    finish(repository, "shop")
    assert _texts(repository) == _after()
    assert len([path for path in repository.rglob("*") if path.is_file()]) == 2
    refuse_half(repository, "shop")
