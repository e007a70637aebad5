"""One run at a time, across processes, however they end."""

import errno
import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from perennial.errors import Busy
from pipeline.config import REPOSITORY
from pipeline.run import lock

HOLD = """
import sys
from pathlib import Path
from typing import Any
from pipeline.run import lock
with lock.held(Path(sys.argv[1]), "run-1"):
    print("held", flush=True)
    sys.stdin.read()
"""


def _holder(path: Path) -> "subprocess.Popen[str]":
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    if child.stdout is None or child.stdout.readline() != "held\n":
        pytest.fail("the child did not get the lock")
    return child


def _end(child: "subprocess.Popen[str]") -> None:
    child.kill()
    child.communicate()


def test_nobody_holds_a_lock_that_was_never_made(tmp_path: Path) -> None:
    assert not lock.is_held(tmp_path / "lock")
    assert not (tmp_path / "lock").exists()


def test_a_lock_is_held_inside_the_with_and_free_after_it(tmp_path: Path) -> None:
    with lock.held(tmp_path / "lock", "run-1"):
        assert lock.is_held(tmp_path / "lock")
    assert not lock.is_held(tmp_path / "lock")
    with lock.held(tmp_path / "lock", "run-2"):
        pass


def test_a_lock_is_free_after_an_error(tmp_path: Path) -> None:
    def fail() -> None:
        with lock.held(tmp_path / "lock", "run-1"):
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert not lock.is_held(tmp_path / "lock")


def test_a_second_process_learns_who_holds_it_and_since_when(tmp_path: Path) -> None:
    child = _holder(tmp_path / "lock")
    try:
        expected = (
            rf"Run run-1 \(process {child.pid}\) has held the lock since 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ\."
        )
        with pytest.raises(Busy, match=expected) as caught, lock.held(tmp_path / "lock", "run-2"):
            pass
        assert caught.value.exit_code == 5
        assert lock.is_held(tmp_path / "lock")
    finally:
        _end(child)


def test_a_holder_that_is_killed_frees_it(tmp_path: Path) -> None:
    child = _holder(tmp_path / "lock")
    child.send_signal(signal.SIGKILL)
    child.communicate()
    with lock.held(tmp_path / "lock", "run-2"):
        assert f"process {os.getpid()}" in lock.holder(tmp_path / "lock")


def test_a_child_that_inherits_it_keeps_it_held(tmp_path: Path) -> None:
    with lock.held(tmp_path / "lock", "run-1") as descriptor:
        child = subprocess.Popen(
            [sys.executable, "-c", "import sys; sys.stdin.read()"],
            stdin=subprocess.PIPE,
            pass_fds=[descriptor],
        )
    try:
        assert lock.is_held(tmp_path / "lock")
        with pytest.raises(Busy), lock.held(tmp_path / "lock", "run-2"):
            pass
    finally:
        child.communicate()
    _until_free(tmp_path / "lock")


def _until_free(path: Path) -> None:
    deadline = time.monotonic() + 5
    while lock.is_held(path):
        if time.monotonic() > deadline:
            pytest.fail("the lock was never freed")
        time.sleep(0.01)


def test_a_holder_that_left_no_name_is_another_run(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("")
    assert lock.holder(tmp_path / "lock") == "Another run holds the lock"


def test_two_that_ask_at_the_same_time_do_not_take_each_other_for_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lock"
    path.touch()
    second: list[bool] = []
    take = fcntl.flock

    def ask_too(file: Any, how: int) -> None:
        take(file, how)
        monkeypatch.setattr(fcntl, "flock", take)
        second.append(lock.is_held(path))

    monkeypatch.setattr(fcntl, "flock", ask_too)
    assert not lock.is_held(path)
    assert second == [False]


def test_a_full_disk_does_not_withhold_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", full)
    with lock.held(tmp_path / "lock", "run-1"):
        assert lock.is_held(tmp_path / "lock")
        assert lock.holder(tmp_path / "lock") == "Another run holds the lock"
