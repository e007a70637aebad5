"""What goes wrong while a run lasts: processes that are killed at a point, a second schedule, a full disk."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

from benchmarks.harness.run_processes import CHAIN_PROCESS, NODES, processes_of
from benchmarks.proofs.year.plan import FaultKind, Point

_LOOK: Final = 0.004  # seconds between two looks at a run
# Faults that hit a run at a point of it.
AT_POINT: Final = ("kill_run", "kill_chain", "kill_daemon", "reboot", "two_daemons")


class RunWatch:
    """Sees how far the run of a use case is, by what it prints and by the folder of its versions."""

    def __init__(self, log: Path, models: Path) -> None:
        """Remembers what there is before the run begins.

        Args:
            log: What the run appends its lines to; it may be made, or be set aside for a new one.
            models: The folder of the published versions.
        """
        self._log = log
        self._models = models
        self._size = log.stat().st_size if log.is_file() else 0
        self._live = self._version()

    def has_reached(self, point: Point) -> bool:
        """Whether the run has begun a node or a later one; `rename`: whether it has published a version."""
        if point == "rename":
            return self._version() > self._live
        lines = self._new_lines()
        return any(name in lines for name in NODES[NODES.index(point) :])

    def _version(self) -> int:
        folder = self._models
        return max((int(path.name) for path in folder.glob("*") if path.name.isdecimal()), default=0)

    def _new_lines(self) -> str:
        with suppress(FileNotFoundError), self._log.open("rb") as file:
            if self._log.stat().st_size >= self._size:
                file.seek(self._size)
            return file.read().decode(errors="replace")
        return ""


def until(is_so: Callable[[], bool], is_over: Callable[[], bool]) -> bool:
    """Waits until something is so, or all is over; whether it is so."""
    while not is_so():
        if is_over():
            return False
        time.sleep(_LOOK)
    return True


def run_of(schedule: int, name: str) -> psutil.Process | None:
    """The process `run NAME` that a process is, or has started; None where there is none."""
    with suppress(psutil.NoSuchProcess):
        root = psutil.Process(schedule)
        for process in (root, *root.children(recursive=True)):
            with suppress(psutil.Error):
                words = process.cmdline()
                if any(words[at : at + 2] == ["run", name] for at in range(len(words))):
                    return process
    return None


def strike(fault: FaultKind, schedule: int, run: psutil.Process) -> None:
    """Kills what a fault kills, and waits until it is dead.

    Args:
        fault: `kill_run`, `kill_chain`, `kill_daemon` or `reboot`.
        schedule: The process that started the run, or the run itself.
        run: The run.
    """
    victims = [run]
    if fault == "kill_chain":
        victims = processes_of(run.pid, CHAIN_PROCESS)
    elif fault == "kill_daemon":
        victims = [psutil.Process(schedule)]
    elif fault == "reboot":
        victims = _stopped_tree(psutil.Process(schedule))
    for process in victims:
        _gone(process.kill)
    while any(lives(process) for process in victims):
        time.sleep(_LOOK)


def _stopped_tree(root: psutil.Process) -> list[psutil.Process]:
    """A process and all that it started, each stopped: whatever is stopped starts nothing more."""
    tree: list[psutil.Process] = []
    while more := [one for one in (root, *root.children(recursive=True)) if one not in tree]:
        for process in more:
            _gone(process.suspend)
        tree += more
    return tree


def lives(process: psutil.Process) -> bool:
    """Whether a process is there; one that its parent has not asked after yet is not."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _gone(action: Callable[[], None]) -> None:
    """Does something to a process that may be gone."""
    with suppress(psutil.NoSuchProcess):
        action()
