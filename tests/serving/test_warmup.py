"""Warm-up requests: written the same each time, replayed, and a damaged file said in a sentence."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from serving.engine import Engine
from serving.saved_model import LoadError
from serving.warmup import WARMUP_FILE, prove, write_warmup
from tests import tiny_use_case


@pytest.fixture
def folder(tiny: Any, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny.serving_model_dir, tmp_path / "1"))


def _prove(folder: Path) -> None:
    engine = Engine.load(folder)
    prove(engine.saved, engine, folder)


def test_the_same_rows_give_the_same_bytes_and_are_proved(folder: Path) -> None:
    written = []
    for _ in range(2):
        write_warmup(folder, tiny_use_case.rows(4), tiny_use_case.COLUMNS)
        written.append((folder / WARMUP_FILE).read_bytes())
    assert written[0] == written[1]
    _prove(folder)


def test_a_model_without_requests_is_asked_about_a_row_of_nothing(folder: Path) -> None:
    (folder / WARMUP_FILE).unlink(missing_ok=True)
    _prove(folder)


@pytest.mark.parametrize("damage", [b"", b"no record at all"])
def test_a_damaged_file_fails_the_load_in_a_sentence(folder: Path, damage: bytes) -> None:
    write_warmup(folder, tiny_use_case.rows(4), tiny_use_case.COLUMNS)
    file = folder / WARMUP_FILE
    file.write_bytes(damage or file.read_bytes()[:-5])
    with pytest.raises(LoadError, match="answers its warm-up requests"):
        _prove(folder)
