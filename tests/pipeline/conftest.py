"""Fixtures of the tests of the chain."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline import config, provenance

Edit = Callable[[str], None]


@pytest.fixture(scope="session")
def _copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this repository's code."""
    folder = tmp_path_factory.mktemp("code")
    for name in provenance.packages():
        shutil.copytree(config.REPOSITORY / name, folder / name)
    return folder


@pytest.fixture
def edit(_copy: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Edit]:
    """Gives a function that edits a file of a copy of the code, which digests are made of from now on."""
    monkeypatch.setattr(provenance, "REPOSITORY", _copy)
    edited: list[tuple[Path, str]] = []

    def append(file: str) -> None:
        path = _copy / file
        edited.append((path, path.read_text()))
        path.write_text(f"{edited[-1][1]}\n# an edit\n")

    yield append
    for path, text in edited:
        path.write_text(text)
