"""Whether runs can write where they have to."""

import os
from pathlib import Path

import pytest

from perennial.errors import HomeUnusable
from pipeline.writable import check_exports, check_folder, check_root


def test_a_folder_that_can_be_made_is_right_and_is_not_made(tmp_path: Path) -> None:
    check_root(tmp_path / "home" / "flights")
    assert list(tmp_path.iterdir()) == []


def test_a_link_to_a_folder_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "home").symlink_to(tmp_path / "disk")
    check_folder(tmp_path / "home")


@pytest.mark.parametrize("folder", ["file", "file/home", "file/home/deeper"])
def test_a_file_in_the_way_is_named(tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HomeUnusable, match=r"/file is not a directory\. Make it a folder") as caught:
        check_folder(tmp_path / folder)
    assert caught.value.problem.startswith(f"Cannot write to the folder {tmp_path / folder}: ")


def test_a_folder_that_cannot_be_looked_into_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_self: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "exists", refuse)
    with pytest.raises(HomeUnusable, match=r": Permission denied\. Make it a folder"):
        check_folder(tmp_path)


def test_the_folder_without_permission_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(HomeUnusable, match="no write permission on") as caught:
        check_folder(tmp_path / "home")
    assert f"permission on {tmp_path}, or a read-only file system." in caught.value.problem


@pytest.mark.parametrize("folder", ["/proc/home", "/proc/home/deeper"])
def test_a_place_that_takes_no_folder_is_reported_though_it_has_write_permission(folder: str) -> None:
    with pytest.raises(HomeUnusable, match=r"no folder can be made in /proc|no write permission on /proc"):
        check_folder(Path(folder))


def test_a_file_in_the_place_of_the_folder_of_exports_is_reported(tmp_path: Path) -> None:
    check_exports(tmp_path / "exports" / "flights")
    (tmp_path / "exports").touch()
    with pytest.raises(HomeUnusable, match=r"/exports is not a folder\. Move it away"):
        check_exports(tmp_path / "exports" / "flights")


@pytest.mark.parametrize(
    ("name", "expected"), [("runs", "a folder"), ("models", "a folder"), ("lock", "a file")]
)
def test_what_lies_in_a_root_is_of_the_kind_that_runs_write(tmp_path: Path, name: str, expected: str) -> None:
    if expected == "a file":
        (tmp_path / name).mkdir()
    else:
        (tmp_path / name).touch()
    with pytest.raises(HomeUnusable, match=f"{name} is not {expected}\\."):
        check_root(tmp_path)
