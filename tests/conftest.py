"""Fixtures that tests of several parts share; each imports what it needs, so that pure tests stay quick."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from perennial.store.ledger import Ledger
    from pipeline.config import UseCase

# Folders whose tests share something that takes long to make; elsewhere a file's tests stay together.
_TOGETHER: Final = ("tests/e2e", "tests/components/evaluator", "tests/commands/predict")


class _ByFolder(LoadScopeScheduling):
    """Says which tests run in one process, where two of them run side by side.

    xdist's own `--dist loadgroup` does nothing of what it says with pytest 9.2 (xdist 3.8.0).
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return next((folder for folder in _TOGETHER if file.startswith(f"{folder}/")), file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Gives the scheduler, whatever `--dist` says."""
    return _ByFolder(config, log)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of the test's own, which nobody has made yet."""
    monkeypatch.setenv("PERENNIAL_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def use_case(home: Path) -> "UseCase":
    """The flights use case in that home; its root is there and empty."""
    from pipeline import config

    flights = config.load("flights")
    flights.make_root()
    return flights


@pytest.fixture
def ledger(use_case: "UseCase") -> "Iterator[Ledger]":
    """The use case's ledger, open."""
    from perennial.store.ledger import Ledger

    opened = Ledger(use_case.root / "ledger.db")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The tiny use case, trained and exported once: the FnArgs its `run_fn` was given."""
    from perennial.training.trainer import run_fn
    from tests import tiny_use_case

    args = tiny_use_case.fn_args(tmp_path_factory.mktemp("tiny"))
    run_fn(args)
    return args


@pytest.fixture(scope="session")
def real_table(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Gives one of scikit-learn's tables by its name, trained and exported once."""
    import functools

    from tests import table_use_case

    return functools.cache(lambda name: table_use_case.train(name, tmp_path_factory.mktemp(name)))
