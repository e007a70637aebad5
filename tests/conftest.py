"""Fixtures that tests of several parts share; each imports what it needs, so that pure tests stay quick."""

from pathlib import Path
from typing import Any, Final

import pytest

# Folders whose tests share something that takes long to make; elsewhere a file's tests stay together.
_TOGETHER: Final = ("tests/e2e", "tests/components/evaluator", "tests/pipeline/predict")


@pytest.hookimpl(tryfirst=True)  # before xdist, which reads what is marked here
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Says which tests run in one process, where two of them run side by side (`--dist loadgroup`)."""
    for item in items:
        file = item.path.relative_to(Path(__file__).parent.parent).as_posix()
        together = next((folder for folder in _TOGETHER if file.startswith(f"{folder}/")), file)
        item.add_marker(pytest.mark.xdist_group(together))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The tiny use case, trained and exported once: the FnArgs its `run_fn` was given."""
    from models.training import run_fn
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
