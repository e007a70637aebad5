"""Faults of the disk: homes on a small tmpfs, and one that fills up in the middle of a run."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from benchmarks.faults.scene import Fault, Scene, Told, told_by

_MIB = 1 << 20
_ROOMY = "4g"


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
        _mount_small(scene, 3 << 30)
        running = scene.start("run", "flights", "--json")
        scene.until(running, node)
        stat = os.statvfs(scene.home)
        _resize(scene.home, str((stat.f_blocks - stat.f_bfree) * stat.f_frsize))
        out, err = running.communicate()
        yield told_by(running.returncode, out, err)
        _resize(scene.home, _ROOMY)

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
            "a tmpfs that is made as small as what it holds when the node begins",
            _filled_at(node),
            1,
            r"disk|space|room|free",
        )
        for node in ("ArrowExampleGen", "Transform", "Trainer", "ServingProbe")
    ),
)
