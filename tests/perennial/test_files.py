"""Files that appear whole, and their digests."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from perennial import files


def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    files.write_json(file, {"a": 1})
    with file.open() as reading:
        files.write_json(file, {"a": 2, "b": "é"})
        assert reading.read() == '{\n  "a": 1\n}\n'
    assert files.read_json(file) == {"a": 2, "b": "é"}
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_a_value_that_is_no_json_leaves_the_former_file(tmp_path: Path) -> None:
    files.write_json(tmp_path / "a.json", 1)
    with pytest.raises(TypeError):
        files.write_json(tmp_path / "a.json", object())
    assert files.read_json(tmp_path / "a.json") == 1


def test_a_files_digest_is_its_sha256(tmp_path: Path) -> None:
    content = os.urandom((1 << 20) + 7)
    (tmp_path / "a").write_bytes(content)
    assert files.file_digest(tmp_path / "a") == hashlib.sha256(content).hexdigest()


def _tree(folder: Path) -> Path:
    for name, text in {"a": "1", "deep/b": "2", "card.json": "3"}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_a_folders_digest_follows_names_and_contents_alone(tmp_path: Path) -> None:
    first, second = _tree(tmp_path / "first"), _tree(tmp_path / "second")
    os.utime(second / "a", (1, 1))
    assert files.folder_digest(first) == files.folder_digest(second)
    (second / "a").rename(second / "c")
    assert files.folder_digest(first) != files.folder_digest(second)
    (second / "c").rename(second / "a")
    (second / "deep" / "b").write_text("3")
    assert files.folder_digest(first) != files.folder_digest(second)


def test_a_file_can_be_left_out_of_a_folders_digest(tmp_path: Path) -> None:
    first, second = _tree(tmp_path / "first"), _tree(tmp_path / "second")
    (second / "card.json").unlink()
    assert files.folder_digest(first, leave_out="card.json") == files.folder_digest(second)
    assert files.folder_digest(first) != files.folder_digest(second)


def test_a_link_is_one_file_and_makes_the_folders_it_needs(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    files.link_or_copy(tmp_path / "a", tmp_path / "deep" / "er" / "b")
    assert (tmp_path / "deep" / "er" / "b").samefile(tmp_path / "a")


def test_between_file_systems_a_file_is_copied(tmp_path: Path) -> None:
    shared = Path("/dev/shm") / f"perennial-{os.getpid()}"
    shared.write_text("1")
    try:
        assert shared.stat().st_dev != tmp_path.stat().st_dev
        files.link_or_copy(shared, tmp_path / "b")
    finally:
        shared.unlink()
    assert (tmp_path / "b").read_text() == "1"


def test_a_tree_can_be_synced(tmp_path: Path) -> None:
    files.sync_tree(_tree(tmp_path / "tree"))
    assert (tmp_path / "tree" / "deep" / "b").read_text() == "2"


def test_what_a_killed_writer_left_is_swept_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "runs" / "1").mkdir(parents=True)
    left = tmp_path / "runs" / "1" / f".summary.json.{'0' * 32}"
    others = [tmp_path / "runs" / "1" / name for name in ("summary.json", ".hidden", "a.0123")]
    for path in (left, *others):
        path.touch()
    files.sweep_aside(tmp_path)
    assert not left.exists()
    assert all(path.exists() for path in others)


def test_a_file_or_folder_written_aside_appears_at_the_end(tmp_path: Path) -> None:
    with files.written_aside(tmp_path / "a") as aside:
        aside.write_text("new")
        assert not (tmp_path / "a").exists()
    with files.written_aside(tmp_path / "folder", "stage-") as aside:
        assert aside.name.startswith(".stage-folder.")
        _tree(aside)
    assert (tmp_path / "a").read_text() == "new"
    assert (tmp_path / "folder" / "deep" / "b").read_text() == "2"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "folder"]


def _half(path: Path, write: Callable[[Path], object]) -> None:
    with files.written_aside(path) as aside:
        write(aside)
        raise KeyError


@pytest.mark.parametrize("write", [Path.touch, _tree])
def test_where_writing_fails_the_former_content_stays_and_nothing_is_left(
    tmp_path: Path, write: Callable[[Path], object]
) -> None:
    (tmp_path / "a").write_text("former")
    with pytest.raises(KeyError):
        _half(tmp_path / "a", write)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text() == "former"


def test_a_folder_in_use_is_not_replaced_by_one_that_is_written_aside(tmp_path: Path) -> None:
    _tree(tmp_path / "folder")
    with pytest.raises(OSError, match="not empty"), files.written_aside(tmp_path / "folder") as aside:
        aside.mkdir()
    assert (tmp_path / "folder" / "a").read_text() == "1"
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_file_can_be_written_aside_in_another_folder(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with files.written_aside(tmp_path / "a", folder=tmp_path / "other") as aside:
        assert aside.parent == tmp_path / "other"
        aside.touch()
    assert (tmp_path / "a").exists()


def test_a_folder_takes_the_place_of_another(tmp_path: Path) -> None:
    for text in ("one", "two"):
        aside = files.path_aside(tmp_path / "folder")
        aside.mkdir()
        (aside / text).touch()
        files.replace_folder(aside, tmp_path / "folder")
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["two"]
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_folders_that_were_left_are_swept_too_and_a_persons_folders_are_left_alone(tmp_path: Path) -> None:
    left, inside = tmp_path / f".2013-01.{'0' * 32}", tmp_path / "2013-01" / f".part.{'0' * 32}"
    for path in (left, inside):
        path.mkdir(parents=True)
        (path / "file").touch()
    files.sweep_aside(tmp_path, ".*")
    assert (left.exists(), inside.exists()) == (False, True)
    files.sweep_aside(tmp_path)
    assert not inside.exists()


def test_a_folder_is_copied_without_what_is_left_out(tmp_path: Path) -> None:
    files.copy_folder(_tree(tmp_path / "first"), tmp_path / "second", leave_out="card.json")
    assert sorted(path.name for path in (tmp_path / "second").rglob("*")) == ["a", "b", "deep"]


def test_the_reason_why_a_folder_cannot_be_copied_is_that_of_the_file(tmp_path: Path) -> None:
    source = _tree(tmp_path / "first")
    (source / "deep" / "b").unlink()
    (source / "deep" / "b").symlink_to("nowhere")
    with pytest.raises(FileNotFoundError) as raised:
        files.copy_folder(source, tmp_path / "second")
    assert (raised.value.strerror, raised.value.filename) == (
        "No such file or directory",
        str(source / "deep" / "b"),
    )
