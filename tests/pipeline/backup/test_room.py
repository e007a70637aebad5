"""A full disk is named, with what became of the command."""

import errno
import sqlite3
from pathlib import Path

import pytest

from perennial.errors import DiskFull
from pipeline.backup.room import expect_room, room_in


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        sqlite3.OperationalError("database or disk is full"),
    ],
)
def test_a_disk_that_becomes_full_is_named(error: Exception) -> None:
    with (
        pytest.raises(DiskFull, match=r"The disk of /a is full; nothing was written\."),
        room_in(Path("/a"), "nothing was written", "Free disk space."),
    ):
        raise error


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(PermissionError), room_in(Path("/a"), "nothing was written", "Free disk space."):
        raise PermissionError(errno.EACCES, "Permission denied")


def test_too_little_space_is_reported_with_both_sizes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("perennial.disk.free_bytes", lambda _: 1 << 20)
    expect_room(tmp_path, 1 << 20, "The backup", "nothing was written", "Free disk space.")
    with pytest.raises(DiskFull, match=r"The backup takes about 1\.5 MiB, but only 1\.0 MiB are free in"):
        expect_room(tmp_path, 3 << 19, "The backup", "nothing was written", "Free disk space.")
