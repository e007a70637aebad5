"""A proof's page is current as long as the code that it is about is that of its commit."""

import subprocess
from pathlib import Path

import pytest

from benchmarks.harness.page import commit_of
from benchmarks.harness.tree import is_below, with_imports
from benchmarks.proofs.listing import CURRENT, listing, state_of
from benchmarks.proofs.registry import FAMILY
from pipeline.config import REPOSITORY


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name in ("serving/app.py", "pipeline/run.py"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("1\n")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "-m", "first")
    (tmp_path / "page.md").write_text(f"# A page\n\nCommit {commit_of(tmp_path, ['serving'])}; 2 cores.\n")
    return tmp_path


def state(repository: Path) -> str:
    return state_of(repository, repository / "page.md", ("serving",)).text


def test_a_page_is_current_while_other_code_changes(repository: Path) -> None:
    assert state(repository) == CURRENT
    (repository / "pipeline" / "run.py").write_text("2\n")
    git(repository, "commit", "--quiet", "-a", "-m", "second")
    assert state(repository) == CURRENT


def test_a_change_of_its_code_is_named_committed_or_not(repository: Path) -> None:
    (repository / "serving" / "new.py").write_text("2\n")
    assert state(repository) == "changed since: 1 file in serving"
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "second")
    assert state(repository) == "changed since: 1 file in serving"


def test_a_page_of_files_that_were_not_committed_is_not_current(repository: Path) -> None:
    (repository / "serving" / "app.py").write_text("2\n")
    commit = commit_of(repository, ["serving"])
    assert commit.endswith("+")
    (repository / "serving" / "app.py").write_text("1\n")
    (repository / "page.md").write_text(f"Commit {commit}; 2 cores.\n")
    assert state(repository) == "unknown: made with uncommitted changes"


def test_a_page_without_a_commit_or_of_one_that_is_not_here_is_not_known(repository: Path) -> None:
    (repository / "page.md").write_text("2 cores.\n")
    assert state(repository) == "unknown: the page names no commit"
    (repository / "page.md").write_text("Commit 0123abc; 2 cores.\n")
    assert state(repository) == "unknown: this clone does not have that commit"
    (repository / "page.md").unlink()
    assert state(repository) == "no page"


def test_the_listing_has_a_line_for_each_proof() -> None:
    lines = listing(REPOSITORY, FAMILY).splitlines()[1:]
    assert [line.split("  ")[0] for line in lines] == [FAMILY.command(name) for name in FAMILY.programs]


def test_every_proof_is_in_the_index_with_its_page() -> None:
    index = (REPOSITORY / "docs" / "proofs" / "README.md").read_text()
    for name, program in FAMILY.programs.items():
        (row,) = [line for line in index.splitlines() if line.startswith(f"| `{FAMILY.command(name)}` |")]
        assert f"]({Path(program.page).name})" in row


def test_a_proof_is_about_its_own_code_and_no_other_layer_s() -> None:
    about = {name: program.about for name, program in FAMILY.programs.items()}
    for name, program in FAMILY.programs.items():
        own = program.module.removesuffix(".proof").replace(".", "/")
        assert {own, f"{own}.py"} & set(about[name])
    assert not [place for place in about["reading"] if place.startswith(("serving/http", "pipeline/run"))]
    assert not [place for place in about["months"] if place.startswith(("serving/http", "pipeline/report"))]
    assert not [place for place in about["hostile"] if place.startswith("components")]


# No figure of a proof follows from these: words of errors, what a command returns, the page of a run.
NOT_MEASURED = ("commands/command_output.py", "pipeline/report", "serving/errors.py")


@pytest.mark.parametrize("name", FAMILY.programs)
def test_a_proof_is_about_all_that_its_code_imports(name: str) -> None:
    about = FAMILY.programs[name].about
    measured = [place for place in about if not place.startswith("benchmarks/")]
    imported = with_imports(*measured)
    known = (*measured, *NOT_MEASURED)
    assert not [file for file in imported if not any(is_below(file, place) for place in known)]
