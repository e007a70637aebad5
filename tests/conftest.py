"""Fixtures that tests of several parts share; each imports what it needs, so that pure tests stay quick."""

from typing import Any, Final

import pytest
from xdist.scheduler import LoadScopeScheduling

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
