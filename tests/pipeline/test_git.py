"""The commit that a model card names."""

import subprocess
from pathlib import Path

import pytest

from pipeline.git import commit, git


def _git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=ada", "-c", "user.email=ada@example.org")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "local_runner.py").write_text("one")
    (tmp_path / ".gitignore").write_text("work/\n")
    _git(tmp_path, "init", "--quiet")
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "--quiet", "-m", "first")
    return tmp_path


def test_the_commit_says_whether_files_differ_from_it(repository: Path) -> None:
    head = git(repository, "rev-parse", "HEAD")
    assert head
    assert len(head) == 40
    (repository / "work").mkdir()
    (repository / "work" / "ledger.db").touch()  # ignored
    assert commit(repository, "local_runner.py") == head
    (repository / "new_use_case.yaml").touch()
    assert commit(repository, "local_runner.py") == f"{head}+changes"


def test_of_a_repository_around_the_folder_only_what_is_below_counts(repository: Path) -> None:
    (repository / "ours").mkdir()
    (repository / "ours" / "local_runner.py").touch()
    # It is not in the commit: that one says nothing of this code.
    assert commit(repository / "ours", "local_runner.py") == ""
    _git(repository, "add", ".")
    _git(repository, "commit", "--quiet", "-m", "second")
    (repository / "local_runner.py").write_text("two")
    assert commit(repository / "ours", "local_runner.py") == git(repository, "rev-parse", "HEAD")


def test_without_a_repository_a_commit_or_git_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert commit(tmp_path, "local_runner.py") == ""
    _git(tmp_path, "init", "--quiet")
    assert commit(tmp_path, "local_runner.py") == ""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git(tmp_path, "--version") is None


def test_where_git_does_not_say_whether_files_differ_there_is_no_commit(
    repository: Path, tmp_path: Path
) -> None:
    (repository / ".git" / "index").write_text("damaged")
    assert git(repository, "rev-parse", "HEAD")
    assert commit(repository, "local_runner.py") == ""
