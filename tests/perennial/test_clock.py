"""The clock is the machine's, or that of PERENNIAL_NOW, fixed for a process."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timezone

import pytest

from perennial import clock
from perennial.errors import UsageError
from pipeline.config import REPOSITORY

APRIL = datetime(2013, 4, 1, 6, tzinfo=timezone.utc)


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    """Each test reads the variable anew, as a process does."""
    clock.fixed.cache_clear()
    yield
    clock.fixed.cache_clear()


@pytest.mark.parametrize(
    "text",
    ["2013-04-01T06:00:00Z", "2013-04-01T06:00:00", "2013-04-01T08:00:00+02:00", "2013-04-01 06:00"],
)
def test_the_variable_sets_the_time_in_utc(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERENNIAL_NOW", text)
    assert clock.now() == APRIL
    assert clock.now().utcoffset() == timezone.utc.utcoffset(None)
    assert clock.name() == "PERENNIAL_NOW"


def test_without_it_the_clock_is_the_machine_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PERENNIAL_NOW", raising=False)
    before = datetime.now(timezone.utc)
    assert before <= clock.now() <= datetime.now(timezone.utc)
    assert clock.name() == ""


def test_it_stays_fixed_in_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERENNIAL_NOW", "2013-04-01T06:00:00Z")
    clock.now()
    monkeypatch.setenv("PERENNIAL_NOW", "2014-04-01T06:00:00Z")
    assert clock.now() == APRIL


@pytest.mark.parametrize("text", ["tomorrow", "2013-02-30", "0001-01-01T00:00:00+14:00", "1364796000"])
def test_another_text_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERENNIAL_NOW", text)
    with pytest.raises(UsageError, match="expected a time such as"):
        clock.now()


def test_a_wrong_time_ends_any_command_before_it_starts() -> None:
    wrong = {**os.environ, "PERENNIAL_NOW": "tomorrow"}
    command = [sys.executable, "local_runner.py", "status", "flights"]
    ended = subprocess.run(command, cwd=REPOSITORY, env=wrong, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith("PERENNIAL_NOW: expected a time such as 2013-04-01T06:00:00Z")


def test_only_the_clock_and_the_config_read_the_environment() -> None:
    layers = ("commands", "pipeline", "components", "perennial")
    readers = {
        str(path.relative_to(REPOSITORY))
        for layer in layers
        for path in (REPOSITORY / layer).rglob("*.py")
        if "os.environ" in path.read_text(encoding="utf-8") or "os.getenv" in path.read_text(encoding="utf-8")
    }
    assert readers == {"perennial/clock.py", "pipeline/config.py"}


def test_stamps_sort_as_text_whatever_the_year() -> None:
    moments = [datetime(213, 5, 1, tzinfo=timezone.utc), APRIL.replace(microsecond=999999)]
    stamps = [clock.stamp(moment) for moment in moments]
    assert stamps == ["0213-05-01T00:00:00Z", "2013-04-01T06:00:00Z"]
    assert [clock.moment(stamp) for stamp in stamps] == [moments[0], APRIL]
