"""What `restore` answers."""

from pathlib import Path

import pytest

from commands.command_line import main
from perennial.store import registry
from pipeline import config
from tests.commands.versions import Ask, publish


@pytest.fixture
def file(home: Path, tmp_path: Path) -> Path:
    """A backup of a home with one version; the home is gone."""
    publish(config.load("flights"))
    assert main(["backup", str(tmp_path / "b.tar"), "--json"]) == 0
    home.rename(tmp_path / "lost")
    return tmp_path / "b.tar"


def test_it_restores_into_the_home(
    file: Path, answer: Ask, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    code, content = answer("restore", str(file))
    assert (code, content["home"], content["moved"], content["is_home"]) == (0, str(home), False, True)
    assert content["use_cases"]["flights"]["live_version"] == 1
    assert registry.live(config.load("flights").models_folder)
    assert answer("status", "flights")[1]["live_version"] == 1
    code, content = answer("restore", str(file))
    assert (code, content["error"]) == (2, f"1 folder is there already: {home}/flights.")


def test_it_shows_how_to_use_another_home(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["restore", str(file), "--to", str(tmp_path / "a new one")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "  flights: version 1 is live; 0 spans."
    wrapped = " ".join(" ".join(lines[2:-1]).split())
    assert wrapped == f"Paths below {tmp_path}/home were rewritten."
    assert lines[-1] == f"  To use it: export PERENNIAL_HOME='{tmp_path}/a new one'"


def test_a_file_that_is_no_backup_exits_with_2_and_a_damaged_one_with_1(
    file: Path, answer: Ask, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    file.write_bytes(file.read_bytes()[:9000])
    assert answer("restore", str(file))[0] == 1
    file.write_text("text")
    assert answer("restore", str(file))[0] == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.tar", "lost"]
