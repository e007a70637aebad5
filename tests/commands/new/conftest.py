"""The odd table, and a use case that was made of it once."""

from pathlib import Path

import pytest

from commands.new.summary import NewSummary
from tests.commands.new.orders import odd_rows, written


@pytest.fixture
def repository(home: Path) -> Path:
    """The folder beside the home, which `new` makes."""
    return home.parent / "repository"


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("table") / "orders.csv", odd_rows())


@pytest.fixture(scope="session")
def made(table: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[NewSummary, Path]:
    """A use case of the odd table, cut by its days, and the repository it was written to."""
    from commands.new.new import new  # seconds of TFDV, which the tests of sniffing do without

    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PERENNIAL_HOME", str(folder / "home"))
        return new("orders", table, "label", "day", None, folder / "repository"), folder / "repository"
