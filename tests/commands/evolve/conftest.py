"""A use case that `new` has made, in a repository that a test may edit."""

import shutil
from pathlib import Path

import pytest

from commands.new.new import new
from pipeline import config
from tests.commands.new.orders import odd_rows, written


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the table `orders.csv`, and a repository with the use case that `new` makes of it."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PERENNIAL_HOME", str(folder / "home"))
        new("orders", written(folder / "orders.csv", odd_rows()), "label", "day", None, folder / "repository")
    return folder


@pytest.fixture
def repository(_made: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that repository, beside a copy of the table."""
    shutil.copytree(_made, home.parent, dirs_exist_ok=True)
    folder = home.parent / "repository"
    monkeypatch.setattr(config, "REPOSITORY", folder)
    monkeypatch.setattr(config, "USE_CASES", folder / "pipeline" / "use_cases")
    return folder
