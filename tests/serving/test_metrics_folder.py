"""The folder that workers leave their numbers in: who sweeps it, and who does not."""

import os
from pathlib import Path

from serving import metrics
from serving.families import LIVE, OURS, REQUESTS
from serving.metrics_folder import MetricsFolder


def _old(folder: Path) -> Path:
    os.utime(folder, (1, 1))
    return folder


def test_the_folder_of_a_server_that_was_killed_is_swept(tmp_path: Path) -> None:
    left_over = MetricsFolder(tmp_path)
    left_over._lock.close()  # as when its process ends
    _old(left_over.path)
    folder = MetricsFolder(tmp_path)
    assert [*tmp_path.iterdir()] == [folder.path]
    folder.remove()


def test_the_folder_of_a_server_that_runs_or_has_just_begun_is_not(tmp_path: Path) -> None:
    running, beginning = MetricsFolder(tmp_path), MetricsFolder(tmp_path)
    _old(running.path)
    beginning._lock.close()
    other = MetricsFolder(tmp_path)
    assert {*tmp_path.iterdir()} == {running.path, beginning.path, other.path}
    for folder in (running, beginning, other):
        folder.remove()
    assert [*tmp_path.iterdir()] == []


def test_what_a_worker_that_ended_counted_stays_and_what_it_was_does_not(tmp_path: Path) -> None:
    folder = MetricsFolder(tmp_path)
    table = metrics.Table(OURS)
    table.cell(REQUESTS, "rest", "m", "predict", "200")[0] = 3
    table.cell(LIVE, "m")[0] = 7
    metrics.write(table.dump(), folder.path, 4711)
    folder.forget(4711)
    total = metrics.read(OURS, folder.path)
    assert total.cells[REQUESTS.name] == {("rest", "m", "predict", "200"): [3.0]}
    assert total.cells[LIVE.name] == {}
    folder.remove()
