"""What several tests of the server share: exported and loaded models, and one real server."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from benchmarks.harness.server_process import ServerProcess
    from serving.credentials import BearerTokens
    from serving.model.engine import Engine
    from serving.model.models import LoadedVersion


@pytest.fixture(scope="session")
def plus_ten(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a SavedModel that takes tensors: y = x + 10."""
    from tests.serving.plain_models import export

    return export(10.0, tmp_path_factory.mktemp("plus") / "10")


@pytest.fixture(scope="session")
def raw_version(tiny: Any) -> "LoadedVersion":
    """A loaded version of the tiny use case, which takes raw rows; nobody closes it."""
    from serving.model.models import LoadedVersion

    return LoadedVersion("tiny", 3, Path(tiny.serving_model_dir))


@pytest.fixture(scope="session")
def engine(raw_version: "LoadedVersion") -> "Engine":
    """What scores that version's rows."""
    assert raw_version.engine is not None
    return raw_version.engine


@pytest.fixture(scope="session")
def server(tiny: Any, plus_ten: Path, tmp_path_factory: pytest.TempPathFactory) -> "Iterator[ServerProcess]":
    """A real server with one worker: version 3 of the tiny use case, and version 10 of y = x + 10."""
    from benchmarks.harness.server_process import ServerProcess

    folder = tmp_path_factory.mktemp("served")
    shutil.copytree(tiny.serving_model_dir, folder / "tiny" / "3")
    shutil.copytree(plus_ten, folder / "plus" / "10")
    models = ("--model", f"tiny={folder / 'tiny'}", "--model", f"plus={folder / 'plus'}")
    server = ServerProcess([*models, "--workers", "1", "--max-body", "1M", "--access-log", ""])
    server.wait(lambda: server.get("/readyz")[0] == 200, "ready")
    yield server
    server.process.kill()
    server.process.wait()


@pytest.fixture
def tokens(tmp_path: Path) -> "BearerTokens":
    """Two tokens in a file, with comments."""
    from serving.credentials import BearerTokens
    from tests.serving.secret_files import GOOD, OTHER, secret_file

    return BearerTokens(secret_file(tmp_path / "tokens", f"# ours\n{GOOD}  # Ann\n\n{OTHER}\n"))
