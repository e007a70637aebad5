"""A use case that `new` has made, in a repository that a test may edit."""

from pathlib import Path

import pytest

from commands.new.new import new
from pipeline import config
from tests.commands.new.orders import odd_rows, written


@pytest.fixture
def repository(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the use case `orders`."""
    folder = home.parent / "repository"
    new("orders", written(home.parent / "orders.csv", odd_rows()), "label", "day", None, folder)
    monkeypatch.setattr(config, "REPOSITORY", folder)
    monkeypatch.setattr(config, "USE_CASES", folder / "pipeline" / "use_cases")
    return folder
