"""The disk: what a run needs, what is free, and a little kept aside so that its verdict can be written."""

import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from perennial.errors import DiskFull

RESERVE_BYTES: Final = 4 << 20
_FULL_BYTES: Final = 1 << 20
FULL: Final = "The disk is full."
_REMEDY: Final = "Free disk space (`doctor` lists damaged and leftover files), then run again."
# How a full disk is told by the system, by Arrow, by SQLite; TensorFlow and Beam quote the first.
_WORDS: Final = ("No space left on device", "[errno 28]", "database or disk is full")
# Where nothing ran yet; measured on flights (docs/decisions/recovery.md).
_READ_PER_BYTE: Final = 5.0
_TRAINING_BYTES: Final = 16 << 20
# While a span is read its typed rows lie parked beside what they become, and take about twice as much.
_PARKED: Final = 2.0
# The candidate is copied to be evaluated against and to be published; logs and MLMD grow.
_COPIES: Final = 3
_NODES_OF_A_SPAN: Final = (
    "ArrowExampleGen",
    "DaySummaries",
    "SpanStatistics",
    "LivePredictions",
    "DataGate",
    "DriftEffects",
)


class Reserve:
    """A file of real blocks that is given up when a verdict has to be written to a full disk."""

    def __init__(self, root: Path) -> None:
        """Touches nothing yet."""
        self._path = root / "reserve"

    @property
    def is_kept(self) -> bool:
        """Whether all of it is there, in real blocks."""
        if not self._path.is_file():
            return False
        stat = self._path.stat()
        return stat.st_size >= RESERVE_BYTES and stat.st_blocks * 512 >= RESERVE_BYTES

    def keep(self) -> bool:
        """Sets it aside, where there is room; says whether it is there now."""
        if not self.is_kept:
            try:
                with self._path.open("wb") as file:
                    os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)
            except OSError:
                self.release()
        return self.is_kept

    def release(self) -> None:
        """Gives it up."""
        self._path.unlink(missing_ok=True)


def reports_full_disk(text: str) -> bool:
    """Whether what an error says is that the disk is full, in whosever words."""
    return any(words in text for words in _WORDS)


def free_bytes(folder: Path) -> int:
    """Bytes that this user can still write below `folder`."""
    return shutil.disk_usage(folder).free


def is_full(folder: Path) -> bool:
    """Whether next to nothing can be written any more."""
    return free_bytes(folder) < _FULL_BYTES


def expect_room(root: Path, fresh: Sequence[int], read: Iterable[tuple[int, Path]]) -> None:
    """Expects as much free space as a run will need, going by what earlier ones came to.

    Args:
        root: The use case's root.
        fresh: Bytes of each export that will be read.
        read: Bytes of exports that were read before, and the folder of the Examples that each became.

    Raises:
        DiskFull: Too little is free.
    """
    expect_bytes(root, needed_bytes(root, fresh, read))


def expect_bytes(root: Path, needed: int) -> None:
    """Expects that many free bytes.

    Raises:
        DiskFull: Fewer are free.
    """
    free = free_bytes(root)
    if free < needed:
        raise DiskFull(
            f"A run needs about {_mebibytes(needed)}, but only {_mebibytes(free)} are free under {root}:"
            " nothing was started.",
            _REMEDY,
        )


def blamed(reason: str) -> str:
    """The reason of a run that failed while the disk was full, which is what it failed of."""
    is_reported = FULL in reason or "are free under" in reason
    return reason if is_reported else f"{FULL} {_REMEDY} {reason}".strip()


def needed_bytes(root: Path, fresh: Sequence[int], read: Iterable[tuple[int, Path]]) -> int:
    """What a run needs at its peak, in bytes; arguments as in `expect_room`."""
    sizes = [(size, _written(folder)) for size, folder in read]
    exports, examples = (sum(column) for column in zip(*sizes, strict=True)) if sizes else (0, 0)
    per_byte = examples / exports if exports and examples else _READ_PER_BYTE
    trained = any(root.glob("artifacts/Trainer/model/*"))
    training = sum(
        _written(max(outputs, key=lambda path: int(path.name)))
        for key in root.glob("artifacts/*/*")
        if key.parent.name not in _NODES_OF_A_SPAN
        and (outputs := [path for path in key.iterdir() if path.name.isdecimal()])
    )
    reading = sum(fresh) + _PARKED * max(fresh, default=0)
    return round(reading * per_byte) + (_COPIES * training if trained else _TRAINING_BYTES)


def _written(folder: Path) -> int:
    """Bytes of the files below a folder that lie nowhere else: the window's are links to the spans'."""
    stats = (path.lstat() for path in folder.rglob("*") if path.is_file())
    return sum(stat.st_size for stat in stats if stat.st_nlink == 1 or folder.parent.name == "examples")


def _mebibytes(size: int) -> str:
    return f"{size / (1 << 20):,.1f} MiB"
