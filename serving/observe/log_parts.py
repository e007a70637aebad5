"""The files of a request log: parts by day that appear when complete, limited in bytes and days."""

import contextlib
import datetime
import fcntl
import itertools
import json
import os
import re
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

# The pipeline reads no file whose name begins with "_" as data.
_OPEN: Final = re.compile(r"_part-.*\.csv")
_PART: Final = re.compile(r"part-.*\.csv")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
PRIVATE_FILE: Final = "_private.json"
_NUMBER: Final = itertools.count()


class LogPart:
    """A part that is being written: in the same folder, with a name that readers ignore, and locked.

    The lock shows that its writer is running; the kernel frees it when the process ends.

    Attributes:
        day: `YYYY-MM-DD`.
        header: Its first line.
        rows: Number of rows.
        size: Number of bytes.
    """

    def __init__(self, folder: Path, day: str, header: bytes, private: Sequence[str]) -> None:
        """Creates the file.

        Raises:
            OSError: It cannot be created.
        """
        self.day = day
        self.header = header
        self.rows = 0
        self.size = 0
        self._folder = folder / day
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _note_private(self._folder, private)
        self._name = f"part-{time.time_ns() // 1000:017d}-{os.getpid()}-{next(_NUMBER)}.csv"
        self._began = time.monotonic()
        self._file = _created(self._folder / f"_{self._name}")
        try:
            self.write([header], 0)
        except OSError:
            os.close(self._file)
            (self._folder / f"_{self._name}").unlink(missing_ok=True)
            raise

    @property
    def age(self) -> float:
        """Seconds since it was created."""
        return time.monotonic() - self._began

    def write(self, lines: Iterable[bytes], rows: int) -> None:
        """Appends whole lines, all or none.

        Raises:
            OSError: They could not be written; the part is unchanged.
        """
        data = b"".join(lines)
        try:
            done = 0
            while done < len(data):
                done += os.write(self._file, data[done:])
        except OSError:
            os.ftruncate(self._file, self.size)
            os.lseek(self._file, self.size, os.SEEK_SET)
            raise
        self.size += len(data)
        self.rows += rows

    def finish(self) -> None:
        """Makes it visible to readers, if it has a row.

        Raises:
            OSError: It could not be synced or renamed; what is left is finished at the next start.
        """
        aside = self._folder / f"_{self._name}"
        try:
            if self.rows:
                os.fsync(self._file)
                aside.rename(self._folder / self._name)
            else:
                aside.unlink()
        finally:
            os.close(self._file)


def finish_left_over(folder: Path) -> None:
    """Finishes the parts of writers that were killed: their complete rows are kept."""
    for path in [*folder.glob("*/_part-*.csv")]:
        if _OPEN.fullmatch(path.name):
            with contextlib.suppress(OSError):
                _finish(path)


def _finish(path: Path) -> None:
    file = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # BlockingIOError: its writer is running
        if not _is_at(file, path):
            return
        end = whole_records(path.read_bytes())
        if end is None:
            path.unlink()
            return
        os.ftruncate(file, end)
        os.fsync(file)
        path.rename(path.with_name(path.name.removeprefix("_")))
    finally:
        os.close(file)


def whole_records(data: bytes) -> int | None:
    """Where the last complete record of a CSV ends; None if it has only a header."""
    end = data.rfind(b"\n") + 1
    quotes = data.count(b'"', 0, end)
    while quotes % 2:  # a line break within quotes
        before = data.rfind(b"\n", 0, end - 1) + 1
        quotes -= data.count(b'"', before, end)
        end = before
    first = data.find(b"\n") + 1
    return end if end > first > 0 else None


def sweep(folder: Path, max_bytes: int, max_days: int, today: str) -> None:
    """Removes the oldest parts until the others are within both limits; parts that are being written stay.

    Raises:
        OSError: The folder cannot be listed.
    """
    days = sorted(day for day in folder.iterdir() if _DAY.fullmatch(day.name))
    oldest = _days_before(today, max_days)
    parts = [part for day in days for part in sorted(day.iterdir()) if _PART.fullmatch(part.name)]
    sizes = {part: _size(part) for part in parts}
    total = sum(sizes.values())
    for part, size in sizes.items():
        if part.parent.name < oldest or total > max_bytes:
            part.unlink(missing_ok=True)
            total -= size
    for day in days:
        if day.name < today and not any(each.suffix == ".csv" for each in day.iterdir()):
            (day / PRIVATE_FILE).unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # it has other files
                day.rmdir()


def _days_before(today: str, days: int) -> str:
    first = datetime.date.fromisoformat(today).toordinal() - (days - 1)
    return datetime.date.fromordinal(max(first, 1)).isoformat()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # another worker has removed it
        return 0


def _created(path: Path) -> int:
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        # Between the two calls another worker that starts may have removed the file.
        if _is_at(file, path):
            return file
        os.close(file)


def _is_at(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False


def _note_private(day: Path, private: Sequence[str]) -> None:
    """Writes a file with the columns that the day's parts leave out, so that `check` does not expect them."""
    if not private:
        return
    path = day / PRIVATE_FILE
    known: set[str] = set()
    with contextlib.suppress(OSError, ValueError, KeyError):
        known = set(json.loads(path.read_text())["left_out"])
    if not known.issuperset(private):
        aside = path.with_name(f"{PRIVATE_FILE}.{os.getpid()}")
        aside.write_text(json.dumps({"format": 1, "left_out": sorted(known.union(private))}))
        aside.rename(path)
