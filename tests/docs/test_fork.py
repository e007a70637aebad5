"""A team keeps its use cases in a fork and merges a release, as docs/guides/fork.md says, with real git."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from sklearn.datasets import load_iris

from benchmarks.harness.tree import ENVIRONMENTS, copy_repository
from commands.new.write import paths_of
from pipeline.config import REPOSITORY

GUIDE: Final = REPOSITORY / "docs" / "guides" / "fork.md"
TEAMS: Final = "acme_iris"
RELEASED: Final = "delays"
TAG: Final = "v0.2.0"
# A comment in each of them, or a line of text.
_EDITED: Final = (".py", ".yaml", ".pbtxt", ".toml", ".md", ".in", "Makefile", ".gitignore")


class Repository:
    """A folder with the code and a git repository of its own; no configuration of the machine counts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        nowhere = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        home = {"PERENNIAL_HOME": str(folder.parent / f"{folder.name}-home")}
        self._environment = {**os.environ, **nowhere, **home}

    def git(self, *arguments: str) -> str:
        """Runs git; gives its standard output."""
        who = ("-c", "user.name=A Team", "-c", "user.email=team@example.org")
        return self._run(["git", *who, *arguments])

    def command(self, *arguments: str) -> str:
        """Runs a command of the repository; gives its standard output."""
        return self._run([sys.executable, "local_runner.py", *arguments])

    def link_environments(self) -> None:
        """Puts this repository's environments there, which git does not look at."""
        for name in ENVIRONMENTS:
            if not (self.folder / name).exists():
                (self.folder / name).symlink_to((REPOSITORY / name).resolve())
        (self.folder / ".git" / "info" / "exclude").write_text("\n".join([*ENVIRONMENTS, ""]))

    def new(self, name: str, table: Path, label: str) -> list[str]:
        """Runs `new`, and commits the files of the use case as the guide says; gives what git saw before."""
        self.command("new", name, "--from", str(table), "--label", label)
        seen = self.git("status", "--porcelain", "--untracked-files=all").splitlines()
        self.git("add", *paths_of(name).values())
        self.git("commit", "--quiet", "-m", f"Use case: {name}")
        return seen

    def _run(self, command: list[str]) -> str:
        done = subprocess.run(
            command, cwd=self.folder, env=self._environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of scikit-learn's as a CSV, whose label is `target`."""
    file = tmp_path_factory.mktemp("table") / "iris.csv"
    load_iris(as_frame=True).frame.to_csv(file, index=False)
    return file


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """The present tree as the first commit of a repository."""
    made = Repository(tmp_path_factory.mktemp("fork") / "upstream")
    copy_repository(made.folder)
    made.git("init", "--quiet", "--initial-branch=main")
    made.link_environments()
    made.git("add", "--all")
    made.git("commit", "--quiet", "-m", "The present tree")
    return made


@pytest.fixture(scope="module")
def fork(upstream: Repository) -> Repository:
    """A clone of it, before anything was added."""
    made = Repository(upstream.folder.parent / "fork")
    upstream.git("clone", "--quiet", str(upstream.folder), str(made.folder))
    made.git("remote", "add", "upstream", str(upstream.folder))
    made.link_environments()
    return made


def _release(upstream: Repository) -> None:
    """Edits every file of the code and of the documents, adds a use case, and sets a tag."""
    for kind, path in paths_of(RELEASED).items():
        like = upstream.folder / paths_of("flights")[kind]
        text = like.read_text() if like.exists() else '"""A test of the use case."""\n'
        (upstream.folder / path).write_text(text)
    upstream.git("add", *paths_of(RELEASED).values())
    upstream.git("commit", "--quiet", "-m", "Another use case")
    for name in upstream.git("ls-files").splitlines():
        if name.endswith(_EDITED):
            with (upstream.folder / name).open("a", encoding="utf-8") as file:
                file.write("\n# Of the next release.\n")
    upstream.git("commit", "--quiet", "--all", "-m", "Everything is edited")
    upstream.git("tag", TAG)


def test_a_release_is_merged_without_a_conflict_and_the_teams_use_case_still_loads(
    upstream: Repository, fork: Repository, table: Path
) -> None:
    seen = fork.new(TEAMS, table, "target")
    assert sorted(seen) == sorted(f"?? {path}" for path in paths_of(TEAMS).values())
    _release(upstream)

    fork.git("fetch", "--quiet", "upstream", "--tags")
    fork.git("merge", "--quiet", "--no-edit", TAG)

    assert fork.git("ls-files", "--unmerged") == ""
    assert fork.git("status", "--porcelain") == ""
    assert "Of the next release" in (fork.folder / "pipeline" / "config.py").read_text()
    for name in (TEAMS, RELEASED):
        assert fork.command("status", name).startswith(f"{name}: nothing is live")


def test_the_guide_adds_every_file_that_new_writes() -> None:
    text = GUIDE.read_text()
    assert "merge" in text
    assert [path for path in paths_of("acme_rain").values() if path not in text] == []
