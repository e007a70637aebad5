"""The folder of the workers' numbers lives as long as its server, and keeps what dead workers counted."""

import os
import time
from pathlib import Path

from serving.observe import metrics, metrics_folder
from serving.observe.families import OURS, QUEUE, REQUESTS
from serving.observe.metrics import MetricTable
from serving.observe.metrics_folder import MetricsFolder


def test_what_a_worker_counted_outlives_it(tmp_path: Path) -> None:
    folder = MetricsFolder(tmp_path)
    table = MetricTable(OURS)
    table.cell(REQUESTS, "rest", "m", "predict", "200")[0] = 3
    table.cell(QUEUE, "m")[0] = 2
    metrics.write(table.dump(), folder.path, 4711)
    folder.forget(4711)
    folder.forget(4712)
    total = metrics.read(OURS, folder.path)
    assert total.cell(REQUESTS, "rest", "m", "predict", "200") == [3]
    assert total.cells[QUEUE.name] == {}
    folder.remove()
    assert [*tmp_path.iterdir()] == []


def test_a_folder_that_is_gone_stops_no_supervisor(tmp_path: Path) -> None:
    folder = MetricsFolder(tmp_path)
    folder.remove()
    folder.forget(4711)


def test_the_folder_of_a_server_that_was_killed_is_swept_and_that_of_a_living_one_is_not(
    tmp_path: Path,
) -> None:
    living = MetricsFolder(tmp_path)
    killed = MetricsFolder(tmp_path)
    killed._lock.close()  # as the end of its process does
    old = time.time() - metrics_folder._GRACE_SECONDS - 1
    for folder in (living, killed):
        os.utime(folder.path, (old, old))
    MetricsFolder(tmp_path).remove()
    assert [*tmp_path.iterdir()] == [living.path]
    living.remove()
