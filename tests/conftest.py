"""Fixtures that tests of several parts share; each imports what it needs, so that pure tests stay quick."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

if TYPE_CHECKING:
    from perennial.store.ledger import Ledger
    from pipeline.config import UseCase

# Files whose tests share something that takes long to make; elsewhere the tests of one file stay together.
_TOGETHER: Final = (
    tuple(f"tests/e2e/test_{name}.py" for name in ("chain", "damage", "backup", "backfill", "drift")),
    ("tests/components/evaluator/",),
    ("tests/commands/predict/",),
    ("tests/perennial/training/test_tasks.py", "tests/serving/test_task_replies.py"),
)
# These take longest and begin first: begun last, they would leave the other processes without work.
_FIRST: Final = (
    "tests/e2e/test_chain.py",
    "tests/test_tutorial.py",
    "tests/e2e/test_secrets.py",
    "tests/e2e/test_one_meaning.py",
)


class _Scheduler(LoadScopeScheduling):
    """Says which tests run in one process, where two of them run side by side, and which begin first.

    xdist's own `--dist loadgroup` does nothing of what it says with pytest 9.2 (xdist 3.8.0).
    """

    def _split_scope(self, nodeid: str) -> str:
        return next(
            (together[0] for together in _TOGETHER if nodeid.startswith(together)), nodeid.split("::", 1)[0]
        )

    def _assign_work_unit(self, node: WorkerController) -> None:
        waiting = next((scope for scope in _FIRST if scope in self.workqueue), None)
        if waiting:
            self.workqueue.move_to_end(waiting, last=False)
        super()._assign_work_unit(node)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Gives the scheduler, whatever `--dist` says."""
    return _Scheduler(config, log)


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
