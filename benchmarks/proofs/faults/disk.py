"""Faults of the disk: homes on a small tmpfs, and one that fills up in the middle of a run."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from benchmarks.proofs.faults.scene import Fault, Scene, Told, told_by

_MIB = 1 << 20
_ROOMY = "4g"
_FILLER = "filler"


def _mount_small(scene: Scene, room: int) -> None:
    """Puts the home on a tmpfs that has so many bytes more than it holds."""
    aside = scene.folder / "aside"
    shutil.rmtree(aside, ignore_errors=True)
    scene.home.rename(aside)
    scene.home.mkdir(mode=0o700)
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={_ROOMY},mode=0700", "tmpfs", str(scene.home)], check=True
    )
    subprocess.run(["cp", "-a", f"{aside}/.", str(scene.home)], check=True)
    stat = os.statvfs(scene.home)
    held = (stat.f_blocks - stat.f_bfree) * stat.f_frsize
    _resize(scene.home, str(held + room))


def _resize(home: Path, size: str) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", str(home)], check=True)


def _fill(home: Path) -> None:
    """Takes all that is free, also where the run takes of it at the same time."""
    with (home / _FILLER).open("wb") as file:
        taken = 0
        while free := os.statvfs(home).f_bavail * os.statvfs(home).f_frsize:
            with contextlib.suppress(OSError):
                os.posix_fallocate(file.fileno(), taken, free)
                taken += free


def _small(room: int) -> Callable[[Scene], AbstractContextManager[Told]]:
    @contextmanager
    def inject(scene: Scene) -> Iterator[Told]:
        _mount_small(scene, room)
        yield scene.run()
        _resize(scene.home, _ROOMY)

    return inject


def _filled_at(node: str) -> Callable[[Scene], AbstractContextManager[Told]]:
    """Fills the disk to its last byte as a node begins, whatever was estimated before."""

    @contextmanager
    def inject(scene: Scene) -> Iterator[Told]:
        _mount_small(scene, 1 << 30)
        running = scene.start("run", "flights", "--json")
        scene.until(running, node)
        _fill(scene.home)
        out, err = running.communicate()
        yield told_by(running.returncode, out, err)
        (scene.home / _FILLER).unlink()

    return inject


FAULTS = (
    *(
        Fault(
            f"disk with {room} MiB left",
            f"home on a tmpfs with {room} MiB of room",
            _small(room * _MIB),
            1,
            r"disk|space|room|free",
        )
        for room in (0, 1, 4)
    ),
    *(
        Fault(
            f"disk that is full from {node} on",
            "all that is free on a tmpfs taken by another file when the node begins",
            _filled_at(node),
            1,
            r"disk|space|room|free",
        )
        for node in ("ArrowExampleGen", "Transform", "Trainer", "Evaluator")
    ),
)
