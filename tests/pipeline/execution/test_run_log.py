"""The log of a run: whole while it is small, bounded when somebody prints without end."""

import os
import subprocess
import sys
import time
from pathlib import Path

from pipeline.execution import run_log
from pipeline.execution.run_log import RunLog


def _print(log: RunLog, program: str) -> None:
    subprocess.run([sys.executable, "-c", program], stdout=log.descriptor, check=True)


def test_what_is_printed_is_kept_after_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_text("before\n")
    log = RunLog(path)
    _print(log, "print('hello')")
    log.close()
    assert path.read_text() == "before\nhello\n"


def test_of_a_flood_the_beginning_and_the_end_are_kept_and_the_rest_is_counted(tmp_path: Path) -> None:
    log = RunLog(tmp_path / "log.txt")
    _print(log, "print('first'); print('x' * (64 << 20)); print('last')")
    log.close()
    text = (tmp_path / "log.txt").read_text()
    assert text.startswith("first\n")
    assert text.endswith("x\nlast\n")
    assert " bytes left out]\n" in text
    assert len(text) < run_log.KEPT_AT_THE_START + 2 * run_log.KEPT_AT_THE_END + 100


def test_a_process_that_outlives_the_run_does_not_hold_it_up(tmp_path: Path) -> None:
    log = RunLog(tmp_path / "log.txt")
    child = subprocess.Popen(["yes"], stdout=log.descriptor)
    began = time.monotonic()
    log.close()
    assert time.monotonic() - began < 5
    child.wait(timeout=10)


def test_a_disk_that_is_full_holds_up_nobody_who_prints() -> None:
    log = RunLog(Path("/dev/full"))
    os.write(log.descriptor, b"x" * (1 << 20))
    log.close()
