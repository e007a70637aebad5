"""A published version of each task, made once."""

from pathlib import Path

import pytest

from commands.predict import predict as command
from tests import tiny_use_case
from tests.commands.predict.tables import TASKS, StandsForProcess, publish


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Task -> the home in which version 1 of the tiny use case answers it."""
    folder = tmp_path_factory.mktemp("homes")
    tiny_use_case.write_transform(folder / "transform")
    for name, task in TASKS.items():
        publish(folder / name, task, folder / "transform")
    return {name: folder / name for name in TASKS}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scores in this process: starting another takes seconds."""
    monkeypatch.setattr(command, "ScoringProcess", StandsForProcess)
