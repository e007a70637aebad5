"""Faults of the disk: homes on a small tmpfs, and one that fills up in the middle of a run."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.proofs.faults.sandbox import CommandResult, InjectedFault, Injection, Sandbox, command_result

_MIB = 1 << 20
_ROOMY = "4g"
_FILLER = "filler"


def _mount_small(sandbox: Sandbox, room: int) -> None:
    """Puts the home on a tmpfs that has so many bytes more than it holds."""
    aside = sandbox.folder / "aside"
    shutil.rmtree(aside, ignore_errors=True)
    sandbox.home.rename(aside)
    sandbox.home.mkdir(mode=0o700)
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={_ROOMY},mode=0700", "tmpfs", str(sandbox.home)], check=True
    )
    subprocess.run(["cp", "-a", f"{aside}/.", str(sandbox.home)], check=True)
    stat = os.statvfs(sandbox.home)
    held = (stat.f_blocks - stat.f_bfree) * stat.f_frsize
    _resize(sandbox.home, str(held + room))


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


def _small(room: int) -> Injection:
    @contextmanager
    def inject(sandbox: Sandbox) -> Iterator[CommandResult]:
        _mount_small(sandbox, room)
        yield sandbox.run()
        _resize(sandbox.home, _ROOMY)

    return inject


def _filled_at(node: str) -> Injection:
    """Fills the disk to its last byte as a node begins, whatever was estimated before."""

    @contextmanager
    def inject(sandbox: Sandbox) -> Iterator[CommandResult]:
        _mount_small(sandbox, 1 << 30)
        running = sandbox.start("run", "flights", "--json")
        sandbox.until(running, node)
        chain = sandbox.chain_process(running)
        chain.suspend()  # filling takes longer than a node may
        _fill(sandbox.home)
        chain.resume()
        out, err = running.communicate()
        yield command_result(running.returncode, out, err)
        (sandbox.home / _FILLER).unlink()

    return inject


FAULTS = (
    *(
        InjectedFault(
            f"disk with {room} MiB left",
            f"home on a tmpfs with {room} MiB of room",
            _small(room * _MIB),
            1,
            ("FAILED",) if room else (),
            names=(rf"\b{room}\.0 MiB",) if room else ("No space left",),
        )
        for room in (0, 1, 4)
    ),
    *(
        InjectedFault(
            f"disk that is full from {node} on",
            "all that is free on a tmpfs taken by another file when the node begins",
            _filled_at(node),
            1,
            ("FAILED",),
            failed=node,
            names=(node, "disk"),
        )
        for node in ("ArrowExampleGen", "Transform", "Trainer", "Evaluator")
    ),
)
