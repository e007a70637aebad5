import time
from functools import partial
from pathlib import Path

import pytest

from benchmarks.harness.resume import Done
from benchmarks.quality.drift import processes
from benchmarks.quality.drift.jobs import PlantJob
from benchmarks.quality.drift.own_kinds import KINDS
from benchmarks.quality.drift.plants import DAILY
from benchmarks.quality.drift.processes import JobKey, OutOfTime, Piece, do_pieces
from tests.benchmarks.quality.drift.small_table import small_table

SEED = 5


def test_pieces_are_done_once_in_processes_of_their_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = Done(tmp_path, "code")
    job = PlantJob(KINDS["missing"], 1.0, DAILY, range(3))
    key = JobKey.of(job)
    work = [
        Piece("written", done, partial(processes.write_and_ask, key, tmp_path)),
        Piece("judged", done, partial(processes.plants, 2, [key])),
    ]
    with pytest.raises(OutOfTime):
        do_pieces(work, small_table, SEED, time.time() - 1)
    do_pieces(work, small_table, SEED, time.time() + 600)
    written, judged = ((done.get(piece.key) or {})["of"] for piece in work)
    assert written["found"] == {"0": True, "1": True, "2": True}
    assert written["columns"]["2"] == ["heat"]
    (alarm,) = judged["missing 1"]["alarms"]
    assert alarm["columns"] == ["heat"]
    assert "judged" in capsys.readouterr().err
    do_pieces([work[0]], small_table, SEED, 0.0)  # nothing is left, so that no time is needed
