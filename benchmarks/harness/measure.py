"""Runs a command to its end and says what its whole process tree cost: wall time, CPU time, memory."""

import contextlib
import ctypes
import os
import resource
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

# Reading the tree takes about 5 ms; oftener would be felt on two cores.
SAMPLE_SECONDS: Final = 0.2
# What is still running so long after its parent has ended is ended.
GRACE_SECONDS: Final = 10.0
_PR_SET_CHILD_SUBREAPER: Final = 36


@dataclass(frozen=True)
class Cost:
    """What a command cost.

    Attributes:
        exit_code: As the shell has it; negative: the signal that ended it.
        wall: Seconds from its start to its end.
        cpu: Seconds of user and system time of it and of all that it began.
        peak_tree: Largest sum of resident memory over its processes, bytes, sampled; pages that two of them
            share count twice.
        peak_process: Largest resident memory of one process, bytes; exact, but never less than what this
            process itself holds.
    """

    exit_code: int
    wall: float
    cpu: float
    peak_tree: int
    peak_process: int


def measured(command: Sequence[str], environment: Mapping[str, str], out: Path, log: Path, cwd: Path) -> Cost:
    """Runs a command; its standard output goes to `out`, its standard error to `log`.

    A process that outlives its parent comes to this one as its own child, so that its time is counted
    wherever in the tree it was and whoever was killed.
    """
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    others = _children()
    with out.open("wb") as output, log.open("wb") as errors:
        began = time.monotonic()
        child = subprocess.Popen(
            command, env=dict(environment), cwd=cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=errors
        )
        sampler = _Sampler()
        sampler.start()
        try:
            _, status, usage = os.wait4(child.pid, 0)
        except BaseException:  # what it began would go on, and be in the way of the next attempt
            _end(_children() - others)
            raise
        wall = time.monotonic() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    usages = [usage, *_reap_orphans(others)]
    sampler.stop()
    peak_process = max(each.ru_maxrss for each in usages) * 1024
    return Cost(
        exit_code=child.returncode,
        wall=wall,
        cpu=sum(each.ru_utime + each.ru_stime for each in usages),
        peak_tree=max(sampler.largest, peak_process),  # a short peak falls between two samples
        peak_process=peak_process,
    )


def _children() -> set[int]:
    return {child.pid for child in psutil.Process().children()}


def _end(processes: set[int]) -> None:
    """Ends processes and all that they began."""
    for pid in processes:
        for process in [*psutil.Process(pid).children(recursive=True), psutil.Process(pid)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


def _reap_orphans(others: set[int]) -> list[resource.struct_rusage]:
    """Waits for what outlived the command, and ends what does not end by itself; `others` are not its."""
    usages = []
    give_up = time.monotonic() + GRACE_SECONDS
    while orphans := _children() - others:
        if time.monotonic() > give_up:
            _end(orphans)
        for orphan in orphans:
            pid, _, usage = os.wait4(orphan, os.WNOHANG)
            if pid:
                usages.append(usage)
        time.sleep(0.05)
    return usages


class _Sampler(threading.Thread):
    """Adds up, again and again, the resident memory of all that this process has begun."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.largest = 0
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            total = 0
            for process in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    total += process.memory_info().rss
            self.largest = max(self.largest, total)

    def stop(self) -> None:
        self._over.set()
        self.join()
