"""Fixtures that tests of several parts share; each imports what it needs, so that pure tests stay quick."""

from typing import Any

import pytest


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The tiny use case, trained and exported once: the FnArgs its `run_fn` was given."""
    from models.training import run_fn
    from tests import tiny_use_case

    args = tiny_use_case.fn_args(tmp_path_factory.mktemp("tiny"))
    run_fn(args)
    return args
