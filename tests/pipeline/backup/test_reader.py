"""A backup that is truncated, foreign, tampered with or of a newer release restores nothing."""

import gzip
import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from perennial.errors import BackupDamaged, PerennialError, UsageError
from pipeline import config
from pipeline.backup.bring_back import bring_back
from pipeline.backup.save import save
from tests.commands.versions import publish

HEADER: Mapping[str, Any] = {
    "format": 1,
    "id": "1",
    "made": "2026-11-30T00:00:00Z",
    "host": "here",
    "home": "/home",
    "use_cases": {"flights": {"ledger_format": 6, "live": None, "spans": 0, "bytes": 5, "exports": False}},
}


@pytest.fixture
def backup(home: Path, tmp_path: Path) -> Path:
    """A backup of a home with one version."""
    publish(config.load("flights"), "a model")
    (home / "exports" / "flights" / "2013-01").mkdir(parents=True)
    (home / "exports" / "flights" / "2013-01" / "part.csv").write_text("rows\n" * 1000)
    save(tmp_path / "b.tar")
    return tmp_path / "b.tar"


def _expect_refused(file: Path, kind: type[PerennialError], words: str) -> None:
    new = file.parent / "new"
    with pytest.raises(kind, match=words):
        bring_back(file, new)
    assert not new.exists()


def _packed(file: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(file, "w", format=tarfile.PAX_FORMAT) as tar:
        for info, content in members:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return file


def _member(name: str, content: bytes = b"", **values: Any) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    for key, value in values.items():
        setattr(info, key, value)
    return info, content


def _header(**changes: Any) -> tuple[tarfile.TarInfo, bytes]:
    return _member("perennial-backup.json", json.dumps({**HEADER, **changes}).encode())


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_one(backup: Path, share: float) -> None:
    content = backup.read_bytes().rstrip(b"\0")
    backup.write_bytes(content[: int(len(content) * share)])
    _expect_refused(backup, BackupDamaged, "truncated|ends too early|damaged")


def test_a_truncated_gzip(backup: Path) -> None:
    content = gzip.compress(backup.read_bytes())
    backup.write_bytes(content[: len(content) // 2])
    _expect_refused(backup, BackupDamaged, "truncated|ends too early")


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (b"a model", b"b model", r"flights/candidate/saved_model\.pb is not what was written"),
        (b"rows\nrows", b"rows\nrowz", r"exports/flights/2013-01/part\.csv is not what was written"),
        (b'"sha256": "', b'"sha256": "x', "damaged|is not what was written"),
        (b'"mtime_ns": ', b'"mtime_ns": 99999999', "the manifest of the backup is damaged"),
        (b'"kind": "file"', b'"kind": "fire"', "the manifest of the backup is damaged"),
        (b'"use_cases": {', b'"use_cases": [', "the header of the backup is damaged"),
    ],
)
def test_one_that_was_altered(backup: Path, before: bytes, after: bytes, words: str) -> None:
    content = backup.read_bytes()
    assert before in content
    place = content.index(before)
    backup.write_bytes(content[:place] + after + content[place + len(after) :])
    _expect_refused(backup, BackupDamaged, words)


@pytest.mark.parametrize(
    "content",
    [b"", b"text", b"\x1f\x8b", gzip.compress(b"text"), gzip.compress(b"")],
    ids=["empty", "text", "half a gzip", "a gzip of text", "a gzip of nothing"],
)
def test_a_file_that_is_none(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "b.tar"
    file.write_bytes(content)
    _expect_refused(file, UsageError, "is not a backup")


def test_another_tar_and_no_file(tmp_path: Path) -> None:
    _expect_refused(_packed(tmp_path / "b.tar", _member("a.txt", b"a")), UsageError, "is not a backup")
    _expect_refused(tmp_path / "none.tar", UsageError, "does not exist")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": 2, "further": 1}, "has format 2; this release reads up to format 1"),
        (
            {"use_cases": {"flights": {**HEADER["use_cases"]["flights"], "ledger_format": 99}}},
            "has a ledger of format 99",
        ),
    ],
)
def test_one_of_a_newer_release(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    _expect_refused(_packed(tmp_path / "b.tar", _header(**changes)), UsageError, words)


@pytest.mark.parametrize(
    "changes",
    [
        {"use_cases": {"../flights": HEADER["use_cases"]["flights"]}},
        {"use_cases": {"exports": HEADER["use_cases"]["flights"]}},
        {"use_cases": {"*": HEADER["use_cases"]["flights"]}},
        {"home": ""},
    ],
)
def test_one_that_names_other_folders_than_those_of_use_cases(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    (tmp_path / "flights").mkdir()
    file = _packed(tmp_path / "b.tar", _header(**changes), _member("manifest.json", b"{}"))
    _expect_refused(file, BackupDamaged, "the header of the backup is damaged")
    assert (tmp_path / "flights").is_dir()


def _link(name: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    return _member(name, type=tarfile.SYMTYPE, linkname=target)


@pytest.mark.parametrize(
    "members",
    [
        [_member("/etc/passwd", b"x")],
        [_member("flights/../../x", b"x")],
        [_member("../x", b"x")],
        [_member("flights//x", b"x")],
        [_member("trains/x", b"x")],
        [_member("exports/trains/x", b"x")],
        [_member("x", b"x")],
        [_member("schedule/flights/x", b"x")],
        [_member("flights/x", b"x"), _member("flights/x", b"y")],
        [_member("flights/x", b"x"), _member("flights/x/y", b"y")],
        [_link("flights/x", "/etc/passwd")],
        [_link("flights/x", "../y")],
        [_link("flights/a/b/x", "../.."), _link("flights/y", "a/b/x/../../z")],
        [_link("flights/x", "y"), _member("flights/x/z", b"z")],
        [_member("flights/x", type=tarfile.LNKTYPE, linkname="/etc/passwd")],
        [_member("flights/x", type=tarfile.LNKTYPE, linkname="flights/y")],
        [_member("flights/x", type=tarfile.FIFOTYPE)],
        [_member("flights/x", type=tarfile.CHRTYPE)],
    ],
)
def test_one_whose_members_would_leave_its_folder(
    tmp_path: Path, members: list[tuple[tarfile.TarInfo, bytes]]
) -> None:
    kinds = {tarfile.SYMTYPE: "symbolic link", tarfile.LNKTYPE: "hard link"}
    manifest = {
        info.name: {"kind": kinds.get(info.type, "file"), "target": info.linkname} for info, _ in members
    }
    file = _packed(
        tmp_path / "b.tar", _header(), *members, _member("manifest.json", json.dumps(manifest).encode())
    )
    _expect_refused(file, BackupDamaged, "the backup is damaged")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.tar"]


def test_a_member_that_the_manifest_lacks_or_has_more(tmp_path: Path) -> None:
    empty = _member("manifest.json", b"{}")
    file = _packed(tmp_path / "b.tar", _header(), _member("flights/x", b"x"), empty)
    _expect_refused(file, BackupDamaged, "flights/x is not in the manifest")
    more = _member("manifest.json", b'{"flights/y": {"kind": "folder"}}')
    _expect_refused(_packed(file, _header(), more), BackupDamaged, "flights/y is missing")


def test_a_manifest_of_any_length_is_not_read(tmp_path: Path) -> None:
    file = _packed(tmp_path / "b.tar", _header(), _member("manifest.json", b" " * 60_000))
    _expect_refused(file, BackupDamaged, "too large")
