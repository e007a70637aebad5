"""What nodes put out, damaged in every way that there is: it is not used again."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from perennial.store.ledger import Ledger
from pipeline.run.outputs import Outputs


@pytest.fixture
def artifacts(tmp_path: Path) -> Path:
    """Three outputs: a span's examples; a window that holds a link to their file; and one without a file."""
    folder = tmp_path / "artifacts"
    for name in ("ArrowExampleGen/examples/1", "Window/window/2", "Transform/cache/3"):
        (folder / name).mkdir(parents=True)
    file = folder / "ArrowExampleGen/examples/1/data.gz"
    file.write_bytes(b"rows" * 1000)
    os.link(file, folder / "Window/window/2/data.gz")
    return folder


@pytest.fixture
def outputs(artifacts: Path, ledger: Ledger) -> Outputs:
    """The outputs as another process finds them that were noted by an earlier one."""
    for node in ("ArrowExampleGen", "Window", "Transform"):
        Outputs(artifacts, ledger).note_node(node)
    return Outputs(artifacts, ledger).read()


def _uris(artifacts: Path) -> list[str]:
    return sorted(str(path) for path in artifacts.glob("*/*/*"))


def _truncate(file: Path) -> None:
    os.truncate(file, 100)


def _alter(file: Path) -> None:
    stat = file.stat()
    with file.open("r+b") as opened:
        opened.seek(50)
        opened.write(b"X")
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def _lose(file: Path) -> None:
    file.unlink()


def _lose_folder(file: Path) -> None:
    shutil.rmtree(file.parent)


def _add(file: Path) -> None:
    (file.parent / "more.gz").write_bytes(b"rows")


def test_what_is_as_it_was_left_is_whole_and_stays(outputs: Outputs, artifacts: Path) -> None:
    before = _uris(artifacts)
    outputs.check_all()
    assert (_uris(artifacts), outputs.damaged, outputs.damage_sentence()) == (before, [], "")


@pytest.mark.parametrize("damage", [_truncate, _alter, _lose, _lose_folder, _add])
def test_a_damaged_output_is_removed_and_reported(
    outputs: Outputs, artifacts: Path, ledger: Ledger, damage: Callable[[Path], None]
) -> None:
    damage(artifacts / "Window/window/2/data.gz")
    outputs.check_all()
    assert not (artifacts / "Window/window/2").exists()
    assert str(artifacts / "Window/window/2") not in ledger.outputs.digests()
    assert "Window/window/2" in outputs.damage_sentence()


def test_damage_to_a_file_is_damage_to_all_that_link_it(outputs: Outputs, artifacts: Path) -> None:
    _truncate(artifacts / "ArrowExampleGen/examples/1/data.gz")
    outputs.check_all()
    assert sorted(outputs.damaged) == ["ArrowExampleGen/examples/1", "Window/window/2"]


def test_an_output_that_never_held_a_file_may_be_gone(outputs: Outputs, artifacts: Path) -> None:
    (artifacts / "Transform/cache/3").rmdir()
    outputs.check_all()
    assert outputs.damaged == []


def test_what_is_looked_at_twice_is_reported_once(outputs: Outputs, artifacts: Path) -> None:
    uri = str(artifacts / "Window/window/2")
    _lose(Path(uri) / "data.gz")
    assert [outputs.usable(uri), outputs.usable(uri)] == [False, False]
    assert outputs.damaged == ["Window/window/2"]


def test_after_a_dead_run_what_was_not_noted_goes(outputs: Outputs, artifacts: Path) -> None:
    half = artifacts / "Trainer/model/4"
    half.mkdir(parents=True)
    (half / "saved_model.pb").write_text("half of it")
    outputs.take_up(interrupted=False)
    assert half.is_dir()
    outputs.take_up(interrupted=True)
    assert not half.exists()
    assert (artifacts / "Window/window/2").is_dir()


def test_a_new_ledger_takes_what_lies_there(artifacts: Path, tmp_path: Path) -> None:
    new = Ledger(tmp_path / "new.db")
    Outputs(artifacts, new).take_up(interrupted=True)
    assert sorted(new.outputs.digests()) == _uris(artifacts)
    new.close()


def test_only_what_lies_among_the_artifacts_is_noted(
    outputs: Outputs, ledger: Ledger, tmp_path: Path
) -> None:
    schema = tmp_path / "schemas" / "1"
    schema.mkdir(parents=True)
    outputs.note([str(schema)])
    assert str(schema) not in ledger.outputs.digests()
