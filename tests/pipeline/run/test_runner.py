"""What a run is called, and what it says of the clock; how runs go is told in tests/e2e."""

from datetime import datetime, timezone
from pathlib import Path

import pytest

from perennial import clock
from pipeline.run.runner import new_run_id


def test_a_clock_that_gives_a_moment_once_more_gives_another_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone.utc)
    monkeypatch.setattr(clock, "now", lambda: moment)
    ids = []
    for _ in range(3):
        ids.append(new_run_id(tmp_path))
        (tmp_path / ids[-1]).mkdir()
    assert ids == ["20260102T030405.000006Z", "20260102T030405.000006Z-2", "20260102T030405.000006Z-3"]
