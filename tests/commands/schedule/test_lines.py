"""The lines of the schedule, and a standard error that takes none."""

import errno
import io
import os
import sys

import pytest

from commands.schedule.lines import Lines


class FullDisk(io.TextIOBase):
    """A file on a full disk."""

    def write(self, _: str) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_line_that_cannot_be_written_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", FullDisk())
    Lines().write("flights", "run begins, cron")


def test_a_problem_is_printed_once_and_so_is_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    for problem in ("", "x.", "x.", "", ""):
        lines.problem("flights", problem)
    printed = capsys.readouterr().err.splitlines()
    assert [line.partition(" ")[2] for line in printed] == ["flights: x.", "flights: resolved: x."]
