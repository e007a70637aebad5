"""The home of a simulated year, on a file system of its own: it can be filled, and put back."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import psutil

from benchmarks.harness.resume import StepFailed
from perennial.files import read_json, write_json

# Of the file that holds the file system; only what is written takes room of the disk.
_SIZE: Final = "40G"
# Bytes of a file that fills it: the last ones are written, block by block, until no block is left.
_BY_WRITING: Final = 8 << 20
_BLOCK: Final = 1 << 12
_TRIES: Final = 50  # of unmounting
# Folders whose files are never changed in place, so that a copy may share them.
_LINKED: Final = ("artifacts", "exports", "models", "runs")


class YearHome:
    """The home, and what it was when `save` was called last.

    Attributes:
        folder: Where the file system is mounted; the home and its copy are in it.
        home: PERENNIAL_HOME of all commands.
    """

    def __init__(self, folder: Path) -> None:
        """Mounts nothing yet; `folder` is where the image and the mount point are."""
        self._image = folder / "disk.img"
        self.folder = folder / "disk"
        self.home = self.folder / "home"
        self._saved = self.folder / "saved"
        self._filler = self.folder / "filler"

    @contextmanager
    def mounted(self) -> Iterator[None]:
        """Mounts the file system, made where it is not there."""
        self.release()
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self._image.is_file():
            aside = self._image.with_suffix(".new")
            subprocess.run(["truncate", "-s", _SIZE, str(aside)], check=True)
            subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(aside)], check=True)
            aside.rename(self._image)
        subprocess.run(["mount", "-o", "loop,discard", str(self._image), str(self.folder)], check=True)
        try:
            yield
        finally:
            self.release()

    def release(self) -> None:
        """Ends what works in the home, and unmounts the file system, where it is mounted.

        Raises:
            StepFailed: Something else works in it.
        """
        self.end_processes()
        for _ in range(_TRIES):
            if not self.folder.is_mount():
                return
            subprocess.run(["umount", str(self.folder)], check=False)  # a process that ends may keep it busy
            time.sleep(0.2)
        raise StepFailed(f"{self.folder} cannot be unmounted. End what works in it, and start again.")

    def restore(self) -> int:
        """Makes the home what it was when it was saved last; gives how many moments were done then."""
        self.free()
        shutil.rmtree(self.home, ignore_errors=True)
        former = self.folder / "saved.former"
        if not self._saved.is_dir() and former.is_dir():
            former.rename(self._saved)
        if not self._saved.is_dir():
            self.home.mkdir(mode=0o700)
            return 0
        _copy(self._saved / "home", self.home)
        return int(read_json(self._saved / "position.json")["moments"])

    def save(self, moments: int) -> None:
        """Keeps the home as it is now, after so many moments; no process may run in it."""
        new, former = self.folder / "saved.new", self.folder / "saved.former"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir()
        _copy(self.home, new / "home")
        write_json(new / "position.json", {"moments": moments})
        shutil.rmtree(former, ignore_errors=True)
        if self._saved.is_dir():
            self._saved.rename(former)
        new.rename(self._saved)
        shutil.rmtree(former, ignore_errors=True)

    @contextmanager
    def full(self) -> Iterator[None]:
        """Takes every free byte for as long as it lasts."""
        with self._filler.open("wb", buffering=0) as file:
            stat = os.statvfs(self.folder)
            most = stat.f_bavail * stat.f_frsize - _BY_WRITING
            if most > 0:
                os.posix_fallocate(file.fileno(), 0, most)
            file.seek(0, os.SEEK_END)
            with suppress(OSError):
                while True:
                    file.write(bytes(_BLOCK))
        try:
            yield
        finally:
            self.free()

    def free(self) -> None:
        """Gives back what `full` took."""
        self._filler.unlink(missing_ok=True)

    def processes(self) -> list[psutil.Process]:
        """The processes that work in this home."""
        working = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get("PERENNIAL_HOME") == str(self.home) and process.pid != os.getpid():
                    working.append(process)
        return working

    def end_processes(self) -> None:
        """Kills what works in this home."""
        while left := self.processes():
            for process in left:
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(signal.SIGKILL)
            psutil.wait_procs(left, timeout=5)
            time.sleep(0.1)


def _copy(source: Path, target: Path) -> None:
    """Copies a folder with its times; files that are never changed in place are shared."""

    def one(old: str, new: str) -> None:
        shared = any(f"/{name}/" in old[len(str(source)) :] for name in _LINKED)
        (os.link if shared else shutil.copy2)(old, new)

    shutil.copytree(source, target, symlinks=True, copy_function=one)
