"""The runs of one look, stopped: which signals they get, and when."""

import signal
import time
from pathlib import Path
from typing import ClassVar

import pytest

from commands.schedule import run_sequence
from commands.schedule.lines import Lines
from commands.schedule.run_process import RunEnd
from commands.schedule.run_sequence import RunSequence
from pipeline import config
from pipeline.schedule.due import DueDecision
from pipeline.schedule.watched import ScheduleLook, Watched
from tests.small_config import TEXT


class EndlessRun:
    """In the place of `RunProcess`: a run that ends only by SIGKILL."""

    signals: ClassVar[list[tuple[float, signal.Signals]]] = []

    def __init__(self, *_: object) -> None:
        self._killed = False

    def end(self) -> RunEnd | None:
        return RunEnd(None, None, 1, "The run was killed by SIGKILL.", 0.0) if self._killed else None

    def signal(self, number: signal.Signals) -> None:
        self.signals.append((time.monotonic(), number))
        self._killed = number == signal.SIGKILL


class Passing:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def passing(monkeypatch: pytest.MonkeyPatch) -> Passing:
    made = Passing()
    monkeypatch.setattr(time, "monotonic", made)
    monkeypatch.setattr(run_sequence, "RunProcess", EndlessRun)
    monkeypatch.setattr(EndlessRun, "signals", [])
    return made


@pytest.fixture
def runs(tmp_path: Path, passing: Passing) -> RunSequence:
    text = f"{TEXT}\nschedule: {{cron: '30 5 * * *', stop_within: 10m}}\n"
    use_case = config.parse(text, name="a", home=tmp_path, source="a.yaml")
    look = ScheduleLook("a", use_case, DueDecision("cron", "It is time."), ("1", "2"))
    return RunSequence(Watched("a"), look, "cron", tmp_path, Lines())


def test_a_run_may_end_by_itself_then_gets_sigterm_then_sigkill(passing: Passing, runs: RunSequence) -> None:
    for passing.now in range(1300):
        if passing.now >= 100:
            runs.stop(at_once=False)
        if runs.is_over():
            break
    assert EndlessRun.signals == [(700, signal.SIGTERM), (730, signal.SIGKILL)]
    assert [end.exit_code for end in runs.ends] == [1]  # of the second span nothing was started


def test_a_second_signal_stops_it_at_once(passing: Passing, runs: RunSequence) -> None:
    for passing.now in range(1300):
        if passing.now >= 100:
            runs.stop(at_once=passing.now >= 120)
        if runs.is_over():
            break
    assert EndlessRun.signals == [(120, signal.SIGTERM), (150, signal.SIGKILL)]
