"""Fixtures of the tests of the chain."""

import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from pipeline import config, inputs, provenance
from pipeline.run import settled

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


@pytest.fixture
def one_digest_of_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """The code does not change meanwhile; to read it is most of the time of a run without a chain."""
    monkeypatch.setattr(inputs, "source_digest", _digest)
    monkeypatch.setattr(settled, "source_digest", _digest)


@cache
def _digest(*names: str, follow: bool = True) -> str:
    return provenance.source_digest(*names, follow=follow)
