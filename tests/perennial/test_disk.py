"""What a run needs, and what is kept aside; on a real file system that is really full."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from perennial import disk
from perennial.errors import DiskFull
from tests.small_disk import fill, mounted

MIB = 1 << 20


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    with mounted(folder, mib=8):
        yield folder


def test_what_is_kept_aside_can_be_written_once_the_disk_is_full(small: Path) -> None:
    reserve = disk.Reserve(small)
    assert reserve.keep()
    fill(small)
    assert disk.is_full(small)
    with pytest.raises(OSError, match="No space left"):
        (small / "verdict").write_bytes(bytes(MIB))
    reserve.release()
    (small / "verdict").write_bytes(bytes(MIB))
    assert not disk.is_full(small)


def test_without_room_nothing_is_kept_aside_and_nothing_is_left(small: Path) -> None:
    fill(small)
    reserve = disk.Reserve(small)
    assert not reserve.keep()
    assert not (small / "reserve").exists()
    (small / "filler").unlink()
    assert reserve.keep()
    assert reserve.keep()


def test_a_reserve_without_real_blocks_is_none(tmp_path: Path) -> None:
    with (tmp_path / "reserve").open("wb") as file:
        file.truncate(disk.RESERVE_BYTES)
    assert not disk.Reserve(tmp_path).is_kept
    assert disk.Reserve(tmp_path).keep()


def test_too_little_room_is_reported_with_both_figures(small: Path) -> None:
    with pytest.raises(
        DiskFull, match=r"A run needs about 31\.0 MiB, but only 8\.0 MiB are free under"
    ) as caught:
        disk.expect_room(small, [MIB], [])
    assert caught.value.exit_code == 1


def test_need_follows_the_sizes_of_earlier_exports_and_runs(tmp_path: Path) -> None:
    examples = tmp_path / "artifacts" / "ArrowExampleGen" / "examples" / "1"
    model = tmp_path / "artifacts" / "Trainer" / "model" / "10"
    window = tmp_path / "artifacts" / "Window" / "window" / "9"
    former = tmp_path / "artifacts" / "Trainer" / "model" / "9"
    for folder, size in ((examples, 3000), (model, 500), (former, 90_000)):
        folder.mkdir(parents=True)
        (folder / "data").write_bytes(bytes(size))
    window.mkdir(parents=True)
    os.link(examples / "data", window / "data")
    assert disk.needed_bytes(tmp_path, [], [(1000, examples)]) == 3 * 500
    # Three bytes for one, and twice the largest while it is read.
    assert disk.needed_bytes(tmp_path, [100, 50], [(1000, examples)]) == 3 * (150 + 2 * 100) + 3 * 500


@pytest.mark.parametrize(
    "text",
    [
        "[Errno 28] No space left on device: 'x'",
        "OSError: [Errno 28] Error writing bytes to file. Detail: [errno 28] No space left on device",
        "database or disk is full",
    ],
)
def test_a_full_disk_is_known_in_whosever_words(text: str) -> None:
    assert disk.reports_full_disk(text)
    assert not disk.reports_full_disk("No such file or directory")


def test_a_full_disk_is_reported_once() -> None:
    assert disk.blamed("Trainer failed.").startswith("The disk is full. Free disk space")
    assert disk.blamed("Trainer failed. The disk is full.") == "Trainer failed. The disk is full."
