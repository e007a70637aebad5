"""Which folders are versions, and when one counts as changed."""

import os
import shutil
from pathlib import Path

import pytest

from serving.supervisor.watch import scan


def _version(root: Path, name: str, file: str = "saved_model.pb") -> Path:
    folder = root / name
    (folder / "variables").mkdir(parents=True)
    (folder / file).write_text("graph")
    (folder / "variables" / "variables.index").write_text("index")
    return folder


def _fingerprint(root: Path) -> str:
    versions = scan(str(root))
    assert versions
    return versions[1].fingerprint


def test_a_folder_that_has_a_number_for_a_name_and_a_graph_in_it_is_a_version(tmp_path: Path) -> None:
    _version(tmp_path, "5")
    _version(tmp_path, "12", "saved_model.pbtxt")
    versions = scan(str(tmp_path))
    assert versions is not None
    assert {number: each.path for number, each in versions.items()} == {
        5: str(tmp_path / "5"),
        12: str(tmp_path / "12"),
    }


@pytest.mark.parametrize(
    "name", [".stage-1", "latest", "5.tmp", "-5", "+5", "5e3", "\u0665", "v5", "1_000", str(2**63), "5 "]
)
def test_any_other_name_is_none(tmp_path: Path, name: str) -> None:
    _version(tmp_path, name)
    assert scan(str(tmp_path)) == {}


def test_leading_zeros_do_not_count_and_the_last_name_of_a_number_in_the_alphabet_does(
    tmp_path: Path,
) -> None:
    _version(tmp_path, "0005")
    versions = scan(str(tmp_path))
    assert versions is not None
    assert versions[5].path == str(tmp_path / "0005")
    _version(tmp_path, "5")
    versions = scan(str(tmp_path))
    assert versions is not None
    assert [(number, each.path) for number, each in versions.items()] == [(5, str(tmp_path / "5"))]


def test_a_folder_without_a_graph_and_a_file_with_a_number_for_a_name_are_none(tmp_path: Path) -> None:
    (tmp_path / "1" / "variables").mkdir(parents=True)
    (tmp_path / "2").write_text("a file")
    assert scan(str(tmp_path)) == {}


def test_a_link_to_a_version_is_one(tmp_path: Path) -> None:
    _version(tmp_path, "elsewhere")
    (tmp_path / "1").symlink_to(tmp_path / "elsewhere")
    versions = scan(str(tmp_path))
    assert versions is not None
    assert list(versions) == [1]


@pytest.mark.parametrize("name", ["missing", "a_file"])
def test_a_folder_that_cannot_be_read_is_not_an_empty_one(tmp_path: Path, name: str) -> None:
    (tmp_path / "a_file").write_text("")
    assert scan(str(tmp_path / name)) is None


def test_what_lies_still_has_the_same_fingerprint(tmp_path: Path) -> None:
    _version(tmp_path, "1")
    assert _fingerprint(tmp_path) == _fingerprint(tmp_path)


def test_a_file_that_comes_goes_grows_or_is_written_anew_gives_another_fingerprint(tmp_path: Path) -> None:
    index = _version(tmp_path, "1") / "variables" / "variables.index"
    seen = {_fingerprint(tmp_path)}
    index.write_text("a longer index")
    seen.add(_fingerprint(tmp_path))
    os.utime(index, ns=(1, 1))
    seen.add(_fingerprint(tmp_path))
    (tmp_path / "1" / "assets.extra").mkdir()
    (tmp_path / "1" / "assets.extra" / "schema.json").write_text("{}")
    seen.add(_fingerprint(tmp_path))
    index.unlink()
    seen.add(_fingerprint(tmp_path))
    assert len(seen) == 5


def test_a_file_that_vanishes_while_it_is_looked_at_does_not_hide_the_version(tmp_path: Path) -> None:
    folder = _version(tmp_path, "1")
    (folder / "dangling").symlink_to(tmp_path / "nowhere")
    versions = scan(str(tmp_path))
    assert versions is not None
    assert list(versions) == [1]
    shutil.rmtree(folder)
    assert scan(str(tmp_path)) == {}
