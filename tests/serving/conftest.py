"""What several tests of the server share: exported models, and one real server process."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from serving.models import Version


@pytest.fixture(scope="session")
def plus_ten(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a SavedModel that takes tensors: y = x + 10."""
    from tests.serving.plain_models import export

    return export(10.0, tmp_path_factory.mktemp("plus") / "10")


@pytest.fixture(scope="session")
def raw_version(tiny: Any) -> "Version":
    """A loaded version of the tiny use case, which takes raw rows; nobody closes it."""
    from serving.models import Version

    return Version("tiny", 3, Path(tiny.serving_model_dir))
