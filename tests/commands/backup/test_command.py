"""What `backup` answers, and which files it does not write to."""

from pathlib import Path

import pytest

from commands.command_line import main
from pipeline import config
from tests.commands.versions import Ask, publish


@pytest.fixture
def file(home: Path, tmp_path: Path) -> Path:
    """Where a backup goes; the home has a version of flights, and exports of trains."""
    publish(config.load("flights"))
    (home / "exports" / "trains" / "1").mkdir(parents=True)
    (home / "exports" / "trains" / "1" / "part.csv").write_text("rows")
    return tmp_path / "b.tgz"


def test_it_answers_what_is_in_the_file(file: Path, answer: Ask, home: Path) -> None:
    (home / "exports" / "trains" / "1" / "link").symlink_to("/etc/passwd")
    code, content = answer("backup", str(file))
    assert (code, content["file"], content["home"]) == (0, str(file), str(home))
    flights, trains = content["use_cases"]["flights"], content["use_cases"]["trains"]
    assert (flights["live_version"], flights["exports"], flights["exports_elsewhere"]) == (1, False, None)
    assert (trains["live_version"], trains["exports"], trains["files"]) == (None, True, 1)
    assert content["bytes"] == file.stat().st_size
    assert file.stat().st_mode & 0o777 == 0o600
    assert content["left_out"] == [
        {
            "path": str(home / "exports" / "trains" / "1" / "link"),
            "why": "a symbolic link that leads outside",
        }
    ]


def test_it_shows_a_line_for_each_use_case(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backup", str(file), "flights"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{file}: 1 use case, ")
    assert second.startswith("  flights: version 1 is live; 0 spans; ")
    assert second.endswith(" It has no exports.")


def test_an_older_backup_is_replaced(file: Path, answer: Ask) -> None:
    assert answer("backup", str(file))[0] == 0
    before = file.read_bytes()
    assert answer("backup", str(file))[0] == 0
    assert file.read_bytes() != before
    assert sorted(path.name for path in file.parent.iterdir()) == ["b.tgz", "home"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["flights"], "flights has no ending of a backup; expected .tar, .tar.gz or .tgz."),
        (["TMP/.tar"], ".tar has no ending of a backup; expected .tar, .tar.gz or .tgz."),
        (["TMP/none/b.tar"], "The folder TMP/none does not exist."),
        (["TMP/home/flights/b.tar"], "TMP/home/flights is a folder of the home that is copied."),
        (["TMP/mine.tar"], "TMP/mine.tar exists, and is not a backup."),
        (["TMP/b.tar", "fligths"], "TMP/home has no files of a use case 'fligths'."),
    ],
)
def test_what_is_no_target_is_refused(
    file: Path, answer: Ask, tmp_path: Path, arguments: list[str], error: str
) -> None:
    (tmp_path / "mine.tar").write_text("mine")
    code, content = answer("backup", *(each.replace("TMP", str(tmp_path)) for each in arguments))
    assert (code, content["error"]) == (2, error.replace("TMP", str(tmp_path)))
    assert (tmp_path / "mine.tar").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "mine.tar"]


def test_a_home_without_files_is_none_to_copy(home: Path, answer: Ask, tmp_path: Path) -> None:
    code, content = answer("backup", str(tmp_path / "b.tar"))
    assert (code, content["error"]) == (2, f"{home} has no files of a use case: there is nothing to copy.")
